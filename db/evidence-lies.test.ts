import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { logKeyOf, signCheckpoint } from '../core/audit/checkpoint'
import type { Manifest } from '../core/audit/evidence'
import { toHex } from '../core/hash'
import { ephemeralKey, sha256 } from './crypto'
import { orderErasure } from './erasures'
import { identityOf, openKeys } from './keys'
import { openLogKey } from './log-key'
import { freshDatabase } from './testing'
import { type Contents, type EvidenceBench, openEvidenceBench, repack, resigned, unpack } from './testing-evidence'
import { openWish } from './testing-holds'
import type { FreshDatabase } from './testing-server'
import { openWriter } from './writer'

let database: FreshDatabase
let bench: EvidenceBench
let good: string
let contents: Contents
let count = 0

const fresh = (): string => join(bench.dataDir, `lie-${count++}.zip`)
const text = (of: Contents, name: string): string => Buffer.from(of.get(name) ?? []).toString()
const withText = (name: string, change: (was: string) => string): Contents =>
  new Map([...contents, [name, Buffer.from(change(text(contents, name)))]])

beforeAll(async () => {
  database = await freshDatabase()
  bench = await openEvidenceBench(database)
  await bench.calls(12)
  await openWish(bench.writer, { tool: 'delete_all' })
  const [row] = await bench.sql<{ call: string }[]>`select call from countersign.entries where outcome = 'allow' limit 1`
  const desk = await openWriter({ url: database.urlFor('console'), identity: identityOf(bench.keys, 'console') })
  await orderErasure(desk, { person: null, founder: 'tester' }, { scope: { call: row?.call ?? '' }, because: 'request 17' })
  await desk.close()
  await bench.seal()
  good = (await bench.bundle({ clearText: true })).path
  contents = await unpack(good)
})

afterAll(async () => {
  await bench.close()
  await database.drop()
})

test('untouched and packed anew it is intact: what follows is judged for its lie and nothing else', async () => {
  expect(await bench.verify(good)).toMatchObject({ verdict: 'intact' })
  expect(await bench.verify(await repack(fresh(), contents))).toMatchObject({ verdict: 'intact' })
  expect(await bench.verify(await repack(fresh(), resigned(contents, bench.keys)))).toMatchObject({ verdict: 'intact' })
})

test.each([0, 1, 21, 22, 500, 0.5, 0.99])('cut off at %f it is no verdict on the log', async (at) => {
  const path = fresh()
  const bytes = readFileSync(good)
  writeFileSync(path, bytes.subarray(0, at < 1 ? Math.floor(bytes.length * at) : at))
  const report = await bench.verify(path)
  expect(report.verdict).toBe('could not tell')
  expect(report.doubts[0]).toMatch(/cut off|too short/)
})

test('no byte of it can be another and the verdict the same, unless the files in it are', async () => {
  const bytes = readFileSync(good)
  for (let n = 0; n < 150; n++) {
    const path = fresh()
    const at = Math.floor((n * bytes.length) / 150) + (n % 7)
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << (n % 8))
    writeFileSync(path, changed)
    const { verdict } = await bench.verify(path)
    if (verdict === 'intact') expect(await unpack(path)).toEqual(contents)
    rmSync(path)
  }
})

type Lie = { readonly lie: string; readonly make: () => Contents | Promise<Contents>; readonly says: RegExp }

const change = (over: (manifest: Manifest) => Partial<Manifest>) => () =>
  resigned(contents, bench.keys, (manifest) => ({ ...manifest, ...over(manifest) }))
const swapped = (some: string, other: string): Contents =>
  new Map([...contents, [some, contents.get(other) ?? new Uint8Array()], [other, contents.get(some) ?? new Uint8Array()]])
/** One entry with another text. */
const entry = (put: (was: string) => string) => () =>
  resigned(
    withText('entries/000000.jsonl', (was) => was.replace(/^.*read_file.*$/m, put)),
    bench.keys,
  )
const logKey = async () => ({ key: logKeyOf(bench.keys.trust) ?? expect.fail('no key'), sign: await openLogKey(bench.dataDir, bench.keys) })

