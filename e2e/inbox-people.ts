import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test'
import type { Role } from '../core/roles'
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
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  return { who, context, page, complaints }
}

export const card = (page: Page) => page.getByRole('article')
export const row = (page: Page, tool: string) =>
  page.getByRole('list', { name: 'Calls that wait' }).getByRole('link').filter({ hasText: tool })
export const approve = (page: Page) => card(page).getByRole('button', { name: /^Approve once/ })
