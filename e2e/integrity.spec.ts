import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, expect, type Page } from '@playwright/test'
import { leafHash } from '../core/audit/chain'
import { vkeyOf } from '../core/audit/note'
import { parseTlogProof, verifyTlogProof } from '../core/audit/tlog-proof'
import { connect, type Sql } from '../db/connect'
import { listRememberers, readAnchor } from '../db/cosignatures'
import { sha256, verifyEd25519 } from '../db/crypto'
import { pinWitnesses, readTrust } from '../db/keys'
import { latestCheckpoint, readSealing } from '../db/seal-read'
import { violationsOf } from './axe'
import { test } from './browser'
import { type Console, openConsole, record, signIn } from './console'
import { CALL, HOSTILE } from './furnish'
import { forged, keysOf, rotate } from './log-keys'
import { visit } from './visit'
import { startWitness, type WitnessProcess } from './witnesses'

let opened: Console
let owner: Sql
let elsewhere: string
let witness: WitnessProcess | null = null

test.describe.configure({ mode: 'serial', timeout: 120_000 })

const isSealed = async (): Promise<boolean> => {
  const { size, unsealed } = await readSealing(owner)
  return size > 0 && unsealed === 0
}
const allSealed = () => expect.poll(isSealed, { timeout: 60_000 }).toBe(true)

