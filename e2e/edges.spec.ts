import { expect, type Page } from '@playwright/test'
import { startEmbedded, stopEmbedded } from '../db/embedded'
import { violationsOf } from './axe'
import { test } from './browser'
import { type Console, openConsole, signIn } from './console'
import { furnish } from './furnish'
import { ALONE, EDITED, FRAMED, visit } from './visit'

let opened: Console

test.beforeAll(async () => {
  opened = await openConsole()
  await furnish(opened)
})

test.afterAll(() => opened.close())

test.describe.configure({ mode: 'serial' })

test('every answer carries a strict policy for content, may not be framed and may not be kept', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  for (const path of [...FRAMED, ...EDITED, ...ALONE, '/api/palette', '/api/live/nothing']) {
    const headers = (await context.request.get(`${opened.url}${path}`)).headers()
    const policy = headers['content-security-policy'] ?? ''
    expect(policy, path).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic';/)
    // Only documents with the editor in them may be styled inline.
    const styles = (EDITED as readonly string[]).includes(path) ? "style-src 'self' 'unsafe-inline';" : "style-src 'self' 'nonce-"
    expect(policy, path).toContain(styles)
    expect(policy.replace("style-src 'self' 'unsafe-inline';", ''), path).not.toContain('unsafe')
    expect(headers['x-frame-options'], path).toBe('DENY')
    expect(headers['x-content-type-options'], path).toBe('nosniff')
    expect(headers['referrer-policy'], path).toBe('no-referrer')
    expect(headers['cross-origin-opener-policy'], path).toBe('same-origin')
    expect(headers['cache-control'], path).toContain('no-store')
    expect(headers['x-request-id'], path).toMatch(/^[0-9a-f-]{13}$/)
  }
})

test('no page has a script without the nonce of its answer', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  for (const path of [...FRAMED, ...EDITED, ...ALONE]) {
    const answer = await context.request.get(`${opened.url}${path}`)
    const nonce = /'nonce-([^']+)'/.exec(answer.headers()['content-security-policy'] ?? '')?.[1]
    const scripts = [...(await answer.text()).matchAll(/<script\b([^>]*)>/g)].map(([, attributes = '']) => attributes)
    expect(scripts.length, path).toBeGreaterThan(0)
    expect(
      scripts.filter((attributes) => !attributes.includes(`nonce="${nonce}"`)),
      path,
    ).toEqual([])
  }
})

test('a web site that points its own name here gets nothing', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  for (const path of [...FRAMED, ...EDITED]) {
    const answer = await context.request.get(`${opened.url}${path}`, { headers: { host: 'rebound.example' } })
    expect(answer.status()).toBe(421)
    expect(await answer.text()).not.toContain('read_file')
  }
})

for (const { what, method = 'POST', headers, data = 'a=1', status } of [
  { what: 'a form of another site, by its origin', headers: { origin: 'http://evil.example' }, status: 403 },
  { what: 'a form of no nameable site', headers: { origin: 'null' }, status: 403 },
  { what: 'a form of another site, by the browser’s word', headers: { 'sec-fetch-site': 'cross-site' }, status: 403 },
  { what: 'another port of this machine', headers: { 'sec-fetch-site': 'same-site' }, status: 403 },
  { what: 'a body beyond one MiB', headers: {}, data: 'x'.repeat(1024 * 1024 + 1), status: 413 },
  { what: 'a method that nothing here has', method: 'PUT', headers: {}, status: 405 },
] as const)
  test(`${what} is refused with ${status} before anything runs`, async ({ context }) => {
    await signIn(context, opened, ['admin'])
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await context.request.fetch(`${opened.url}/`, { method, data, headers: { ...type, ...headers }, maxRedirects: 0 })
    expect(answer.status()).toBe(status)
    expect(answer.headers()['content-security-policy']).toContain("default-src 'none'")
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

test('a page that does not exist says so, with a reference and the way back', async ({ context }) => {
  await signIn(context, opened, ['viewer'])
  const { page } = await visit(opened, context, '/nowhere')
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
  await expect(page.getByText(/Reference [0-9a-f-]{13}/)).toBeVisible()
  await page.getByRole('link', { name: 'Go to the overview' }).click()
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
})

test('a database that went away is one sentence with what to do and no address, and comes back by itself', { tag: '@slow' }, async ({
  context,
}) => {
  await signIn(context, opened, ['admin'])
  const { page } = await visit(opened, context, '/')
  await expect(page.getByText('live', { exact: true })).toBeVisible()
  await stopEmbedded(opened.dataDir)
  await expect(page.getByText(/stale since \d\d:\d\d:\d\d/)).toBeVisible({ timeout: 20_000 })
  await page.getByRole('link', { name: 'Gateways' }).first().click()
  await says(page)
  for (const path of [...EDITED, ...FRAMED]) {
    await page.goto(`${opened.url}${path}`)
    await says(page)
  }
  expect(await violationsOf(page)).toEqual([])
  await startEmbedded({ dataDir: opened.dataDir, settings: { fsync: 'off' } })
  await expect(page.getByRole('heading', { name: 'Account' })).toBeVisible({ timeout: 20_000 })
})

async function says(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { name: 'The database does not answer' })).toBeVisible()
  await expect(page.getByText('countersign doctor')).toBeVisible()
  await expect(page.getByText(/Reference unavailable-[0-9a-f]{12}/)).toBeVisible()
  await expect(page.getByText(/127\.0\.0\.1:\d+/)).toHaveCount(0)
  expect(await page.content()).not.toMatch(/ECONNREFUSED|postgres:|at async/)
}