const LIES: readonly Lie[] = [
  { lie: 'files swapped', make: () => swapped('holds.txt', 'writers.jsonl'), says: /not in the manifest|not the file/ },
  { lie: 'two known files swapped', make: () => swapped('checkpoint', 'writers.jsonl'), says: /not the file that the manifest lists/ },
  { lie: 'files swapped and signed anew', make: () => resigned(swapped('checkpoint', 'writers.jsonl'), bench.keys), says: /checkpoint/ },
  { lie: 'a file more', make: () => new Map([...contents, ['entries/000009.jsonl', Buffer.from('{}\n')]]), says: /not in the manifest/ },
  { lie: 'a file less', make: () => new Map([...contents].filter(([name]) => name !== 'writers.jsonl')), says: /missing/ },
  { lie: 'no manifest', make: () => new Map([...contents].filter(([name]) => name !== 'manifest.json')), says: /no manifest/ },
  {
    lie: 'another manifest',
    make: () => withText('manifest.json', (was) => was.replace('"allow":10', '"allow":11')),
    says: /signature does not fit/,
  },
  { lie: 'counts that lie', make: change(() => ({ entries: 3 })), says: /says 3 entries/ },
  {
    lie: 'counts by type that lie',
    make: change(({ counts }) => ({ counts: { ...counts, outcomes: { allow: 12 } } })),
    says: /counts entries by type/,
  },
  {
    lie: 'a population that lies',
    make: change(({ population }) => ({ population: { first: 0, end: population.end + 5 } })),
    says: /beyond its own/,
  },
  {
    lie: 'an entry left out',
    make: () =>
      resigned(
        withText('entries/000000.jsonl', (was) => was.replace(/\n[^\n]*\n/, '\n')),
        bench.keys,
      ),
    says: /no filter left any out/,
  },
  { lie: 'an entry edited', make: entry((line) => line.replace('read_file', 'rm_file')), says: /not the one that was sealed/ },
  { lie: 'an entry with NUL', make: entry((line) => line.replace('read_file', 'read\0file')), says: /not the one that was sealed/ },
  {
    lie: 'an entry with an escaped NUL',
    make: entry((line) => line.replace('read_file', 'read\\u0000file')),
    says: /not the one that was sealed/,
  },
  {
    lie: 'an entry with half a character',
    make: entry((line) =>
      line.replace(/"entry":(.*)\}$/, (_, was) => `"text":${JSON.stringify(`${was}`).replace('read_file', 'read\\ud800')}}`),
    ),
    says: /half a character/,
  },
  {
    lie: 'an entry of 10 MiB',
    make: entry((line) => line.replace('read_file', randomText(10_485_760))),
    says: /not the one that was sealed/,
  },
  { lie: 'an entry nested too deep', make: entry(() => `{"index":1,"entry":{"a":${'['.repeat(200_000)}}}`), says: /can’t be read/ },
  {
    lie: 'bytes that are no text',
    make: () => resigned(new Map([...contents, ['entries/000000.jsonl', Buffer.from([0xff, 0xfe, 0])]]), bench.keys),
    says: /no UTF-8/,
  },
  {
    lie: 'a leaf hash changed',
    make: () => resigned(new Map([...contents, ['tree/leaves/000000.bin', flipped('tree/leaves/000000.bin')]]), bench.keys),
    says: /do not come to the root/,
  },
  {
    lie: 'runs that leave something out',
    make: () =>
      resigned(
        withText('tree/runs.jsonl', (was) => was.replace(/"seq":1,/, '"seq":2,')),
        bench.keys,
      ),
    says: /leave out/,
  },
  {
    lie: 'clear text that is another',
    make: () =>
      resigned(
        withText('disclosures/000000.jsonl', (was) => was.replace(/"content":"[^"]*"/, '"content":"e30="')),
        bench.keys,
      ),
    says: /not what the entry commits to/,
  },
  {
    lie: 'a writer without certificates',
    make: () =>
      resigned(
        withText('writers.jsonl', (was) => was.replace(/\\"host\\":/, '\\"hosT\\":')),
        bench.keys,
      ),
    says: /can’t be believed/,
  },
  {
    lie: 'the checkpoint of a log that is longer',
    make: async () => {
      const { key, sign } = await logKey()
      const note = signCheckpoint({ origin: key.name, size: 1_000_000, root: sha256(Buffer.from('x')) }, key, sign, sha256)
      return resigned(
        withText('checkpoint', () => note),
        bench.keys,
      )
    },
    says: /checkpoint is of 1000000 entries and the manifest of/,
  },
  {
    lie: 'a checkpoint of more entries than there are leaf hashes',
    make: async () => {
      const { key, sign } = await logKey()
      const root = sha256(Buffer.from('x'))
      const note = signCheckpoint({ origin: key.name, size: 1_000, root }, key, sign, sha256)
      const checkpoint = { size: 1_000, root: toHex(root) }
      return resigned(
        withText('checkpoint', () => note),
        bench.keys,
        (manifest) => ({ ...manifest, checkpoint }),
      )
    },
    says: /does not hold the leaf hashes/,
  },
  {
    lie: 'the checkpoint of another log',
    make: () => {
      const { publicKey, sign } = ephemeralKey()
      const key = { name: `countersign/${'b'.repeat(32)}`, type: 1 as const, publicKey: Buffer.from(publicKey, 'hex') }
      return resigned(
        withText('checkpoint', () => signCheckpoint({ origin: key.name, size: 20, root: sha256(Buffer.from('x')) }, key, sign, sha256)),
        bench.keys,
      )
    },
    says: /of another log/,
  },
  {
    lie: 'a part that passes for everything',
    make: change(({ population }) => ({ population: { first: 0, end: population.end - 1 } })),
    says: /says that everything was asked for/,
  },
  {
    lie: 'clear text of entries that are not there',
    make: () =>
      resigned(new Map([...contents, ['disclosures/000007.jsonl', contents.get('disclosures/000000.jsonl') ?? flipped('')]]), bench.keys),
    says: /of entries that are not in the bundle/,
  },
  {
    lie: 'an erasure with another reason than the log has',
    make: () =>
      resigned(
        withText('erasures.jsonl', (was) => was.replace('request 17', 'routine')),
        bench.keys,
      ),
    says: /is not what entry \d+ says of it/,
  },
  {
    lie: 'an erasure that is none',
    make: () =>
      resigned(
        withText('erasures.jsonl', () => '{"because":"routine"}\n'),
        bench.keys,
      ),
    says: /Line 1 of erasures.jsonl can’t be read/,
  },
  {
    lie: 'a held call with another tool than it was opened for',
    make: () =>
      resigned(
        withText('holds/000000.jsonl', (was) => was.replace('"tool":"delete_all"', '"tool":"read_file"')),
        bench.keys,
      ),
    says: /is not what the log says that it was opened for/,
  },
  {
    lie: 'millions of lines of nothing',
    make: () => resigned(new Map([...contents, ['holds/000009.jsonl', Buffer.alloc(3_000_000, '\n')]]), bench.keys),
    says: /more lines than any file of a bundle/,
  },
  { lie: 'damage that the exporter admits', make: change(() => ({ integrity: { found: 1, findings: [] } })), says: /Exported as damaged/ },
]

