import type { BrowserContext, Page } from '@playwright/test'
import type { Console } from './console'

/** Every page that a signed-in admin finds in the frame, and those that stand alone. */
export const FRAMED = ['/', '/activity', '/policies', '/gateways', '/users', '/settings', '/account'] as const
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
