import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { logKeyOf, openCheckpoint } from '../core/audit/checkpoint'
import { rootOf, verifyConsistency, verifyInclusion } from '../core/audit/tree'
import { AppError } from '../core/errors'
import { toHex } from '../core/hash'
import { connect } from './connect'
import { leafHash, sha256, verifyEd25519 } from './crypto'
import { listAlarms } from './seal-alarms'
import { entryAt, indexOf, leafAt, listCheckpoints, proofBetween, proveEntry, readSealing } from './seal-read'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { SealingLog } from './testing-sealing'
import { openWriter } from './writer'

let log: SealingLog
beforeEach(async () => {
  log = new SealingLog(await freshDatabase())
})
afterEach(() => log.close())

const auditor = async <T>(work: (sql: ReturnType<typeof connect>) => Promise<T>): Promise<T> => {
  const sql = connect(log.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Everything that is signed fits: the tree over the entries as they are, every checkpoint, and each after the one before. */
async function expectWhole(): Promise<number> {
  const leaves = await log.leaves()
  return auditor(async (sql) => {
    const newestFirst = await listCheckpoints(sql, { limit: 10_000 })
    const key = logKeyOf(log.trust)
    for (const [at, { size, root, note }] of newestFirst.entries()) {
      expect(toHex(rootOf(leaves.subarray(0, size * 32), sha256))).toBe(toHex(root))
      expect(key && openCheckpoint(note, key, verifyEd25519, sha256)).toMatchObject({ checkpoint: { size, root: new Uint8Array(root) } })
      const before = newestFirst[at + 1]
      const proof = before && (await proofBetween(sql, before.size, size))
      if (before) expect(verifyConsistency(before.size, size, before.root, root, proof ?? [], sha256)).toBe(true)
    }
    expect(newestFirst[0]?.size ?? 0).toBe(leaves.length / 32)
    return leaves.length / 32
  })
}

test('what several writers write is one tree over all of it, with a proof for every entry', async () => {
  log.startSealer(await log.folder())
  const writers = await Promise.all([log.openWriter(), log.openWriter(), log.openWriter()])
  for (let round = 0; round < 3; round++) await Promise.all(writers.map((writer) => log.write(writer, 120)))
  for (const { id } of writers) await log.sealed(id)
  expect(await expectWhole()).toBe(3 * 361)
  await auditor(async (sql) => {
    expect(await readSealing(sql)).toMatchObject({ size: 3 * 361, unsealed: 0, waitingMs: null, holder: 'sealer' })
    for (const { id } of writers)
      for (const seq of [1, 2, 200, 361]) {
        const proven = await proveEntry(sql, id, seq)
        const [{ body } = { body: '' }] = await log.admin<
          { body: string }[]
        >`select body from countersign.entries where writer = ${id} and seq = ${seq}`
        if (!proven) throw new Error(`entry ${seq} has no proof`)
        const { index, leaf, proof, checkpoint } = proven
        expect(toHex(leaf)).toBe(leafHash(body))
        expect(verifyInclusion(index, checkpoint.size, leaf, proof, checkpoint.root, sha256)).toBe(true)
        expect(await entryAt(sql, index)).toEqual({ writer: id, seq })
      }
    expect(await indexOf(sql, writers[0]?.id ?? '', 362)).toBeNull()
    expect(await entryAt(sql, 3 * 361)).toBeNull()
  })
})

test('an entry that comes after a while of silence is sealed within a second', async () => {
  log.startSealer(await log.folder())
  const writer = await log.openWriter()
  await log.sealed(writer.id)
  const { seq } = await writer.append({ type: 'writer.heartbeat', count: 1 })
  await log.sealed(writer.id, seq)
  const [lag] = await log.admin<{ ms: number }[]>`
    select extract(epoch from k.signed_at - e.recorded_at)::float8 * 1000 as ms
    from countersign.entries e, (select signed_at from countersign.checkpoints order by size desc limit 1) k
    where e.writer = ${writer.id} and e.seq = ${seq}`
  expect(lag?.ms).toBeLessThan(1_000)
})

test('a month that is detached takes no proof with it, and sealing goes on', async () => {
  log.startSealer(await log.folder())
  const writer = await log.openWriter()
  await log.write(writer, 20)
  await log.sealed(writer.id)
  const [{ body } = { body: '' }] = await log.admin<
    { body: string }[]
  >`select body from countersign.entries where writer = ${writer.id} and seq = 7`
  const [{ month } = { month: '' }] = await log.admin<
    { month: string }[]
  >`select tableoid::regclass::text as month from countersign.entries where writer = ${writer.id} limit 1`
  await log.admin.unsafe(`alter table countersign.entries detach partition ${month}`)
  await log.write(writer, 20)
  await log.sealed(writer.id)
  const proven = await auditor((sql) => proveEntry(sql, writer.id, 7))
  if (!proven) throw new Error('entry 7 has no proof')
  const { index, leaf, proof, checkpoint } = proven
  expect(checkpoint.size).toBe(41)
  expect(toHex(leaf)).toBe(leafHash(body))
  expect(verifyInclusion(index, checkpoint.size, leaf, proof, checkpoint.root, sha256)).toBe(true)
})

test('one seals and the other stands by, and goes on where the first one left', async () => {
  const began: string[] = []
  const first = log.startSealer(await log.folder(), { name: 'first', began: () => began.push('first') })
  const writer = await log.openWriter()
  await log.sealed(writer.id)
  log.startSealer(await log.folder(), { name: 'second', began: () => began.push('second') })
  await expect.poll(() => log.said, { timeout: 10_000 }).toContain('Another sealer seals this log; this one stands by.')
  await log.write(writer, 10)
  await log.sealed(writer.id)
  expect(began).toEqual(['first'])
  await first.stop()
  await log.write(writer, 10)
  await log.sealed(writer.id)
  expect(began).toEqual(['first', 'second'])
  expect(await expectWhole()).toBe(21)
})

test('a sealer that slept through its own succession signs nothing and commits nothing', async () => {
  const signed: number[] = []
  const sign = (message: Uint8Array) => {
    signed.push(Number(Buffer.from(message).toString().split('\n')[1]))
    return log.key.sign(message)
  }
  log.startSealer(await log.folder(), { sign })
  const writer = await log.openWriter()
  await log.sealed(writer.id)
  const before = [...signed]
  // Somebody took over: the sealer still believes that it is its turn.
  await log.admin`update countersign.seal_state set fence = fence + 1, beat_at = clock_timestamp() + interval '1 minute'`
  await log.write(writer, 5)
  await expect
    .poll(() => log.said, { timeout: 10_000 })
    .toContain('Another sealer took over, or the log key was rotated; this one stands by.')
  expect(signed).toEqual(before)
  expect(await log.sizeNow()).toBe(1)
})

test('a round that was signed and not committed is repeated as it was, whatever came after: one size has one root', async () => {
  const signed: string[] = []
  const sign = (message: Uint8Array) => {
    signed.push(Buffer.from(message).toString())
    if (signed.length === 2) throw new AppError('unavailable', 'killed here')
    return log.key.sign(message)
  }
  const writer = await log.openWriter()
  const other = await log.openWriter()
  const folder = await log.folder()
  const first = log.startSealer(folder, { sign })
  await log.sealed(writer.id)
  await log.write(writer, 3)
  await expect.poll(() => signed.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2)
  await log.write(other, 4)
  await log.write(writer, 5)
  await log.sealed(writer.id)
  await log.sealed(other.id)
  await first.stop()
  const rootsOf = new Map<string, Set<string>>()
  for (const text of signed) {
    const [, size = '', root = ''] = text.split('\n')
    rootsOf.set(size, (rootsOf.get(size) ?? new Set()).add(root))
  }
  expect([...rootsOf.values()].every((roots) => roots.size === 1)).toBe(true)
  expect(signed.filter((text) => text === signed[1])).toHaveLength(2)
  expect(await expectWhole()).toBe(14)
})

const at = (writer: string, seq: number) => `writer = '${writer}' and seq = ${seq}`

describe('what does not fit is never sealed', () => {
  test.each([
    {
      damage: 'an edited text',
      kind: 'edited',
      seq: 4,
      does: (w: string) =>
        `update countersign.entries set body = replace(body, 'read_file', 'run_shell') , tool = 'run_shell' where ${at(w, 3)}`,
    },
    {
      damage: 'an edited text at the end',
      kind: 'bad signature',
      seq: 5,
      does: (w: string) =>
        `update countersign.entries set body = replace(body, 'read_file', 'run_shell') , tool = 'run_shell' where ${at(w, 5)}`,
    },
    {
      damage: 'a column unlike its text',
      kind: 'column mismatch',
      seq: 4,
      does: (w: string) => `update countersign.entries set tool = 'run_shell' where ${at(w, 4)}`,
    },
    { damage: 'a missing entry', kind: 'gap', seq: 3, does: (w: string) => `delete from countersign.entries where ${at(w, 3)}` },
    { damage: 'a missing end', kind: 'gap', seq: 5, does: (w: string) => `delete from countersign.entries where ${at(w, 5)}` },
    {
      damage: 'an entry twice',
      kind: 'inserted',
      seq: 3,
      does: (w: string) =>
        `insert into countersign.entries select writer, seq, recorded_at + interval '1 s', type, call, outcome, server, tool, principal, body, null, null from countersign.entries where ${at(w, 3)}`,
    },
    {
      damage: 'a signature of somebody else',
      kind: 'bad signature',
      seq: 5,
      does: (w: string) => `update countersign.entries set signature = overlay(signature placing '\\x00' from 1 for 1) where ${at(w, 5)}`,
    },
    {
      damage: 'no signature',
      kind: 'bad signature',
      seq: 5,
      does: (w: string) => `update countersign.entries set signature = null, batch_first = null where ${at(w, 5)}`,
    },
    {
      damage: 'a text that is no JSON',
      kind: 'bad text',
      seq: 3,
      does: (w: string) => `update countersign.entries set body = '{' where ${at(w, 3)}`,
    },
    {
      damage: 'a column longer than any entry',
      kind: 'bad text',
      seq: 3,
      does: (w: string) => `update countersign.entries set tool = repeat('x', 40000000) where ${at(w, 3)}`,
    },
  ])('$damage: an alarm names it, its writer stands still, the others go on', async ({ does, kind, seq }) => {
    const [bad, good] = [await log.openWriter(), await log.openWriter()]
    await log.write(bad, 4)
    await log.tamper(does(bad.id))
    log.startSealer(await log.folder())
    await log.sealed(good.id)
    await expect
      .poll(() => auditor((sql) => listAlarms(sql)), { timeout: 10_000 })
      .toMatchObject([{ kind, writer: bad.id, seq, endedAt: null }])
    await log.write(good, 3)
    await log.sealed(good.id)
    expect(await log.markOf(bad.id)).toBeLessThan(seq)
    expect(log.said.filter((sentence) => sentence.startsWith('Alarm'))).toHaveLength(1)
    const [row] = await log.admin<{ size: number }[]>`select sum(seq)::float8 as size from countersign.seal_marks`
    expect(await log.sizeNow()).toBe(row?.size)
  })

  test('a writer whom nobody certified', async () => {
    const stranger = await openWriter({ url: log.database.urlFor('gateway'), identity: testIdentity(log.trust.log).identity() })
    const good = await log.openWriter()
    log.startSealer(await log.folder())
    await log.sealed(good.id)
    await expect.poll(() => auditor((sql) => listAlarms(sql))).toMatchObject([{ kind: 'uncertified writer', writer: stranger.id, seq: 1 }])
    expect(await log.markOf(stranger.id)).toBe(0)
    await stranger.close()
  })

  test('below the mark it changes nothing that was sealed: the tree keeps what stood there', async () => {
    log.startSealer(await log.folder())
    const writer = await log.openWriter()
    await log.write(writer, 4)
    await log.sealed(writer.id)
    const [before] = await log.admin<{ body: string }[]>`select body from countersign.entries where writer = ${writer.id} and seq = 3`
    await log.tamper(`update countersign.entries set body = replace(body, 'read_file', 'run_shell') where ${at(writer.id, 3)}`)
    await log.write(writer, 4)
    await log.sealed(writer.id)
    const leaf = await auditor(async (sql) => leafAt(sql, (await indexOf(sql, writer.id, 3)) ?? -1))
    expect(leaf && toHex(leaf)).toBe(leafHash(before?.body ?? ''))
    await expect(expectWhole()).rejects.toThrow()
  })

  test('put right, the writer goes on and the alarm ends', async () => {
    const writer = await log.openWriter()
    await log.write(writer, 4)
    await log.tamper(`update countersign.entries set tool = 'run_shell' where ${at(writer.id, 4)}`)
    const folder = await log.folder()
    const sealer = log.startSealer(folder)
    await expect.poll(() => auditor((sql) => listAlarms(sql))).toMatchObject([{ kind: 'column mismatch', endedAt: null }])
    await sealer.stop()
    await log.tamper(`update countersign.entries set tool = 'read_file' where ${at(writer.id, 4)}`)
    log.startSealer(folder)
    await log.sealed(writer.id)
    await expect.poll(() => auditor((sql) => listAlarms(sql))).toMatchObject([{ kind: 'column mismatch', endedAt: expect.any(Date) }])
    expect(await expectWhole()).toBe(5)
  })
})