const flipped = (name: string): Uint8Array => Buffer.from(contents.get(name) ?? []).map((byte, at) => (at === 40 ? byte ^ 1 : byte))
const randomText = (length: number): string =>
  Buffer.from(Uint8Array.from({ length: length / 2 }, (_, at) => (at * 2_654_435_761) >>> 24)).toString('hex')

test.each(LIES)('$lie: damaged, and said where', async ({ make, says }) => {
  const report = await bench.verify(await repack(fresh(), await make()))
  expect(report.verdict).toBe('damaged')
  expect(report.findings.map(({ sentence }) => sentence).join('\n')).toMatch(says)
})

test('a bundle from the future is no verdict', async () => {
  const at = new Date(Date.now() + 3_600_000).toISOString()
  const report = await bench.verify(await repack(fresh(), change(() => ({ at }))()))
  expect(report).toMatchObject({ verdict: 'could not tell', doubts: [expect.stringContaining('yet to come')] })
})

test('a bundle of other keys is damaged for whoever pins theirs, and names its root to whoever does not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-other-'))
  const other = await openKeys(folder)
  const forged = resigned(
    new Map([...contents, ['trust.json', Buffer.from(JSON.stringify({ ...bench.keys.trust, root: other.trust.root }))]]),
    other,
  )
  const path = await repack(fresh(), forged)
  expect(await bench.verify(path)).toMatchObject({ verdict: 'damaged' })
  expect(await bench.verify(path, { trust: null, root: bench.keys.trust.root })).toMatchObject({ verdict: 'damaged' })
  expect(await bench.verify(good, { trust: other.trust })).toMatchObject({ verdict: 'damaged' })
  expect(await bench.verify(good, { trust: null, root: bench.keys.trust.root })).toMatchObject({
    verdict: 'intact',
    root: { pinned: true },
  })
  expect(await bench.verify(good, { trust: null })).toMatchObject({
    verdict: 'intact',
    root: { key: bench.keys.trust.root, pinned: false },
  })
  rmSync(folder, { recursive: true })
})

test('an entry of 10 MiB that is really in the log leaves and verifies', async () => {
  await bench.writer.append({ type: 'config.test', actor: 'tester', before: null, after: 'x'.repeat(10 * 1024 * 1024) })
  await bench.seal()
  const { path } = await bench.bundle()
  expect(await bench.verify(path)).toMatchObject({ verdict: 'intact' })
})
