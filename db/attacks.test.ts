import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FindingKind } from '../core/audit/findings'
import type { Report, VerifyOptions } from '../core/audit/verify'
import type { KeptNote } from '../core/audit/verify-views'
import { isSqlState, type Sql } from './connect'
import { ephemeralKey } from './crypto'
import { freshDatabase } from './testing'
import { testDecision } from './testing-entries'
import { Forger } from './testing-forger'
import { callOnce, LiveLog, TestWitness } from './testing-live-log'
import { openWriter, type Writer } from './writer'

const witness = new TestWitness()
const COSIGNED_AT = new Date(Math.floor(Date.now() / 1_000) * 1_000)

let log: LiveLog
let victim: Writer
/** What the witness holds, and up to where. */
let kept: KeptNote
let cosignedTo: number

const TABLES = ['writers', 'entries', 'seal_state', 'seal_runs', 'seal_marks', 'tiles', 'checkpoints', 'cosignatures'] as const

/** Four decisions at once, of which the last three are one signed batch, and all of them sealed before the next ones. */
async function callSome(times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await Promise.all(Array.from({ length: 4 }, () => victim.append(testDecision({ outcome: 'deny' }))))
    await log.sealed(victim)
  }
}

beforeAll(async () => {
  log = new LiveLog(await freshDatabase())
  await log.start(2)
  victim = await log.open()
  await callSome(2)
  await log.admin.unsafe('begin transaction isolation level repeatable read')
  for (const table of TABLES) await log.admin.unsafe(`create table public.backup_${table} as select * from countersign.${table}`)
  await log.admin.unsafe('commit')
  await callSome(3)
  const newest = await log.newest()
  kept = witness.cosigned(newest.note, COSIGNED_AT)
  cosignedTo = newest.size
  await callSome(2)
  for (const table of TABLES) await log.admin.unsafe(`alter table countersign.${table} disable trigger all`)
})
afterAll(async () => {
  await log.stop()
  await log.database.drop()
})

/** Everything that a superuser does here is undone afterwards: what the verifier sees is what the attacker would have committed. */
async function undone(attack: (forger: Forger, sql: Sql) => Promise<unknown>, options: Partial<VerifyOptions>): Promise<Report> {
  const sql = log.admin
  while (!(await holdStill(sql))) await sql.unsafe('rollback')
  try {
    await attack(new Forger(sql, log.trust.log), sql)
    return await log.verify(options, sql)
  } finally {
    await sql.unsafe('rollback')
  }
}

/** False where a writer or the sealer held what this waits for, and waited for what this holds. */
async function holdStill(sql: Sql): Promise<boolean> {
  await sql.unsafe('begin transaction isolation level repeatable read')
  try {
    await sql.unsafe(`lock table ${TABLES.map((table) => `countersign.${table}`).join(', ')} in exclusive mode`)
    return true
  } catch (error) {
    if (isSqlState(error, '40P01')) return false
    throw error
  }
}

const withWitness = (): Partial<VerifyOptions> => ({ kept: [kept], trust: { ...log.trust, witnesses: [witness.pinned] } })

/** The first finding of this kind; `batch`: what is named is the last entry of a signed batch, one of those from and to which it may reach. */
type Named = {
  readonly kind: FindingKind
  readonly seq?: number
  readonly of?: 'victim' | 'log'
  readonly batch?: readonly [number, number]
}
type Attack = {
  readonly attack: string
  readonly done: (forger: Forger, sql: Sql) => Promise<unknown>
  /** What the verifier says with nothing but the database and the pinned keys; `nothing` where no verifier could tell. */
  readonly alone: Named | 'nothing' | 'could not tell'
  readonly witnessed: Named
}

const reword = (body: string): string => body.replace('"outcome":"deny"', '"outcome":"allow"')

async function editAndRehash(forger: Forger, sql: Sql): Promise<void> {
  const { body = '' } = (await forger.bodies(victim.id)).find(({ seq }) => seq === 8) ?? {}
  await sql`update countersign.entries set body = ${reword(body)}, outcome = 'allow' where writer = ${victim.id} and seq = 8`
  await forger.rehash(victim.id)
}

/** The largest checkpoint that is well before what the witness saw. */
async function earlierSize(sql: Sql): Promise<number> {
  const [row] = await sql<{ size: number }[]>`
    select max(r.first + r.count)::int as size from countersign.seal_runs r where writer = ${victim.id} and seq + count <= 18 and first + count < ${cosignedTo}`
  const [checkpoint] = await sql<{ size: number }[]>`
    select min(size)::int as size from countersign.checkpoints where size >= ${row?.size ?? 0}`
  return checkpoint?.size ?? 0
}