test.beforeAll(async () => {
  opened = await openConsole()
  owner = connect(opened.database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
  elsewhere = await mkdtemp(join(tmpdir(), 'countersign-elsewhere-'))
  await record(opened, [{ call: CALL, status: 'done' }, ...HOSTILE.map(({ name }) => ({ tool: name, server: name, rule: name }))])
  await allSealed()
  // There are checkpoints to compare.
  await record(opened, [{}, {}])
  await allSealed()
})

test.afterAll(async () => {
  witness?.process.kill('SIGKILL')
  await owner?.end()
  await opened?.close()
  if (elsewhere) await rm(elsewhere, { recursive: true, force: true })
})

async function look(context: BrowserContext, path = '/integrity'): Promise<{ page: Page; complaints: readonly string[] }> {
  const found = await visit(opened, context, path)
  await expect(found.page.getByRole('heading', { name: 'Integrity', level: 1 })).toBeVisible()
  return found
}

const headline = (page: Page) => page.getByTestId('headline')
const nav = (page: Page) =>
  page
    .getByRole('navigation', { name: 'Pages' })
    .first()
    .getByRole('link', { name: /Integrity/ })

test('it says what is sealed and who vouches for it, claims no look that nobody took, and teaches what is missing', async ({ context }) => {
  await signIn(context, opened, ['viewer'])
  const { page, complaints } = await look(context)
  await expect(headline(page)).toContainText(/Sealed up to #\d+/)
  await expect(headline(page)).toContainText('not verified in this browser yet')
  await expect(page.getByText('Unanchored', { exact: true })).toBeVisible()
  await expect(page.getByText(/A sealer runs/)).toBeVisible()
  await expect(page.getByRole('figure', { name: 'Entries sealed per minute' })).toBeVisible()
  await expect(page.getByText(/npx countersign witness --listen 0\.0\.0\.0:7744 'countersign\/[0-9a-f]{32}\+/)).toBeVisible()
  await expect(nav(page)).toContainText('unanchored')
  await expect(page.getByRole('button', { name: 'Verify in this browser' })).toHaveCount(0)
  expect((await context.request.get(`${opened.url}/integrity/log`)).status()).toBe(403)
  expect(await violationsOf(page)).toEqual([])
  expect(complaints).toEqual([])
  // This browser remembers what it saw, and says so.
  const tabs = async () => (await listRememberers(owner, 60_000)).filter(({ kind }) => kind === 'tab').length
  await expect.poll(tabs).toBe(1)
  // The log key is rotated while it is open: it follows, and remembers what led it there.
  const statement = await rotate(opened.dataDir, opened.database.urlFor('sealer'))
  await record(opened, [{}])
  await allSealed()
  const remembered = () => page.evaluate(() => localStorage.getItem('countersign.checkpoint') ?? '')
  await expect.poll(remembered, { timeout: 60_000 }).toContain(JSON.stringify(statement))
  await expect(page.getByRole('alert').filter({ hasText: /replaced|rewritten|believed/ })).toHaveCount(0)
  expect(complaints).toEqual([])
})

test('a table of the seal that is locked keeps no other page and ends no live view: what is sealed is said to be unread', async ({
  context,
}) => {
  await signIn(context, opened, ['viewer'])
  const locking = connect(opened.database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
  await locking.unsafe('begin; lock table countersign.seal_alarms in access exclusive mode')
  const page = await context.newPage()
  await page.goto(`${opened.url}/gateways`)
  await expect(page.getByRole('heading', { name: 'Gateways', level: 1 })).toBeVisible()
  await expect(nav(page)).toContainText('its state could not be read')
  await expect(page.getByRole('status').filter({ hasText: /^live$/ })).toBeVisible()
  await locking.unsafe('rollback')
  await locking.end()
  await expect(nav(page)).toContainText('unanchored')
})

test('what no page of ours asks of the log is refused before the log is asked', async ({ context }) => {
  await signIn(context, opened, ['auditor'])
  const headers = { origin: opened.url, 'content-type': 'application/json' }
  const stretch = { writer: 'a'.repeat(32), from: 1, to: 1_000_000_000 }
  for (const data of [
    'nonsense',
    '',
    JSON.stringify({ ask: 'rowsOf', stretches: [stretch] }),
    JSON.stringify({ ask: 'rows', writer: 'a\0', after: 0, to: 1 }),
    JSON.stringify({ ask: 'rows', writer: '\ud800', after: 0, to: 1 }),
    `${'['.repeat(100_000)}`,
  ])
    for (const path of ['log', 'tree']) {
      const answer = await context.request.post(`${opened.url}/integrity/${path}`, { headers, data: Buffer.from(data) })
      expect([answer.status(), path, data.slice(0, 60)]).toEqual([400, path, data.slice(0, 60)])
    }
  for (const query of ['from=1&to=9007199254740991', 'from=9007199254740991&to=9007199254740991', 'at=9007199254740991', 'from=2&to=1'])
    expect([(await context.request.get(`${opened.url}/integrity/tree?${query}`)).status(), query]).toEqual([200, query])
  for (const query of ['from=-1&to=2', 'at=1e400', 'at=NaN', 'from=1.5&to=2', 'at=9007199254740993', 'more=1'])
    expect([(await context.request.get(`${opened.url}/integrity/tree?${query}`)).status(), query]).toEqual([400, query])
})

test('once a witness elsewhere signs, the log is anchored and says by whom', async ({ context }) => {
  const [trust, key] = [await readTrust(opened.dataDir), await keysOf(opened.dataDir)]
  witness = await startWitness({ dataDir: elsewhere, logs: [vkeyOf(key, sha256)] })
  await pinWitnesses(opened.dataDir, [{ name: 'w.test/1', vkey: witness.vkey, url: witness.url, host: 'w.test' }], 1)
  await expect.poll(async () => (await readAnchor(owner, await readTrust(opened.dataDir))) !== null, { timeout: 60_000 }).toBe(true)
  expect(trust.witnesses).toBeUndefined()
  await signIn(context, opened, ['viewer'])
  const { page, complaints } = await look(context)
  await expect(page.getByText(/Anchored to #\d+/)).toBeVisible()
  await expect(page.getByText('w.test/1', { exact: true })).toBeVisible()
  await expect(page.getByText(/1 of 1 witness/).first()).toBeVisible()
  await expect(nav(page)).toContainText(/anchored to #\d+/)
  expect(complaints).toEqual([])
})

test('an entry that is looked up is proven in the browser, and its proof is a file that others can verify', async ({ context }) => {
  await signIn(context, opened, ['viewer'])
  const { page, complaints } = await look(context)
  await page.getByLabel('Call id, entry number or writer/number').fill(CALL)
  await page.getByRole('button', { name: 'Look up' }).click()
  const entries = page.getByRole('list', { name: 'Entries' }).getByRole('listitem')
  await expect(entries).toHaveCount(2)
  await expect(entries.getByText(/Verified here, in this browser: this text is number #\d+/)).toHaveCount(2)
  const [download] = await Promise.all([page.waitForEvent('download'), entries.first().getByRole('link', { name: '.tlog-proof' }).click()])
  expect(download.suggestedFilename()).toMatch(/^entry-\d+\.tlog-proof$/)
  const file = await readFile(await download.path(), 'utf8')
  const parsed = parseTlogProof(file)
  const text = 'extra' in parsed ? Buffer.from(parsed.extra ?? []).toString() : ''
  expect(text).toContain(CALL)
  const key = await keysOf(opened.dataDir)
  expect(verifyTlogProof(file, leafHash(text, sha256), key, verifyEd25519, sha256)).toMatchObject({ index: expect.any(Number) })
  // The opening of a writer is about no call: a viewer is shown the proof and not the text.
  await page.goto(`${opened.url}/integrity?find=%230`)
  await expect(entries.getByText(/its hash is number #0/)).toBeVisible()
  await expect(entries).toContainText('shown to auditors and admins')
  for (const { find, says } of [
    { find: '99999999', says: 'There is no such entry.' },
    { find: '0'.repeat(32), says: 'There is no such entry.' },
    { find: `${'0'.repeat(32)}/1`, says: 'There is no such entry.' },
    { find: '#99999999999999999999', says: 'This names no entry.' },
    { find: '<img src=x onerror=alert(1)>', says: 'There is no such entry.' },
  ]) {
    await page.goto(`${opened.url}/integrity?find=${encodeURIComponent(find)}`)
    await expect(page.getByText(says), find).toBeVisible()
  }
  expect(complaints).toEqual([])
})

test('names that would run or hide are inert in the text of an entry', async ({ context }) => {
  await signIn(context, opened, ['viewer'])
  const rows = await owner<{ call: string; tool: string }[]>`
    select call, tool from countersign.entries where type = 'decision' and call <> ${CALL} and server <> 'server-filesystem'`
  expect(rows).toHaveLength(HOSTILE.length)
  for (const { call, tool } of rows) {
    const { page, complaints } = await look(context, `/integrity?find=${call}`)
    const shown = HOSTILE.find(({ name }) => name === tool)?.shown ?? tool
    await expect(page.getByRole('list', { name: 'Entries' })).toContainText(shown)
    expect(complaints).toEqual([])
    await page.close()
  }
})

test('two checkpoints are compared by proof: what only grew, what forked, what was never signed', async ({ context }) => {
  await signIn(context, opened, ['viewer'])
  const { page, complaints } = await look(context)
  const newest = await latestCheckpoint(owner)
  const compare = async (earlier: string, later = '') => {
    await page.getByLabel('Earlier').fill(earlier)
    await page.getByLabel('Later').fill(later)
    await page.getByRole('button', { name: 'Compare' }).click()
  }
  const [first] = await owner<{ size: number }[]>`select min(size)::float8 as size from countersign.checkpoints`
  await compare(String(first?.size))
  await expect(page.getByText('Only appended to')).toBeVisible()
  await expect(page.getByText(/none before them was changed/)).toBeVisible()
  await compare(newest?.note ?? '', String(newest?.size))
  await expect(page.getByText('The same', { exact: true })).toBeVisible()
  await compare(await forged(opened.dataDir, 3))
  await expect(page.getByText('Fork', { exact: true })).toBeVisible()
  await expect(page.getByText(/does not begin with the 3 that were remembered/)).toBeVisible()
  await compare(await forged(opened.dataDir, 1_000_000))
  await expect(page.getByText('Regression', { exact: true })).toBeVisible()
  await compare((newest?.note ?? '').replace(/\n\d+\n/, '\n4\n'))
  await expect(page.getByText(/not signed by the key of its log/)).toBeVisible()
  await compare('nonsense')
  await expect(page.getByText(/names no checkpoint/)).toBeVisible()
  expect(complaints).toEqual([])
})

test('the whole log is verified in the browser: intact, and then the entry that somebody changed in the database is named', async ({
  context,
}) => {
  await signIn(context, opened, ['auditor'])
  const { page, complaints } = await look(context)
  const verify = page.getByRole('button', { name: 'Verify in this browser' })
  const quickly = page.getByRole('button', { name: 'Quick look' })
  await quickly.click()
  await expect(headline(page)).toContainText('last checked here, in this browser, by a quick look', { timeout: 60_000 })
  await expect(headline(page)).toContainText(/Intact up to #\d+/)
  await expect(page.getByText(/but not the columns beside the texts/)).toBeVisible()
  await verify.click()
  await expect(headline(page)).not.toContainText('quick look', { timeout: 60_000 })
  await expect(headline(page)).toContainText(/Intact up to #\d+/, { timeout: 60_000 })
  await expect(headline(page)).toContainText('last checked here, in this browser')
  await page.reload()
  await expect(headline(page)).toContainText(/Intact up to #\d+/)
  const [entry] = await owner<{ writer: string; seq: number }[]>`
    select writer, seq::float8 as seq from countersign.entries where call = ${CALL} and type = 'decision'`
  await owner.unsafe('alter table countersign.entries disable trigger all')
  await owner`update countersign.entries set body = replace(body, '"sizeBytes":120', '"sizeBytes":121') where call = ${CALL} and type = 'decision'`
  await quickly.click()
  await expect(headline(page)).toContainText(`Damaged: edited entry ${entry?.seq} of writer ${entry?.writer}`, { timeout: 60_000 })
  await expect(page.getByRole('list', { name: 'Findings' })).toContainText(
    /In doubt: what was recorded from|In doubt: everything until now/,
  )
  await page.goto(`${opened.url}/integrity?find=${CALL}`)
  await expect(page.getByText(/stored now is not the one that was sealed as #\d+/)).toBeVisible()
  expect(complaints).toEqual([])
})

/** From a page without a frame: one with it would go on remembering what is sealed meanwhile. */
async function rememberInstead(page: Page, note: string): Promise<void> {
  await page.goto(`${opened.url}/api/auth/csrf`)
  await page.evaluate((other) => {
    const memory = JSON.parse(localStorage.getItem('countersign.checkpoint') ?? '{}')
    localStorage.setItem('countersign.checkpoint', JSON.stringify({ ...memory, note: other }))
  }, note)
}

test('a log that does not lead on from what this browser remembers is an alarm over every page, until somebody says otherwise', async ({
  context,
}) => {
  await signIn(context, opened, ['viewer'])
  const { page } = await look(context)
  const remembered = () => page.evaluate(() => localStorage.getItem('countersign.checkpoint'))
  await expect.poll(remembered).toContain('countersign/')
  await rememberInstead(page, await forged(opened.dataDir, 5_000_000))
  await page.goto(`${opened.url}/activity`)
  const alarm = page.getByRole('alert').filter({ hasText: 'not the one that this browser remembers' })
  await expect(alarm).toContainText('The log had 5000000 sealed entries')
  await expect(nav(page)).toContainText('1 alarm')
  await alarm.getByRole('link', { name: 'Look at Integrity' }).click()
  await expect(page.getByText('found by an open console')).toBeVisible()
  const recorded = async () => (await owner`select from countersign.entries where type = 'log.alarm'`).length
  await expect.poll(recorded).toBe(1)
  await alarm.getByRole('button', { name: 'Remember this one' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Forget and remember this one' }).click()
  await expect(alarm).toHaveCount(0)
  expect(await recorded()).toBe(1)
})

test('an admin ends the alarm with a reason: it stays in the list, with who and why, and what browsers remember does not raise it again', async ({
  context,
  browser,
}) => {
  const others = await browser.newContext()
  await signIn(others, opened, ['auditor'])
  const auditor = await look(others)
  const listed = (page: Page) => page.getByRole('list', { name: 'Alarms' }).getByRole('listitem')
  await expect(listed(auditor.page)).toHaveCount(1)
  await expect(auditor.page.getByRole('button', { name: 'End', exact: true })).toHaveCount(0)
  await others.close()

  await signIn(context, opened, ['admin'])
  const { page, complaints } = await look(context)
  await expect(nav(page)).toContainText('1 alarm')
  await listed(page).getByRole('button', { name: 'End', exact: true }).click()
  const dialog = page.getByRole('alertdialog')
  const end = dialog.getByRole('button', { name: 'End', exact: true })
  await expect(end).toBeDisabled()
  await dialog.getByLabel('Why').fill('  ')
  await expect(end).toBeDisabled()
  await dialog.getByLabel('Why').fill(`a browser of a test <img src=x onerror=alert(1)>`)
  await end.click()
  await expect(listed(page)).toContainText('regression, ended')
  await expect(listed(page)).toContainText('a browser of a test <img src=x onerror=alert(1)>')
  await expect(nav(page)).not.toContainText('alarm')
  const [entry] = await owner<{ body: string }[]>`select body from countersign.entries where type = 'alarm.ended'`
  const [row] = await owner<{ by: string }[]>`select ended_by as by from countersign.seal_alarms`
  expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({
    ...{ actor: row?.by, kind: 'regression', place: null, foundBy: 'an open console' },
    because: 'a browser of a test <img src=x onerror=alert(1)>',
  })

  await rememberInstead(page, await forged(opened.dataDir, 5_000_000))
  await page.goto(`${opened.url}/activity`)
  await expect(page.getByRole('alert').filter({ hasText: 'not the one that this browser remembers' })).toBeVisible()
  await expect(nav(page)).not.toContainText('alarm')
  expect(await owner`select from countersign.seal_alarms`).toHaveLength(1)
  expect(complaints).toEqual([])
})
