import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logKeyOf } from '../core/audit/checkpoint'
import { verifyEvidence } from '../core/audit/evidence-verify'
import { bundleLines } from '../core/audit/evidence-words'
import { verifyTlogProof } from '../core/audit/tlog-proof'
import { fromHex } from '../core/hash'
import { connect, type Sql } from './connect'
import { leafHash, sha256, verifyEd25519 } from './crypto'
import { writeBundle } from './evidence-export'
import { planExport, proveEntry, recordExport } from './evidence-order'
import { latestSealed, type SealedAt } from './evidence-source'
import { loadExport, newProgress } from './evidence-state'
import { copiesStamped } from './sink-stamps'
import { writeSinks } from './sinks'
import { freshDatabase } from './testing'
import { startAuthority, type TestingAuthority } from './testing-authority'
import { type Contents, EVERYTHING, type EvidenceBench, openEvidenceBench, repack, resigned, unpack } from './testing-evidence'
import type { FreshDatabase } from './testing-server'
import { NEAR } from './testing-sinks'
import { inflateMember, openRandomAccess } from './zip-file'

const ROOT = join(import.meta.dirname, '..')
let database: FreshDatabase
let bench: EvidenceBench
let superuser: Sql

const alone = (path: string, ...more: string[]) => {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'e2e/stand-alone-verify.mjs'), path, ...more], { encoding: 'utf8' })
  return { status, said: stdout.trim() }
}

beforeAll(async () => {
  database = await freshDatabase()
  bench = await openEvidenceBench(database)
  superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
  await bench.calls(40)
  await bench.calls(20, 'mail')
  await bench.seal()
})

afterAll(async () => {
  await superuser.end()
  await bench.close()
  await database.drop()
})

test('everything that is sealed leaves in a file that verifies by itself, and by a script that knows nothing of us', async () => {
  const { path, manifest } = await bench.bundle()
  expect(manifest.entries).toBe(manifest.checkpoint.size)
  expect(manifest.counts.outcomes).toEqual({ allow: 48, deny: 12 })
  expect(await bench.verify(path)).toMatchObject({ verdict: 'intact', found: 0, doubts: [], root: { pinned: true } })
  expect(alone(path, bench.keys.trust.root)).toEqual({ status: 0, said: expect.stringContaining('Intact') })
  const listing = spawnSync('unzip', ['-tq', path], { encoding: 'utf8' })
  if (!listing.error) expect(listing.status).toBe(0)
})

test('the log says that it leaves before it does', async () => {
  const { manifest } = await bench.bundle()
  const { writer, seq } = manifest.entry
  const [row] = await bench.sql<{ body: string }[]>`select body from countersign.entries where writer = ${writer} and seq = ${seq}`
  expect(JSON.parse(row?.body ?? '{}')).toMatchObject({
    type: 'export',
    form: 'bundle',
    actor: 'tester',
    export: manifest.export,
    clearText: false,
  })
})

test('a filtered export holds the calls it was asked for, and the leaf hashes of all the others', async () => {
  const { path, manifest } = await bench.bundle({ server: 'mail' })
  expect(manifest.counts.types.decision).toBe(20)
  expect(manifest.counts.types['writer.open']).toBe(1)
  expect(manifest.entries).toBeLessThan(manifest.population.end)
  expect(await bench.verify(path)).toMatchObject({ verdict: 'intact' })
  expect(alone(path).status).toBe(0)
  const contents = await unpack(path)
  expect(contents.get('tree/leaves/000000.bin')?.length).toBe(manifest.checkpoint.size * 32)
})

test('a period takes the run of entries that was recorded in it', async () => {
  const [middle] = await bench.sql<{ at: Date }[]>`
    select recorded_at as at from countersign.entries where server = 'mail' and type = 'decision' order by recorded_at limit 1`
  const from = middle?.at.toISOString() ?? ''
  const { path, manifest } = await bench.bundle({ from })
  expect(manifest.population.first).toBeGreaterThan(40)
  // A bundle's times have milliseconds, and others may have been recorded in the same one.
  const [recorded] = await bench.sql<{ since: number }[]>`
    select count(*)::int as since from countersign.entries where type = 'decision' and recorded_at >= ${from}::timestamptz`
  expect(recorded?.since).toBeGreaterThanOrEqual(20)
  expect(manifest.counts.types.decision).toBe(recorded?.since)
  expect(await bench.verify(path)).toMatchObject({ verdict: 'intact' })
  const none = await bench.bundle({ to: '2020-01-01T00:00:00.000Z' })
  expect(none.manifest.entries).toBe(0)
  expect(await bench.verify(none.path)).toMatchObject({ verdict: 'intact' })
})

test('clear text leaves only where it is asked for, with the salts that open its commitments', async () => {
  const [without, withIt] = [await bench.bundle(), await bench.bundle({ clearText: true })]
  expect([...(await unpack(without.path)).keys()].filter((name) => name.startsWith('disclosures/'))).toEqual([])
  expect(Buffer.concat([...(await unpack(without.path)).values()]).includes('/tmp/7')).toBe(false)
  const disclosed = Buffer.from((await unpack(withIt.path)).get('disclosures/000000.jsonl') ?? []).toString()
  expect(disclosed).toContain(Buffer.from('{"path":"/tmp/7"}').toString('base64'))
  expect(await bench.verify(withIt.path)).toMatchObject({ verdict: 'intact' })
})

