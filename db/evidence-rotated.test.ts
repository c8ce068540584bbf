import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Trust } from '../core/audit/certificate'
import { type Rotation, signRotation } from '../core/audit/rotation'
import type { Sign } from '../core/hash'
import { connect } from './connect'
import { ephemeralKey, type SigningKey, sha256 } from './crypto'
import { nextLogKey, openLogKey } from './log-key'
import { rotateLogKey } from './log-rotation'
import { openMemory } from './seal-memory'
import { freshDatabase } from './testing'
import { type Contents, type EvidenceBench, openEvidenceBench, repack, resigned, unpack } from './testing-evidence'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let bench: EvidenceBench
let rotation: Rotation
let next: SigningKey
let first: Sign
let good: string
/** After a second rotation. */
let twice: string
let contents: Contents
let count = 0

beforeAll(async () => {
  database = await freshDatabase()
  bench = await openEvidenceBench(database)
  const { dataDir, keys } = bench
  await bench.calls(3)
  await bench.seal()
  next = await nextLogKey(dataDir, new Set([keys.trust.logKey]))
  first = await openLogKey(dataDir, keys)
  const sql = connect(database.urlFor('sealer'), { purpose: 'bulk', application: 'log-key' })
  const signAs = (publicKey: string) => openLogKey(dataDir, keys, publicKey)
  const rotateTo = async (publicKey: string): Promise<Rotation> => {
    const rotated = await rotateLogKey({ sql, trust: keys.trust, memory: await openMemory(dataDir), signAs }, publicKey)
    await bench.calls(3)
    await bench.seal()
    return rotated
  }
  rotation = await rotateTo(next.publicKey)
  good = (await bench.bundle()).path
  contents = await unpack(good)
  const last = await nextLogKey(dataDir, new Set([keys.trust.logKey, next.publicKey]))
  await rotateTo(last.publicKey)
  twice = (await bench.bundle()).path
  await sql.end({ timeout: 1 })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

const standAlone = (path: string, ...more: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '..', 'e2e/stand-alone-verify.mjs'), path, ...more], { encoding: 'utf8' })

test('a key that was made and never took over is taken up by whoever rotates next', async () => {
  const { dataDir, keys } = bench
  const [known, made] = [
    new Set([keys.trust.logKey, next.publicKey]),
    await nextLogKey(dataDir, new Set([keys.trust.logKey, next.publicKey])),
  ]
  expect(await nextLogKey(dataDir, known)).toMatchObject({ publicKey: made.publicKey })
  expect(known).not.toContain(made.publicKey)
})

test('a bundle verifies for whoever pins the first key, the next one, the root alone or nothing, and by the script', async () => {
  const { trust } = bench.keys
  for (const over of [{}, { trust: { ...trust, logKey: next.publicKey } }, { trust: null, root: trust.root }, { trust: null }])
    expect(await bench.verify(good, over)).toMatchObject({ verdict: 'intact', findings: [] })
  expect(standAlone(good, trust.root)).toMatchObject({ status: 0 })
  expect(await bench.verify(good, { trust: { ...trust, logKey: ephemeralKey().publicKey } })).toMatchObject({ verdict: 'damaged' })
})

test('the statements lead on in whatever order they lie there', async () => {
  const contents = await unpack(twice)
  const trust = JSON.parse(Buffer.from(contents.get('trust.json') ?? []).toString()) as Trust
  const rotations = [...(trust.rotations ?? [])].reverse()
  expect(rotations).toHaveLength(2)
  contents.set('trust.json', Buffer.from(JSON.stringify({ ...trust, rotations: [...rotations, ...rotations] })))
  for (const path of [twice, await repack(join(bench.dataDir, 'reversed.zip'), resigned(contents, bench.keys))]) {
    expect(await bench.verify(path)).toMatchObject({ verdict: 'intact' })
    expect(standAlone(path)).toMatchObject({ status: 0 })
  }
})

/** What whoever exports, and has the host's key, may put there in the place of what the log says. */
const withStatements = (change: (statements: readonly string[]) => readonly string[]): Contents => {
  const trust = JSON.parse(Buffer.from(contents.get('trust.json') ?? []).toString()) as Trust
  const told = { ...trust, rotations: change(trust.rotations ?? []) }
  return resigned(new Map([...contents, ['trust.json', Buffer.from(JSON.stringify(told))]]), bench.keys)
}
const another = (over: Partial<Rotation>, by: { readonly before: Sign; readonly after: Sign }): string =>
  signRotation({ ...rotation, ...over }, by, sha256)

type Lie = { readonly lie: string; readonly make: () => Contents; readonly says: RegExp; readonly isBeyondScript?: true }
const LIES: readonly Lie[] = [
  { lie: 'no statement', make: () => withStatements(() => []), says: /not signed by the key of its log/ },
  {
    lie: 'a statement that the first key did not sign',
    make: () => withStatements(() => [another({}, { before: ephemeralKey().sign, after: next.sign })]),
    says: /the key that it ends did not sign it/,
  },
  {
    lie: 'a statement that the next key did not sign',
    make: () => withStatements(() => [another({}, { before: first, after: first })]),
    says: /the key that it begins did not sign it/,
  },
  {
    lie: 'another one, by whoever stole the first key',
    make: () => {
      const thief = ephemeralKey()
      const after = { ...rotation.after, publicKey: Buffer.from(thief.publicKey, 'hex') }
      return withStatements((all) => [...all, another({ size: 1, after }, { before: first, after: thief.sign })])
    },
    says: /rotated twice from one key/,
  },
  {
    lie: 'a statement about another history',
    make: () => withStatements(() => [another({ root: Uint8Array.from(sha256(Buffer.from('x'))) }, { before: first, after: next.sign })]),
    says: /the log that was signed then was another one/,
  },
  {
    lie: 'not the last checkpoint of the first key',
    make: () => resigned(new Map([...contents, ['checkpoints.jsonl', new Uint8Array()]]), bench.keys),
    says: /the checkpoint of that size is missing/,
    isBeyondScript: true,
  },
]

test.each(LIES)('a bundle with $lie is damaged, and says why', async ({ make, says, isBeyondScript = false }) => {
  const path = await repack(join(bench.dataDir, `lie-${count++}.zip`), make())
  for (const over of [{}, { trust: null }]) {
    const report = await bench.verify(path, over)
    expect(report.verdict).toBe('damaged')
    expect(report.findings.map(({ sentence }) => sentence).join(' ')).toMatch(says)
  }
  if (!isBeyondScript) expect(standAlone(path)).toMatchObject({ status: 1, stdout: expect.stringContaining('Damaged: ') })
})
