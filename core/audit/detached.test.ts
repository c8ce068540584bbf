import { expect, test } from 'vitest'
import { type DetachedClaim, stretchesDigest } from './detached'
import type { EntryFields } from './entry'
import type { Stretch } from './log-source'
import { findPlainly } from './quick-texts'
import { type MemoryLog, Scribe, Sealer, sourceOf, testVerify, timeAt, trust } from './testing-log'
import { sha256 } from './testing-tree'
import { type Report, verifyLog, verifyQuickly } from './verify'

const [GATEWAY, CLOSED, CONSOLE] = ['a'.repeat(32), 'b'.repeat(32), 'c'.repeat(32)]
const MONTH = '2026-10'
const change = (n: number): EntryFields => ({ type: 'config.test', actor: 'ann', before: null, after: n })
const changes = (count: number): EntryFields[] => Array.from({ length: count }, (_, n) => change(n))

const STRETCHES: readonly Stretch[] = [
  { writer: GATEWAY, from: 2, to: 301 },
  { writer: CLOSED, from: 2, to: 20 },
]

type Told = {
  readonly stretches?: readonly Stretch[]
  readonly month?: string
  readonly last?: number
  readonly by?: 'gateway' | 'console'
}

/**
 * A log whose first entries were sealed, detached, and told of, and that went on since. `told` is what its entry says, `claimed` what the
 * database does.
 */
function detachedLog(
  { stretches = STRETCHES, month = MONTH, last = 321, by = 'console' }: Told = {},
  claimed: Partial<DetachedClaim> = {},
): MemoryLog {
  const [gateway, closed, console] = [new Scribe(GATEWAY, 'gateway'), new Scribe(CLOSED, 'gateway'), new Scribe(CONSOLE, 'console')]
  gateway.batch(changes(300))
  closed.batch([...changes(18), { type: 'writer.close', count: 20 }])
  const sealer = new Sealer()
  const seal = (n: number) =>
    sealer.round(
      [gateway, closed, console].map(({ id, rows, seq }) => ({ id, rows, to: seq })),
      timeAt(n),
    )
  seal(1_000)
  const teller = by === 'console' ? console : gateway
  const place = teller.next()
  const entries = stretches.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  const digest = stretchesDigest(stretches, sha256)
  const about = { actor: 'ann', month, because: 'kept long enough', entries, writers: 2, first: 1, last, stretches: digest }
  teller.batch([{ type: 'log.detach', ...about }])
  gateway.batch(changes(30))
  seal(2_000)
  gateway.batch(changes(3))
  const writers = new Map([gateway, closed, console].map((scribe) => [scribe.id, scribe.end(scribe === closed ? CLOSED : null, 'held')]))
  const log: MemoryLog = { writers, seal: sealer.end(), detached: [{ month, ...place, stretches, ...claimed }] }
  for (const { writer, from, to } of STRETCHES) without(log, writer, from, to)
  return log
}

function without(log: MemoryLog, writer: string, from: number, to: number): void {
  const at = log.writers.get(writer)
  if (at) at.rows = at.rows.filter(({ seq }) => seq < from || seq > to)
}

const options = { trust, sha256, verify: testVerify }
const quickly = (log: MemoryLog): Promise<Report | null> => verifyQuickly(sourceOf(log, 7), options, { find: findPlainly })
const carefully = (log: MemoryLog, deep = false): Promise<Report> => verifyLog(sourceOf(log, 7), { ...options, deep })

test('a month that the log says is detached is no damage, and every look says what it did not look at', async () => {
  for (const report of [await quickly(detachedLog()), await carefully(detachedLog()), await carefully(detachedLog(), true)]) {
    expect(report).toMatchObject({ verdict: 'intact', findings: [], doubts: [], entries: 37 })
    expect(report?.detached).toEqual([expect.objectContaining({ month: MONTH, entries: 319, actor: 'ann', writer: CONSOLE, seq: 2 })])
    expect(report?.sealed?.size).toBe(353)
  }
})

test('a look since a checkpoint of before the month was detached, and one since, say the same', async () => {
  const log = detachedLog()
  for (const { note } of log.seal?.checkpoints ?? []) {
    const report = await verifyLog(sourceOf(log), { ...options, since: { from: 'A file', note } })
    expect(report).toMatchObject({ verdict: 'intact', findings: [], detached: [{ month: MONTH }] })
  }
})

const edit = (log: MemoryLog, seq: number, to: string): void => {
  const rows = log.writers.get(GATEWAY)?.rows ?? []
  const row = rows.find((each) => each.seq === seq)
  if (row) rows[rows.indexOf(row)] = { ...row, body: row.body.replace('"actor":"ann"', `"actor":"${to}"`) }
}

test.each<{ what: string; log: () => MemoryLog }>([
  { what: 'nothing claims it', log: () => ({ ...detachedLog(), detached: [] }) },
  { what: 'the claim names another entry', log: () => detachedLog({}, { seq: 1 }) },
  { what: 'the claim names no entry', log: () => detachedLog({}, { seq: 9 }) },
  { what: 'the claim names another month', log: () => detachedLog({}, { month: '2026-09' }) },
  {
    what: 'the claim reaches further than the entry tells',
    log: () => {
      const log = detachedLog({}, { stretches: [{ writer: GATEWAY, from: 2, to: 302 }, ...STRETCHES.slice(1)] })
      without(log, GATEWAY, 302, 302)
      return log
    },
  },
  {
    what: 'another entry went with it',
    log: () => {
      const log = detachedLog()
      without(log, GATEWAY, 310, 310)
      return log
    },
  },
  {
    what: 'an opening went with it',
    log: () => {
      const log = detachedLog()
      without(log, CLOSED, 1, 1)
      return log
    },
  },
  { what: 'a gateway tells of it', log: () => detachedLog({ by: 'gateway' }) },
  { what: 'it is told of a month that was not over', log: () => detachedLog({ month: '2026-11' }) },
  { what: 'it is told of entries younger than what tells of them', log: () => detachedLog({ last: 352 }) },
  {
    what: 'it begins in the middle of a writer',
    log: () => detachedLog({ stretches: [{ writer: GATEWAY, from: 3, to: 301 }, ...STRETCHES.slice(1)] }),
  },
  {
    what: 'the leaves of it changed',
    log: () => {
      const log = detachedLog()
      const hashes = log.seal?.tiles.get('0/0')
      if (hashes) hashes[32 * 40] = (hashes[32 * 40] ?? 0) ^ 1
      return log
    },
  },
  {
    what: 'the leaves of it are gone',
    log: () => {
      const log = detachedLog()
      log.seal?.tiles.delete('0/0')
      return log
    },
  },
  {
    what: 'what follows on it was edited',
    log: () => {
      const log = detachedLog()
      edit(log, 302, 'bob')
      return log
    },
  },
])('where $what, it is damage', async ({ log }) => {
  expect(await quickly(log())).toBeNull()
  const report = await carefully(log())
  expect(report.verdict).toBe('damaged')
  expect(report.findings.length).toBeGreaterThan(0)
})

test('an entry that forged the detaching of more than a month is told of like any other', async () => {
  const stretches = [{ writer: GATEWAY, from: 2, to: 331 }, ...STRETCHES.slice(1)]
  const log = detachedLog({ stretches })
  without(log, GATEWAY, 302, 331)
  const report = await carefully(log)
  // Entries younger than the one that tells of them can't be meant by it.
  expect(report.verdict).toBe('damaged')
  expect(report.findings[0]).toMatchObject({ kind: 'deleted', writer: GATEWAY, seq: 302 })
})