/** Two runs change places: every entry is genuine, and the tree of this size is another one. */
async function reorderRuns(forger: Forger): Promise<void> {
  const runs = await forger.runs()
  const at = runs.findIndex((run, index) => index > 2 && run.writer !== runs[index + 1]?.writer)
  const [one, other] = [runs[at], runs[at + 1]]
  if (!one || !other) throw new Error('no two runs lie beside each other')
  const swapped = [
    { ...other, first: one.first },
    { ...one, first: one.first + other.count },
  ]
  await forger.keepRuns(runs.toSpliced(at, 2, ...swapped))
  await forger.reseal(log.logKey)
}

const truncated: Named = { kind: 'truncated', of: 'log' }

const ATTACKS: readonly Attack[] = [
  {
    attack: 'edits one entry',
    done: (_, sql) =>
      sql`update countersign.entries set body = replace(body, 'read_file', 'reed_file'), tool = 'reed_file' where writer = ${victim.id} and seq = 8`,
    alone: { kind: 'edited', seq: 8 },
    witnessed: { kind: 'edited', seq: 8 },
  },
  {
    attack: 'deletes an interior entry',
    done: (_, sql) => sql`delete from countersign.entries where writer = ${victim.id} and seq = 10`,
    alone: { kind: 'deleted', seq: 10 },
    witnessed: { kind: 'deleted', seq: 10 },
  },
  {
    attack: 'swaps two entries',
    done: async (_, sql) => {
      await sql`update countersign.entries set seq = case seq when 11 then -12 else -11 end where writer = ${victim.id} and seq in (11, 12)`
      await sql`update countersign.entries set seq = -seq where writer = ${victim.id} and seq < 0`
    },
    alone: { kind: 'reordered', seq: 11 },
    witnessed: { kind: 'reordered', seq: 11 },
  },
  {
    attack: 'truncates the tail with its checkpoints',
    done: async (forger, sql) => {
      const rows = await sql`select * from countersign.entries where writer = ${victim.id} order by seq`
      await forger.cutTo(await earlierSize(sql))
      const [last] = await sql<{ seq: number }[]>`select max(seq)::int as seq from countersign.entries where writer = ${victim.id}`
      const torn = rows.findIndex(({ seq, signature }) => Number(seq) > (last?.seq ?? 0) && signature === null)
      for (const row of rows.slice(last?.seq ?? 0, torn + 1)) await sql`insert into countersign.entries ${sql(row)}`
      await forger.rehash(victim.id)
    },
    alone: { kind: 'truncated', of: 'victim' },
    witnessed: truncated,
  },
  {
    attack: 'truncates the tail with its checkpoints, at the end of signed batches',
    done: async (forger, sql) => forger.cutTo(await earlierSize(sql)),
    alone: 'nothing',
    witnessed: truncated,
  },
  {
    attack: 'edits an entry and rehashes everything',
    done: async (forger, sql) => {
      await editAndRehash(forger, sql)
      await forger.reseal()
    },
    alone: { kind: 'bad signature', batch: [8, 9] },
    witnessed: { kind: 'fork', of: 'log' },
  },
  {
    attack: 'edits, rehashes and signs the checkpoints with another key',
    done: async (forger, sql) => {
      await editAndRehash(forger, sql)
      await forger.reseal(ephemeralKey())
    },
    alone: { kind: 'bad checkpoint', of: 'log' },
    witnessed: { kind: 'fork', of: 'log' },
  },
  {
    attack: 'removes an entry and renumbers the rest',
    done: async (forger, sql) => {
      await sql`delete from countersign.entries where writer = ${victim.id} and seq = 6`
      await forger.shift(victim.id, 6, -1)
      await forger.rehash(victim.id)
      await forger.reseal()
    },
    alone: { kind: 'bad signature', batch: [5, 8] },
    witnessed: { kind: 'fork', of: 'log' },
  },
  {
    attack: 'inserts a backdated entry',
    done: async (forger, sql) => {
      await forger.shift(victim.id, 5, 1)
      await sql`insert into countersign.entries (writer, seq, recorded_at, type, call, outcome, server, tool, principal, body)
        select writer, 6, recorded_at, type, call, outcome, server, tool, principal, body from countersign.entries where writer = ${victim.id} and seq = 5`
      await forger.rehash(victim.id)
      await forger.reseal()
    },
    alone: { kind: 'bad signature', batch: [6, 10] },
    witnessed: { kind: 'fork', of: 'log' },
  },
  {
    attack: 'restores an older backup',
    done: async (_, sql) => {
      for (const table of TABLES)
        await sql.unsafe(`delete from countersign.${table}; insert into countersign.${table} select * from public.backup_${table}`)
    },
    alone: 'nothing',
    witnessed: truncated,
  },
  {
    attack: 'flips an indexed column while the text stays',
    done: (_, sql) => sql`update countersign.entries set outcome = 'allow' where writer = ${victim.id} and seq = 4`,
    alone: { kind: 'column mismatch', seq: 4 },
    witnessed: { kind: 'column mismatch', seq: 4 },
  },
  {
    attack: 'edits and re-signs with the stolen log key',
    done: async (forger, sql) => {
      await editAndRehash(forger, sql)
      await forger.reseal(log.logKey)
    },
    alone: { kind: 'bad signature', batch: [8, 9] },
    witnessed: { kind: 'fork', of: 'log' },
  },
  {
    attack: 'truncates and re-signs with the stolen log key',
    done: async (forger, sql) => {
      const size = await earlierSize(sql)
      const [run] = await sql<
        { end: number }[]
      >`select (first + count)::int as end from countersign.seal_runs where first + count <= ${size - 1} order by first desc limit 1`
      const end = run?.end ?? 0
      await forger.cutTo(end)
      await sql`insert into countersign.checkpoints (size, root, note) values (${end}, sha256(''), E'\n\n') on conflict do nothing`
      await forger.reseal(log.logKey)
    },
    alone: 'nothing',
    witnessed: truncated,
  },
  {
    attack: 'shows another tree of the same size, signed with the stolen log key',
    done: (forger) => reorderRuns(forger),
    alone: 'nothing',
    witnessed: { kind: 'fork', of: 'log' },
  },
  {
    attack: 'deletes the whole log',
    done: async (_, sql) => {
      for (const table of TABLES) await sql.unsafe(`delete from countersign.${table}`)
    },
    alone: 'could not tell',
    witnessed: truncated,
  },
]

