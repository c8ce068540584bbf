import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test'
import type { Role } from '../core/roles'
import { connect } from '../db/connect'
import { identityOf, openKeys } from '../db/keys'
import { openWish, type Wish } from '../db/testing-holds'
import { openWriter } from '../db/writer'
import { type Console, openConsole, type SignedIn, signIn } from './console'

/** A console with a gateway's writer beside it, that holds calls as a gateway does. */
export type Inbox = {
  readonly opened: Console
  held(tool: string, wish?: Wish): Promise<string>
  enter(browser: Browser, roles: readonly Role[], name: string, more?: object): Promise<Someone>
  open(page: Page, hold: string): Promise<void>
  close(): Promise<void>
}

export type Someone = {
  readonly who: SignedIn
  readonly context: BrowserContext
  readonly page: Page
  readonly complaints: readonly string[]
}

export async function openInbox(): Promise<Inbox> {
  const opened = await openConsole()
  const writer = await openWriter({
    url: opened.database.urlFor('gateway'),
    identity: identityOf(await openKeys(opened.dataDir), 'gateway'),
  })
  return {
    opened,
    held: (tool, wish = {}) => openWish(writer, { tool, ...wish }),
    enter: (browser, roles, name, more = {}) => enter(opened, browser, roles, name, more),
    open: async (page, hold) => {
      await page.goto(`${opened.url}/inbox/${hold}`)
      await expect(card(page)).toBeVisible()
    },
    close: async () => {
      await writer.close()
      await opened.close()
    },
  }
}

/** Somebody with these roles in a browser of their own, and everything their page complains of. */
export async function enter(opened: Console, browser: Browser, roles: readonly Role[], name: string, more: object = {}): Promise<Someone> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...more })
  const who = await signIn(context, opened, roles, { name })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('dialog', (dialog) => complaints.push(dialog.message()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(`${message.text()} ${message.location().url}`))
  return { who, context, page, complaints }
}

/** What the log tells of a call that was held: who said what, and what became of it, in order. */
export async function toldOf(opened: Console, path: string): Promise<readonly string[]> {
  const sql = connect(opened.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  const rows = await sql<{ type: string; status: string | null }[]>`
    select type, body::jsonb ->> 'status' as status from countersign.entries
    where call in (select call from countersign.holds where position(${path} in convert_from(arguments, 'UTF8')) > 0)
      and type in ('vote', 'hold.approved', 'hold.denied', 'hold.expired', 'hold.cancelled', 'hold.revoked', 'hold.attach', 'hold.claimed', 'receipt')
    order by recorded_at, writer, seq`
  await sql.end()
  return rows.map(({ type, status }) => (status === null ? type : `${type} ${status}`))
}

/** The log's story of the call on the card, as its page tells it. */
export async function storyOf(page: Page) {
  await card(page).getByRole('link', { name: 'In the log' }).click()
  return page.getByRole('list', { name: 'What people decided' })
}

export const card = (page: Page) => page.getByRole('article')
export const row = (page: Page, tool: string) =>
  page.getByRole('list', { name: 'Calls that wait' }).getByRole('link').filter({ hasText: tool })
export const approve = (page: Page) => card(page).getByRole('button', { name: /^Approve once/ })
