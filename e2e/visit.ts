import { type BrowserContext, expect, type Page } from '@playwright/test'
import type { Console } from './console'
import { CALL } from './furnish'

/** Every page that a signed-in admin finds in the frame of a console that was furnished; those with the editor in them; and those that stand alone. */
export const FRAMED = [
  ...['/', '/activity', `/activity/${CALL}`, '/policies', '/policies/default'],
  ...['/inbox', '/inbox/history', '/inbox/grants', '/gateways', '/integrity', '/users', '/settings', '/evidence', '/account'],
] as const
export const EDITED = ['/policies/default/draft', '/policies/default/review', '/policies/default/compare?from=1&to=2'] as const
export const ALONE = ['/sign-in', '/nowhere'] as const

/** A page of a context, and everything it complains of: errors, dialogs, what its policy for content refused. */
export async function visit(
  { url }: Console,
  context: BrowserContext,
  path: string,
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('dialog', (dialog) => complaints.push(dialog.message()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  await page.goto(`${url}${path}`)
  return { page, complaints }
}

/** Waits until what a page loads by itself is there: whoever looks earlier has seen a spinner. */
export async function settle(page: Page): Promise<void> {
  await expect(page.getByText(/^(?:Loading|Judging) /)).toHaveCount(0)
}
