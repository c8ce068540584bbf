import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test'
import type { Sql } from '../db/connect'
import { type Console, signInAgain } from './console'

/** Signing in takes half a second of hashing on purpose, and longer on a machine that is busy. */
const ENTRY_MS = 20_000

export async function fillIn(page: Page, opened: Console, email: string, password: string): Promise<void> {
  await page.goto(`${opened.url}/sign-in`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** A browser of its own that has signed in by the form. */
export async function enter(
  browser: Browser,
  opened: Console,
  email: string,
  password: string,
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await fillIn(page, opened, email, password)
  await expect(page).toHaveURL(`${opened.url}/`, { timeout: ENTRY_MS })
  return { context, page }
}

/** The same without the form, for tests that are about something else. */
export async function enterAgain(browser: Browser, opened: Console, email: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext()
  await signInAgain(context, opened, email)
  return { context, page: await context.newPage() }
}

/** Asks for a page with this context's cookies: 200 is somebody's page, 307 leads to the sign-in. */
export const statusOf = async (context: BrowserContext, opened: Console, path = '/account'): Promise<number> =>
  (await context.request.get(`${opened.url}${path}`, { maxRedirects: 0 })).status()

/** What the log says of one type, in its order. */
export async function entriesOf(owner: Sql, type: string): Promise<Record<string, unknown>[]> {
  const rows = await owner<{ body: string }[]>`select body from countersign.entries where type = ${type} order by recorded_at, seq`
  return rows.map(({ body }) => JSON.parse(body))
}
