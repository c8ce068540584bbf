import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BrowserContext, expect, type Page } from '@playwright/test'
import { build } from '../build.mjs'
import { type Contents, type EvidenceBench, openEvidenceBench, repack, resigned, unpack } from '../db/testing-evidence'
import { type FreshDatabase, freshDatabaseIn, makeTestFolder, removeTestFolder } from '../db/testing-server'
import { test } from './browser'

const ROOT = join(import.meta.dirname, '..')
let folder: string
let server: string
let database: FreshDatabase
let bench: EvidenceBench
let good: string
let contents: Contents
let context: BrowserContext
let page: Page
let asked: string[]
let complaints: string[]

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
  await build({ console: false })
  folder = mkdtempSync(join(tmpdir(), 'countersign-offline-'))
  copyFileSync(join(ROOT, 'dist/verify.html'), join(folder, 'verify.html'))
  // The page is older than the log that it judges.
  server = await makeTestFolder()
  database = await freshDatabaseIn(server)
  bench = await openEvidenceBench(database, join(ROOT, 'dist/verify.html'))
  await bench.calls(200)
  await bench.seal()
  good = (await bench.bundle({ clearText: true })).path
  contents = await unpack(good)
})

test.afterAll(async () => {
  await bench?.close()
  await database?.drop()
  if (server) await removeTestFolder(server)
  if (folder) rmSync(folder, { recursive: true })
})

test.beforeEach(async ({ browser }) => {
  asked = []
  complaints = []
  context = await browser.newContext({ offline: true })
  page = await context.newPage()
  page.on('request', (request) => asked.push(request.url()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  await page.goto(pathToFileURL(join(folder, 'verify.html')).href)
})

test.afterEach(async () => {
  expect(complaints).toEqual([])
  expect(asked.filter((url) => !url.startsWith('file:') && !url.startsWith('blob:'))).toEqual([])
  await context.close()
})

const give = async (path: string): Promise<void> => {
  await page.getByLabel('Evidence bundle').setInputFiles(path)
}
const verdict = () => page.getByRole('heading', { level: 2 })
const packed = (name: string, made: Contents): Promise<string> => repack(join(folder, name), made)
const changed = (name: string, change: (was: string) => string): Contents =>
  new Map([...contents, [name, Buffer.from(change(Buffer.from(contents.get(name) ?? []).toString()))]])

test('a good bundle is intact, from disk and with the network off, and says whose key vouches for it', async () => {
  await give(good)
  await expect(verdict()).toHaveText(/^Intact: \d+ of \d+ entries/)
  await expect(page.getByText(`Vouched for by root key ${bench.keys.trust.root}`)).toBeVisible()
})

test('the page that lies in the bundle judges it the same', async () => {
  writeFileSync(join(folder, 'inside.html'), contents.get('verify.html') ?? '')
  await page.goto(pathToFileURL(join(folder, 'inside.html')).href)
  await page.getByLabel(/Root key/).fill(bench.keys.trust.root)
  await give(good)
  await expect(verdict()).toHaveText(/^Intact/)
  await expect(page.getByText(/Vouched for/)).toHaveCount(0)
})

const BROKEN: readonly { readonly what: string; readonly path: () => Promise<string>; readonly verdict: RegExp; readonly says: RegExp }[] =
  [
    {
      what: 'an edited entry',
      path: () =>
        packed(
          'edited.zip',
          resigned(
            changed('entries/000000.jsonl', (was) => was.replace('read_file', 'rm_file__')),
            bench.keys,
          ),
        ),
      verdict: /^Damaged/,
      says: /The text of entry \d+ is not the one that was sealed there/,
    },
    {
      what: 'an entry that was left out',
      path: () =>
        packed(
          'left-out.zip',
          resigned(
            changed('entries/000000.jsonl', (was) => was.replace(/\n[^\n]*\n/, '\n')),
            bench.keys,
          ),
        ),
      verdict: /^Damaged/,
      says: /no filter left any out/,
    },
    {
      what: 'counts that lie',
      path: () =>
        packed(
          'counts.zip',
          resigned(contents, bench.keys, (manifest) => ({ ...manifest, entries: 7 })),
        ),
      verdict: /^Damaged/,
      says: /The manifest says 7 entries/,
    },
    {
      what: 'a manifest that nobody signed',
      path: () =>
        packed(
          'manifest.zip',
          changed('manifest.json', (was) => was.replace('"by":"tester"', '"by":"nobody"')),
        ),
      verdict: /^Damaged/,
      says: /the signature does not fit the manifest/,
    },
    {
      what: 'clear text that is another',
      path: () =>
        packed(
          'clear.zip',
          resigned(
            changed('disclosures/000000.jsonl', (was) => was.replace(/"content":"[^"]*"/, '"content":"e30="')),
            bench.keys,
          ),
        ),
      verdict: /^Damaged/,
      says: /is not what the entry commits to/,
    },
    {
      what: 'a log that was damaged when it left',
      path: () =>
        packed(
          'damaged.zip',
          resigned(contents, bench.keys, (manifest) => ({
            ...manifest,
            integrity: { found: 1, findings: [{ index: 1, kind: 'edited', sentence: 'Entry 1 is not what was sealed there.' }] },
          })),
        ),
      verdict: /^Damaged/,
      says: /Exported as damaged: Entry 1 is not what was sealed there/,
    },
    {
      what: 'a file that was cut off',
      path: async () => {
        writeFileSync(join(folder, 'cut.zip'), readFileSync(good).subarray(0, -300))
        return join(folder, 'cut.zip')
      },
      verdict: /^Could not tell/,
      says: /cut off/,
    },
  ]

for (const { what, path, verdict: expected, says } of BROKEN)
  test(`${what}: the page names the damage`, async () => {
    await give(await path())
    await expect(verdict()).toHaveText(expected)
    await expect(page.getByText(says).first()).toBeVisible()
  })

test('another root key than the one it was told makes the bundle damaged', async () => {
  await page.getByLabel(/Root key/).fill('a'.repeat(64))
  await give(good)
  await expect(verdict()).toHaveText(/^Damaged/)
  await expect(page.getByText(/not certified by the root/)).toBeVisible()
})

test('what an entry says is shown and never run', async () => {
  const lie = '<img src=x onerror=document.title=1>\u202e'
  const manifest = resigned(contents, bench.keys, (was) => ({ ...was, gaps: [...was.gaps, lie] }))
  await give(await packed('hostile.zip', manifest))
  await expect(verdict()).toHaveText(/^Intact/)
  await expect(page.getByText('<img src=x onerror=document.title=1>\\u{202e}')).toBeVisible()
  await expect(page).toHaveTitle('Verify evidence')
})

for (const [width, scheme] of [
  [1440, 'light'],
  [390, 'dark'],
] as const)
  test(`at ${width} px nothing of it is cut off`, async () => {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme: scheme })
    await give(
      await packed(
        'look.zip',
        resigned(contents, bench.keys, (manifest) => ({ ...manifest, entries: 7 })),
      ),
    )
    await expect(verdict()).toHaveText(/^Damaged/)
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `verify-${width}.png`), fullPage: true })
  })
