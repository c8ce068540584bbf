import type { Page } from '@playwright/test'

/** Puts a whole text in the place of what the policy editor has, as a paste does: typed, each line would be indented by the one before. */
export async function writePolicy(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: /Policy text/ }).focus()
  await page.keyboard.press('Control+A')
  await page.evaluate((whole) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', whole)
    document.activeElement?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, text)
}