test('no spreadsheet runs what an agent called its tool', async () => {
  const { path } = await bench.bundle()
  const csv = Buffer.from((await unpack(path)).get('views/csv/000000.csv') ?? []).toString()
  expect(csv).toContain(`"'=cmd|calc"`)
  expect(csv).not.toMatch(/(?:^|,|")=cmd/m)
})

test('an export that was stopped goes on where it was, under the same record', async () => {
  const path = join(bench.dataDir, 'stopped.zip')
  const at = { at: new Date().toISOString(), version: '0.1.0', by: 'tester' }
  const plan = await recordExport(bench.writer, { person: null, founder: 'tester' }, await planExport(bench.sql, EVERYTHING, at))
  const stop = new AbortController()
  stop.abort()
  const files = { page: join(ROOT, 'LICENSE'), script: join(ROOT, 'LICENSE') }
  const tools = { sql: bench.sql, keys: bench.keys, dataDir: bench.dataDir, ...files, tell: () => undefined }
  expect(await writeBundle(path, { plan, progress: newProgress(), members: [] }, { ...tools, stopped: stop.signal })).toBeNull()
  expect(existsSync(path)).toBe(false)
  writeFileSync(`${path}.part`, Buffer.concat([readFileSync(`${path}.part`), Buffer.from('what a crash left')]))
  const saved = await loadExport(path, plan.scope, 'tester', '0.1.0')
  expect(saved?.plan.export).toBe(plan.export)
  if (!saved) return
  const manifest = await writeBundle(path, saved, { ...tools, stopped: new AbortController().signal })
  expect(manifest?.export).toBe(plan.export)
  expect(await bench.verify(path)).toMatchObject({ verdict: 'intact' })
  expect(existsSync(`${path}.part.json`)).toBe(false)
})

test('one entry leaves as a proof of its place', async () => {
  const text = await proveEntry(bench.sql, bench.writer, { person: null, founder: 'tester' }, { writer: bench.writer.id, seq: 3 })
  const [row] = await bench.sql<{ body: string }[]>`select body from countersign.entries where writer = ${bench.writer.id} and seq = 3`
  const key = logKeyOf(bench.keys.trust)
  if (!key) throw new Error('no key')
  const leaf = fromHex(leafHash(row?.body ?? '')) ?? new Uint8Array()
  expect(verifyTlogProof(text, leaf, key, verifyEd25519, sha256)).toMatchObject({ index: expect.any(Number) })
  expect(verifyTlogProof(text, sha256(leaf), key, verifyEd25519, sha256)).toHaveProperty('problem')
})

describe('time stamps', () => {
  let path: string
  let contents: Contents
  let sealed: SealedAt
  let authority: TestingAuthority

  beforeAll(async () => {
    const [first, second] = await Promise.all([startAuthority({ key: 'ec' }), startAuthority({ key: 'ec', essHash: 'sha1' })])
    authority = first
    const { dataDir, keys } = bench
    const sinks = [first, second].map(({ url, root }) => ({ timestamp: url, certificates: root }))
    await writeSinks(dataDir, sinks)
    sealed = (await latestSealed(bench.sql)) ?? expect.fail('nothing is sealed')
    for (const sink of sinks) await copiesStamped(sink, keys.trust.log, dataDir, NEAR).keep(sealed.size, sealed.note)
    await Promise.all([first.close(), second.close()])
    await bench.calls(1)
    await bench.seal()
    path = (await bench.bundle()).path
    contents = await unpack(path)
  })
  afterAll(() => writeSinks(bench.dataDir, []))

  test('leave with what was stamped, and it is said when and by whom, and whether that was checked', async () => {
    const stamped = { size: sealed.size, authority: authority.url, signer: 'CN=stamps' }
    const checked = await bench.verify(path)
    expect(checked).toMatchObject({ verdict: 'intact', stamps: [{ ...stamped, isChecked: true }, { isChecked: true }] })
    expect(bundleLines(checked).join()).toContain(`the first ${sealed.size} entries were there at ${checked.stamps[0]?.at}, says CN=stamps`)
    expect(alone(path)).toMatchObject({ status: 0 })
    // A page has nothing that reads certificates, and says so.
    const file = await openRandomAccess(path)
    const options = { sha256, verify: verifyEd25519, inflate: inflateMember, trust: bench.keys.trust, nowMs: Date.now() }
    const matched = await verifyEvidence(file, options)
    await file.close()
    expect(matched).toMatchObject({ verdict: 'intact', stamps: [{ ...stamped, isChecked: false }, { isChecked: false }] })
    expect(bundleLines(matched).join()).toContain('its signature was not checked here')
    const late = await bench.verify(path, { nowMs: Date.parse('2020-01-01') })
    expect(late.doubts.join()).toContain('stamped at a time that is yet to come')
  })

  test('are checked by openssl as the readme says', () => {
    const readme = Buffer.from(contents.get('readme.txt') ?? []).toString()
    const commands = readme.match(/openssl ts -verify .*/g) ?? []
    expect(commands).toHaveLength(2)
    const folder = join(bench.dataDir, 'unpacked')
    mkdirSync(join(folder, 'stamps'), { recursive: true })
    for (const [name, bytes] of contents) if (name.startsWith('stamps/')) writeFileSync(join(folder, name), bytes)
    const said = commands.map((command) => spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' }).stdout.trim())
    expect(said).toEqual(['Verification: OK', 'Verification: OK'])
  })

  const bytesOf = (name: string): Buffer => Buffer.from(contents.get(name) ?? [])
  const bent = (bytes: Buffer): Buffer => {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    return bytes
  }
  const lines = (from: string | RegExp, to: string) => () => bytesOf('stamps.jsonl').toString().replace(from, to)
  type Lie = { readonly lie: string; readonly name: string; readonly bytes: () => Uint8Array | string; readonly says: RegExp }
  const LIES: readonly Lie[] = [
    { lie: 'a stranger’s', name: 'stamps/000000.tsr', bytes: () => bytesOf('stamps/000001.tsr'), says: /not certified by a pinned/ },
    { lie: 'bent', name: 'stamps/000000.tsr', bytes: () => bent(bytesOf('stamps/000000.tsr')), says: /its signature does not hold/ },
    { lie: 'none', name: 'stamps/000000.tsr', bytes: () => 'nothing', says: /not what the format asks for/ },
    { lie: 'without certificates', name: 'stamps/000000.pem', bytes: () => 'nothing', says: /holds no certificate/ },
    { lie: 'of another size', name: 'stamps/000000.checkpoint', bytes: () => bytesOf('checkpoint'), says: /stamped is a checkpoint of/ },
    { lie: 'of no checkpoint', name: 'stamps/000000.checkpoint', bytes: () => `${sealed.note}\n`, says: /proves nothing/ },
    { lie: 'of another history', name: 'stamps.jsonl', bytes: lines(/"proof":\["[^"]*",?/, '"proof":['), says: /does not begin with/ },
    { lie: 'listed and not there', name: 'stamps.jsonl', bytes: lines('000000.tsr', '000009.tsr'), says: /a file of it is missing/ },
    { lie: 'not to be read', name: 'stamps.jsonl', bytes: lines('"proof"', '"prof"'), says: /Line 1 of stamps.jsonl can’t be read/ },
  ]
  test.each(LIES)('where one is $lie, that is damage, and the other one still tells', async ({ lie, name, bytes, says }) => {
    const made = resigned(new Map([...contents, [name, Buffer.from(bytes())]]), bench.keys)
    const report = await bench.verify(await repack(join(bench.dataDir, `${lie}.zip`), made))
    expect({ verdict: report.verdict, many: report.stamps.length }).toEqual({ verdict: 'damaged', many: 1 })
    expect(report.findings.map(({ sentence }) => sentence).join()).toMatch(says)
  })

  test('that are gone from where they were kept are a gap', async () => {
    const folder = join(bench.dataDir, 'stamps')
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) if (name.endsWith('.tsr')) rmSync(join(folder, name))
    const { manifest } = await bench.bundle()
    expect(manifest.gaps.filter((gap) => gap.includes('is missing from where it was kept'))).toHaveLength(2)
  })
})

test('a log that was tampered with leaves as damaged, and says so in every view', async () => {
  await superuser.unsafe(`set session_replication_role = replica;
    do $$ declare name text; begin
      for name in select relname from pg_class where relnamespace = 'countersign'::regnamespace and relname like 'entries%' and relkind in ('r', 'p') loop
        execute format('alter table countersign.%I disable trigger user', name);
      end loop;
    end $$;
    update countersign.entries set body = replace(body, 'read_file', 'rm_rf_all') where writer = '${bench.writer.id}' and seq = 2;
    delete from countersign.entries where writer = '${bench.writer.id}' and seq = 5`)
  const { path, manifest } = await bench.bundle()
  expect(manifest.integrity.findings.map(({ kind }) => kind).sort()).toEqual(['deleted', 'edited'])
  const report = await bench.verify(path)
  expect(report.verdict).toBe('damaged')
  expect(report.findings.map(({ sentence }) => sentence).join('\n')).toMatch(/not what was sealed/)
  expect(alone(path)).toEqual({ status: 1, said: expect.stringContaining('damaged log') })
  const contents = await unpack(path)
  for (const name of ['readme.txt', 'report.html']) expect(Buffer.from(contents.get(name) ?? []).toString(), name).toContain('DAMAGED LOG')
  expect(Buffer.from(contents.get('views/csv/000000.csv') ?? []).toString()).toContain('NOT WHAT WAS SEALED')
  expect(Buffer.from(contents.get('views/ocsf/000000.jsonl') ?? []).toString()).toContain('NOT WHAT WAS SEALED')
})
