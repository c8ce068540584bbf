import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from './connect'
import { orderErasure } from './erasures'
import { identityOf } from './keys'
import { freshDatabase } from './testing'
import { type EvidenceBench, openEvidenceBench, unpack } from './testing-evidence'
import type { FreshDatabase } from './testing-server'
import { openWriter, type Writer } from './writer'

const SCRIPT = join(import.meta.dirname, '..', 'e2e/stand-alone-verify.mjs')
let database: FreshDatabase
let bench: EvidenceBench
let desk: Writer

beforeAll(async () => {
  database = await freshDatabase()
  bench = await openEvidenceBench(database)
  desk = await openWriter({ url: database.urlFor('console'), identity: identityOf(bench.keys, 'console') })
  await bench.calls(6)
})
afterAll(async () => {
  await desk.close()
  await bench.close()
  await database.drop()
})

test('a bundle with clear text says what of it was erased, why, and which entry says so; and verifies', async () => {
  const [row] = await bench.sql<{ call: string }[]>`select call from countersign.entries where type = 'decision' order by seq limit 1`
  const call = row?.call ?? ''
  const { erasure } = await orderErasure(desk, { person: null, founder: 'tester' }, { scope: { call }, because: 'request 17' })
  await bench.seal()
  const { path, manifest } = await bench.bundle({ clearText: true })
  expect(manifest.integrity.found).toBe(0)
  expect(manifest.gaps.join('\n')).toContain(`values of call ${call}, erased on `)
  expect(manifest.gaps.join('\n')).toContain('because request 17: 1.')
  const contents = await unpack(path)
  const told = JSON.parse(Buffer.from(contents.get('erasures.jsonl') ?? []).toString())
  expect(told).toMatchObject({ erasure, kind: 'call', what: call, because: 'request 17', values: 1, entry: { writer: desk.id } })
  expect(await bench.verify(path)).toMatchObject({ verdict: 'intact', found: 0 })
  expect(spawnSync(process.execPath, [SCRIPT, path], { encoding: 'utf8' }).status).toBe(0)
})

test('a reason that somebody forged in the table is not the one that a bundle tells', async () => {
  const superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
  await superuser`update countersign.erasures set because = 'routine', actor = 'nobody', what = 'x', kind = 'principal'`
  await superuser.end()
  const { path, manifest } = await bench.bundle({ clearText: true })
  expect(manifest.gaps.join('\n')).toContain('because request 17: 1.')
  expect(manifest.gaps.join('\n')).not.toContain('routine')
  expect(await bench.verify(path)).toMatchObject({ verdict: 'intact', found: 0 })
})

test('what went without a word in the log, or under the word for something else, is said to be so', async () => {
  const superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
  await superuser`update countersign.disclosures set content = null, salt = '',
    erasure = (select id from countersign.erasures) where content is not null`
  await superuser.end()
  const { manifest } = await bench.bundle({ clearText: true })
  expect(manifest.gaps.join('\n')).toContain('of which no entry of the log says who erased them, or why: 5.')
})