function expectNamed({ findings }: Report, { kind, seq, of, batch }: Named): void {
  const first = findings.find((finding) => finding.kind === kind && finding.writer === (of === 'log' ? null : victim.id))
  expect(first, `${kind} among ${JSON.stringify(findings.slice(0, 10))}`).toBeDefined()
  if (seq !== undefined) expect(first?.seq).toBe(seq)
  if (batch) expect(batch[0] <= (first?.seq ?? 0) && (first?.seq ?? 0) <= batch[1], `entry ${first?.seq}`).toBe(true)
}

describe('a log under load', () => {
  test('is intact, and what came after the last cosigned checkpoint is in doubt since then', async () => {
    for (let time = 0; time < 5; time++) {
      const report = await log.verify(withWitness())
      expect(report).toMatchObject({ verdict: 'intact', findings: [], doubts: [] })
      const at = COSIGNED_AT.toISOString()
      expect(report.protection).toEqual({ level: 'cosigned', size: cosignedTo, at, by: ['witness.example'] })
      expect(report.undetectable.join(' ')).toContain(`after #${cosignedTo}, which witness.example cosigned at ${at}`)
    }
    expect(await log.verify({ deep: true })).toMatchObject({ verdict: 'intact', findings: [], protection: { level: 'sealed' } })
  })

  test.each(ATTACKS)('a superuser $attack: without a witness it is named, or said to be undetectable', async ({ done, alone }) => {
    const report = await undone(done, {})
    if (alone === 'nothing') {
      expect(report.findings).toEqual([])
      expect(report.verdict).not.toBe('damaged')
      expect(report.undetectable.join(' ')).toMatch(
        /cut off the end together with the checkpoints.*older backup.*holds the log key.*Another version/s,
      )
    } else if (alone === 'could not tell') expect(report).toMatchObject({ verdict: 'could not tell', findings: [] })
    else {
      expect(report.verdict).toBe('damaged')
      expectNamed(report, alone)
    }
  })

  test.each(ATTACKS)('a superuser $attack: with one outside witness it is named', async ({ done, witnessed }) => {
    const report = await undone(done, withWitness())
    expect(report.verdict).toBe('damaged')
    expectNamed(report, witnessed)
  })

  test('a forged log from another genesis is not this log, with or without a witness', async () => {
    const forged = new LiveLog(await freshDatabase())
    try {
      const writer = await openWriter({
        url: forged.database.urlFor('gateway'),
        identity: { ...forged.made.identity(), log: log.trust.log },
      })
      await callOnce(writer)
      await writer.close()
      const reports = [await forged.verify({ trust: log.trust }), await forged.verify(withWitness())]
      for (const { findings } of reports)
        expect(findings).toContainEqual(expect.objectContaining({ kind: 'uncertified writer', writer: writer.id, seq: 1 }))
      expectNamed(reports[1] as Report, truncated)
    } finally {
      await forged.stop()
      await forged.database.drop()
    }
  })

  test('what is cut off after the last cosigned checkpoint is the part that is in doubt, and nothing before it', async () => {
    const report = await undone(async (forger) => forger.cutTo(cosignedTo), withWitness())
    expect(report.findings).toEqual([])
    expect(report.protection).toMatchObject({ level: 'cosigned', size: cosignedTo, at: COSIGNED_AT.toISOString() })
  })
})
