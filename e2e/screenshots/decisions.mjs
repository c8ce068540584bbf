import { chromium } from '@playwright/test'
import { systemChromium } from '../../chromium.mjs'

/** Pictures the page at the address that `npm start` printed: node e2e/screenshots/decisions.mjs http://127.0.0.1:PORT */
const [address] = process.argv.slice(2)
if (!address) throw new Error('Give the address that `npm start` printed.')

const browser = await chromium.launch({ executablePath: systemChromium(), args: ['--no-sandbox', '--disable-gpu'] })
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' })
  await page.goto(address)
  await page.getByRole('table').waitFor()
  await page.screenshot({ path: `${import.meta.dirname}/decisions.png` })
} finally {
  await browser.close()
}
