import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from '@playwright/test'
import { systemChromium } from '../../chromium.mjs'

/**
 * Pictures every page of the console that `npm start` printed, at a desk and on a phone, dark and by day:
 *   node e2e/screenshots/take.mjs SET_UP_LINK [FOLDER]
 * The set-up link is used up: its first admin is one of nobody's.
 */
const [link, folder = 'e2e/screenshots'] = process.argv.slice(2)
if (!link) throw new Error('Give the set-up link that `npm start` printed.')
const { origin } = new URL(link)
mkdirSync(resolve(folder), { recursive: true })

const PAGES = {
  overview: '/',
  activity: '/activity',
  policies: '/policies',
  policy: '/policies/default',
  editor: '/policies/default/draft',
  gateways: '/gateways',
  users: '/users',
  settings: '/settings',
  account: '/account',
}
const VIEWS = [
  { width: 1440, height: 900, colorScheme: 'dark' },
  { width: 1440, height: 900, colorScheme: 'light' },
  { width: 390, height: 844, colorScheme: 'dark' },
  { width: 390, height: 844, colorScheme: 'light' },
]

const setUp = async (page) => {
  await page.goto(link)
  await page.getByLabel('E-mail').fill('maria@example.org')
  await page.getByLabel('Name').fill('Maria')
  await page.getByLabel('Password').fill(`a long sentence of ${crypto.randomUUID()}`)
  await page.getByRole('button', { name: 'Become the first admin' }).click()
  await page.waitForURL(`${origin}/`)
}

const picture = async (page, name, path, { width, colorScheme }) => {
  await page.goto(`${origin}${path}`)
  await page.getByRole('heading').first().waitFor()
  if (name === 'editor')
    await page
      .getByText(/\d+ (?:samples|of \d+)/)
      .first()
      .waitFor()
  await page.waitForTimeout(1_500)
  await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) })
}

const browser = await chromium.launch({ executablePath: systemChromium(), args: ['--no-sandbox', '--disable-gpu'] })
try {
  const first = await browser.newContext()
  await setUp(await first.newPage())
  const storageState = await first.storageState()
  for (const { width, height, colorScheme } of VIEWS) {
    const context = await browser.newContext({ storageState, viewport: { width, height }, colorScheme })
    const page = await context.newPage()
    for (const [name, path] of Object.entries(PAGES)) await picture(page, name, path, { width, colorScheme })
    await context.close()
  }
} finally {
  await browser.close()
}
