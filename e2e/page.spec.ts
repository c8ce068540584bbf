import { expect, test } from '@playwright/test'
import { stopEmbedded } from '../db/embedded'
import { type Console, openConsole, record } from './console'

let opened: Console

test.beforeAll(async () => {
  opened = await openConsole()
})

test.afterAll(() => opened.close())

test.describe.configure({ mode: 'serial' })

test('an empty log teaches the two commands to start with', async ({ page }) => {
  await page.goto(opened.url)
  await expect(page.getByRole('heading', { name: 'Nothing was decided yet' })).toBeVisible()
  await expect(page.getByText('countersign policy publish policy.yaml')).toBeVisible()
  await expect(page.getByText('countersign --gateway --upstream')).toBeVisible()
})

test('what another process records is listed without a reload, and says what became of it', async ({ page }) => {
  await page.goto(opened.url)
  await record(opened, [
    { tool: 'read_file', status: 'done' },
    { tool: 'read_secret', outcome: 'deny', constraint: 'allowedPaths', code: 'constraint_violated' },
    { tool: 'write_file', outcome: 'escalate', rule: 'rule-2' },
    { tool: 'move_file', status: 'unknown' },
  ])
  const row = (tool: string) => page.getByRole('row').filter({ hasText: tool })
  await expect(row('read_file')).toContainText('It ran.')
  await expect(row('read_file')).toContainText('Allowed')
  await expect(row('read_secret')).toContainText('Denied')
  await expect(row('read_secret')).toContainText('Outside the bound (rule-1, allowedPaths)')
  await expect(row('write_file')).toContainText('It waits for a person.')
  await expect(row('move_file')).toContainText('Unknown')
  await expect(row('move_file')).toContainText('It may or may not have run.')
})

const HOSTILE = [
  { what: 'markup', tool: '<img src=x onerror=alert(1)>', shown: '<img src=x onerror=alert(1)>' },
  { what: 'a script that closes the page’s own', tool: '</script><script>alert(1)</script>', shown: '</script><script>alert(1)</script>' },
  { what: 'a right-to-left override', tool: 'read\u202Eelif', shown: 'U+202E' },
  { what: 'a zero-width space', tool: 'read\u200Bfile', shown: 'U+200B' },
  { what: 'a no-break space', tool: 'read\u00A0file', shown: 'U+00A0' },
]

test('hostile names are inert text, and what would hide is drawn as a token', async ({ page }) => {
  const complaints: string[] = []
  page.on('dialog', (dialog) => complaints.push(dialog.message()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  await record(
    opened,
    HOSTILE.map(({ tool }) => ({ tool })),
  )
  await page.goto(opened.url)
  for (const { shown } of HOSTILE) await expect(page.getByText(shown, { exact: true })).toBeVisible()
  expect(complaints).toEqual([])
})

for (const { name, width, colorScheme } of [
  { name: 'a phone in the dark', width: 390, colorScheme: 'dark' },
  { name: 'a phone by day', width: 390, colorScheme: 'light' },
  { name: 'a desk in the dark', width: 1440, colorScheme: 'dark' },
  { name: 'a desk by day', width: 1440, colorScheme: 'light' },
] as const)
  test(`on ${name} nothing runs off the side`, async ({ browser }, info) => {
    await record(opened, [{ tool: 'x'.repeat(256), server: 'y'.repeat(256) }])
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
    await page.goto(opened.url)
    await expect(page.getByRole('table')).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await info.attach(name, { body: await page.screenshot(), contentType: 'image/png' })
    await page.close()
  })

test('the answer carries a strict policy for scripts and may not be framed', async ({ request }) => {
  const { headers } = { headers: (await request.get(opened.url)).headers() }
  expect(headers['content-security-policy']).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic'/)
  expect(headers['content-security-policy']).not.toContain('unsafe')
  expect(headers['x-frame-options']).toBe('DENY')
  expect(headers['x-content-type-options']).toBe('nosniff')
})

test('a web site that points its own name here gets nothing', async ({ request }) => {
  const answer = await request.get(opened.url, { headers: { host: 'rebound.example' } })
  expect(answer.status()).toBe(421)
  expect(await answer.text()).not.toContain('read_file')
})

for (const { answer, path, host, status } of [
  { answer: 'a refusal of a strange host', path: '/', host: 'rebound.example', status: 421 },
  { answer: 'a redirect that Next makes before it asks us', path: '//nowhere', host: null, status: 308 },
  { answer: 'a path that ends in a slash', path: '/nowhere/', host: null, status: 404 },
  { answer: 'the image optimiser, which is off', path: '/_next/image?url=%2Ficon.svg&w=64&q=75', host: null, status: 404 },
])
  test(`${answer} is ${status} and carries the headers too`, async ({ request }) => {
    const got = await request.get(`${opened.url}${path}`, { headers: host === null ? {} : { host }, maxRedirects: 0 })
    expect(got.status()).toBe(status)
    expect(got.headers()['content-security-policy']).toContain("default-src 'none'")
    expect(got.headers()['x-content-type-options']).toBe('nosniff')
  })

test('a page that does not exist says where the decisions are', async ({ page }) => {
  await page.goto(`${opened.url}/nowhere`)
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
})

test('a database that went away is one sentence with what to do, and no address', async ({ page }) => {
  await stopEmbedded(opened.dataDir)
  await page.goto(opened.url)
  await expect(page.getByRole('heading', { name: 'The decisions can’t be shown' })).toBeVisible()
  await expect(page.getByText('countersign doctor')).toBeVisible()
  await expect(page.getByText(/127\.0\.0\.1:\d+/)).toHaveCount(0)
})
