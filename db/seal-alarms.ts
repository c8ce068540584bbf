import type { Queries } from './connect'
import type { SealFault } from './seal-chain'

/** What somebody noticed who looks at the log all the time. */
export type AlarmKind = SealFault['kind'] | 'fork' | 'regression' | 'silent writer' | 'restored backup'

/** `writer` and `seq` say where, for what has a place. */
export type Alarm = { readonly kind: AlarmKind; readonly writer: string | null; readonly seq: number | null; readonly sentence: string }

/** An alarm as it is kept. `endedAt` is null while it lasts; by whom and why are null where it ended by itself. */
export type KeptAlarm = Alarm & {
  readonly id: string
  readonly foundBy: string
  readonly at: Date
  readonly endedAt: Date | null
  readonly endedBy: string | null
  readonly endedBecause: string | null
}

/** Keeps an alarm; one that is open for the same thing already is that one. Its id; null where too many are open. */
export async function raiseAlarm(sql: Queries, { kind, writer, seq, sentence }: Alarm, foundBy: string): Promise<string | null> {
  const [row] = await sql<{ id: string | null }[]>`
    select countersign.raise_alarm(${kind}, ${writer}, ${seq}::bigint, ${sentence.slice(0, 1_000)}, ${foundBy}) as id`
  return row?.id ?? null
}

/** What somebody remembers of the log that it does not lead on from. */
export type AlarmReport = {
  readonly kind: 'fork' | 'regression'
  readonly sentence: string
  /** Null where the log was shown to somebody who remembers nothing yet. */
  readonly remembered: { readonly size: number; readonly root: string } | null
}

const NOTHING = { size: 0, root: '0'.repeat(64) }

/**
 * Raises an alarm over what is remembered, and answers whether that is news: it is none while an alarm is open that somebody raised who
 * remembers the same, nor once a person has ended such a one.
 */
export async function reportAlarm(sql: Queries, { kind, sentence, remembered }: AlarmReport, foundBy: string): Promise<boolean> {
  const { size, root } = remembered ?? NOTHING
  const [row] = await sql<{ news: boolean }[]>`
    select countersign.report_alarm(${kind}, ${sentence.slice(0, 1_000)}, ${foundBy}, ${`${size}/${root}`}) as news`
  return row?.news ?? false
}

/** What was found is over, says whoever found it. */
export async function endAlarm(sql: Queries, id: string): Promise<void> {
  await sql`select countersign.end_alarm(${id}::bigint)`
}

/** The latest alarms, open ones first. */
export async function listAlarms(sql: Queries, limit = 100): Promise<readonly KeptAlarm[]> {
  return sql<KeptAlarm[]>`
    select id::text, kind, writer, seq::float8 as seq, sentence, found_by as "foundBy", at, ended_at as "endedAt",
      ended_by as "endedBy", ended_because as "endedBecause"
    from countersign.seal_alarms order by ended_at is not null, at desc, id desc limit ${limit}`
}

/** What this sealer, or one before it, still has open. */
export const listOpenAlarms = (sql: Queries): Promise<readonly (Alarm & { readonly id: string; readonly foundBy: string })[]> =>
  sql<(Alarm & { id: string; foundBy: string })[]>`
    select id::text, kind, writer, seq::float8 as seq, sentence, found_by as "foundBy" from countersign.seal_alarms where ended_at is null`

/** The alarms that a sealer has open: each is raised and told once, and ended when what it was about is over. */
export class AlarmBoard {
  private readonly open = new Map<string, string | null>()

  constructor(
    private readonly sql: Queries,
    private readonly foundBy: string,
    private readonly say: (sentence: string) => void,
  ) {}

  /** Takes over what was open before. What others found is theirs to end. */
  async load(): Promise<void> {
    for (const alarm of await listOpenAlarms(this.sql)) if (alarm.foundBy === this.foundBy) this.open.set(keyOf(alarm), alarm.id)
  }

  async raise(alarm: Alarm): Promise<void> {
    const key = keyOf(alarm)
    if (this.open.has(key)) return
    this.say(`Alarm (${alarm.kind}): ${alarm.sentence}`)
    this.open.set(key, await raiseAlarm(this.sql, alarm, this.foundBy))
  }

  /** Ends what is open of these kinds and is not among those that still hold. */
  async settle(kinds: readonly AlarmKind[], still: readonly Alarm[], writer?: string): Promise<void> {
    const kept = new Set(still.map(keyOf))
    for (const [key, id] of [...this.open]) {
      const [kind, of] = key.split('/')
      if (kept.has(key) || !kinds.some((each) => each === kind) || (writer !== undefined && of !== writer)) continue
      if (id !== null) await endAlarm(this.sql, id)
      this.open.delete(key)
    }
  }
}

const keyOf = ({ kind, writer, seq }: Omit<Alarm, 'sentence'>): string => `${kind}/${writer ?? ''}/${seq ?? ''}`
