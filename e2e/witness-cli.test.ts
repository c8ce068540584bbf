import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { vkeyOf } from '../core/audit/note'
import { connect } from '../db/connect'
import { ephemeralKey, sha256 } from '../db/crypto'
import { freshDatabase } from '../db/testing'
import { memoryLog } from '../db/testing-log'
import { countersign, makePlace, type Place } from './gateway'

let place: Place
let elsewhere = ''
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  elsewhere = await mkdtemp(join(tmpdir(), 'countersign-witness-cli-'))
})
afterAll(async () => {
  await place.remove()
  await rm(elsewhere, { recursive: true, force: true })
})

const witnessKey = (name: string): string => vkeyOf({ name, type: 4, publicKey: Buffer.from(ephemeralKey().publicKey, 'hex') }, sha256)
const [a, b] = [witnessKey('a.test/1'), witnessKey('b.test/1')]
const add = (...words: string[]) => countersign(place, 'console', ['witness', 'add', ...words])
const pinned = async () => JSON.parse(await readFile(join(place.dataDir, 'trust.json'), 'utf8')) as Record<string, unknown>

test('a witness that is pinned, a threshold, and one that is taken out: in trust.json and in the log', async () => {
  const before = await add(a, '--url', 'http://a.test:7744/')
  expect(before).toMatchObject({ code: 0, stderr: '' })
  const { log, root, logKey } = await pinned()
  const first = { name: 'a.test/1', vkey: a, url: 'http://a.test:7744', host: 'a.test' }
  expect(await pinned()).toEqual({ v: 1, log, root, logKey, witnesses: [first], threshold: 1 })
  const near = await add(b, '--url', 'http://127.0.0.1:7744', '--threshold', '2')
  expect(near.stdout).toContain('It runs on this machine, so it anchors nothing')
  expect(near.stdout).toContain('that takes witnesses on 2 other machines, and there are 1.')
  const listed = await countersign(place, 'console', ['witness', 'list'])
  expect(listed.stdout).toContain(`countersign/${String(log)}+`)
  expect(listed.stdout).toMatch(/a\.test\/1 .*anchors, 2 of 2/)
  expect(listed.stdout).toMatch(/b\.test\/1 .*on this machine, anchors nothing/)
  expect(await countersign(place, 'console', ['witness', 'remove', 'b.test/1'])).toMatchObject({ code: 0 })
  expect(await pinned()).toMatchObject({ witnesses: [first], threshold: 1 })
  expect(await countersign(place, 'console', ['witness', 'remove', 'a.test/1'])).toMatchObject({ code: 0 })
  expect(await pinned()).toEqual({ v: 1, log, root, logKey })
  const sql = connect(place.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  const rows = await sql<{ body: string }[]>`select body from countersign.entries where type = 'config.witnesses' order by recorded_at`
  await sql.end()
  const changes = rows.map(({ body }) => JSON.parse(body) as { before: { witnesses: unknown[] }; after: { witnesses: unknown[] } })
  expect(changes.map((change) => [change.before.witnesses.length, change.after.witnesses.length])).toEqual([
    [0, 1],
    [1, 2],
    [2, 1],
    [1, 0],
  ])
}, 60_000)

test('folders that get copies: named, listed and taken out, and the log tells', async () => {
  const sink = (...words: string[]) => countersign(place, 'console', ['sink', ...words])
  expect(await sink('add', join(elsewhere, 'nowhere'))).toMatchObject({ code: 1, stderr: expect.stringContaining('make it first') })
  expect((await sink('list')).stdout).toContain('Nothing gets copies')
  expect(await sink('add', elsewhere)).toMatchObject({ code: 0, stderr: '' })
  expect(await sink('add', elsewhere)).toMatchObject({ code: 1, stderr: expect.stringContaining('gets copies already') })
  expect((await sink('list')).stdout).toMatch(new RegExp(`${elsewhere} +files`))
  expect(await sink('remove', elsewhere)).toMatchObject({ code: 0, stderr: '' })
  expect(await sink('remove', elsewhere)).toMatchObject({ code: 1, stderr: expect.stringContaining('gets no copies') })
  const sql = connect(place.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  const rows = await sql<{ body: string }[]>`select body from countersign.entries where type = 'config.sinks' order by recorded_at`
  await sql.end()
  expect(rows.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
    { before: [], after: [elsewhere] },
    { before: [elsewhere], after: [] },
  ])
}, 60_000)

test('a webhook’s secret is shown once, and is in no list and in no entry', async () => {
  const sink = (...words: string[]) => countersign(place, 'console', ['sink', ...words])
  const added = await sink('add', '--webhook', 'http://hooks.test/a/', '--json')
  const { secret } = JSON.parse(added.stdout) as { secret: string }
  expect(secret).toMatch(/^whsec_/)
  const listed = await sink('list', '--json')
  expect(listed.stdout).toContain('http://hooks.test/a')
  const sql = connect(place.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  const bodies = await sql<{ body: string }[]>`select body from countersign.entries where type = 'config.sinks'`
  await sql.end()
  expect(bodies.map(({ body }) => body).join()).toContain('http://hooks.test/a')
  for (const text of [listed.stdout, ...bodies.map(({ body }) => body)]) expect(text).not.toContain(secret)
  expect(await sink('remove', 'http://hooks.test/a/')).toMatchObject({ code: 0, stderr: '' })
}, 60_000)

const log = memoryLog()

test.each<{ typed: readonly string[]; says: RegExp; code: number }>([
  { typed: ['witness', 'add', 'nonsense', '--url', 'http://w.test'], says: /none of a witness/, code: 2 },
  { typed: ['witness', 'add', log.vkey, '--url', 'http://w.test'], says: /none of a witness/, code: 2 },
  { typed: ['witness', 'add', a], says: /--url takes the address/, code: 2 },
  { typed: ['witness', 'add', a, '--url', 'file:///etc/passwd'], says: /no http:\/\/ or https:\/\/ URL/, code: 2 },
  { typed: ['witness', 'add', a, '--url', 'http://w.test', '--host', 'two words'], says: /names no host/, code: 2 },
  { typed: ['witness', 'add', a, '--url', 'http://w.test', '--threshold', '2'], says: /threshold is no number/, code: 2 },
  { typed: ['witness', 'add', a, '--url', 'http://w.test', '--threshold', 'all'], says: /--threshold takes how many/, code: 2 },
  { typed: ['witness', 'remove', '\u001b]0;x\u0007'], says: /No witness is called/, code: 1 },
  { typed: ['witness', a], says: /is no key of a log/, code: 2 },
  { typed: ['witness', log.vkey, '--listen', 'nowhere'], says: /--listen takes an address and a port/, code: 2 },
  { typed: ['witness', log.vkey, '--listen', '127.0.0.1:99999'], says: /--listen takes an address and a port/, code: 2 },
  { typed: ['witness', log.vkey, '--listen', '192.0.2.1:7744'], says: /It can not listen at 192\.0\.2\.1/, code: 2 },
  { typed: ['witness', log.vkey, '--name', 'a+b'], says: /--name takes a name/, code: 2 },
  { typed: ['witness', 'ad', a, '--url', 'http://w.test'], says: /has no option "--url"/, code: 2 },
])('$typed is one sentence on stderr, and nothing changes', async ({ typed, says, code }) => {
  const isAtLog = typed[1] === 'add' || typed[1] === 'remove'
  const at = isAtLog ? place : { ...place, dataDir: join(elsewhere, typed.join().length.toString()) }
  const before = isAtLog ? await pinned() : null
  const said = await countersign(at, 'console', typed)
  expect(said).toMatchObject({ code, stdout: '' })
  expect(said.stderr).toMatch(says)
  expect(said.stderr).toMatch(/^countersign: [^\n]+\n$/)
  expect(said.stderr.trimEnd()).not.toMatch(/\p{Cc}/u)
  if (isAtLog) expect(await pinned()).toEqual(before)
})

test('a witness that knows no log says its key and what it needs, and keeps its key', async () => {
  const at = { ...place, dataDir: join(elsewhere, 'alone') }
  const first = await countersign(at, 'console', ['witness', '--name', 'w.test/1'])
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toMatch(/^This witness’s key: w\.test\/1\+[0-9a-f]{8}\+\S+\nIt witnesses no log yet/)
  expect((await countersign(at, 'console', ['witness'])).stdout).toBe(first.stdout)
})

test.each([
  { damage: 'a witness without a key', witnesses: [{ name: 'w' }] },
  { damage: 'an empty list', witnesses: [] },
  { damage: 'a threshold beyond all', witnesses: [{ name: 'a.test/1', vkey: a, url: 'http://a.test', host: 'a.test' }], threshold: 2 },
])('a trust.json with $damage is refused by whoever reads it, and not mended', async ({ damage: _, ...more }) => {
  const path = join(place.dataDir, 'trust.json')
  const good = await readFile(path, 'utf8')
  const bad = JSON.stringify({ ...JSON.parse(good), ...more })
  await writeFile(path, bad)
  for (const typed of [['witness', 'list'], ['verify'], ['witness', 'add', b, '--url', 'http://b.test']]) {
    const { code, stderr } = await countersign(place, typed[0] === 'verify' ? 'auditor' : 'console', typed)
    expect({ typed, code }).toEqual({ typed, code: 2 })
    expect(stderr).toContain('trust.json is damaged')
  }
  expect(await readFile(path, 'utf8')).toBe(bad)
  await writeFile(path, good)
})
