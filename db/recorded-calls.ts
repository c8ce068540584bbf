import { recordedName } from '../core/audit/entry'
import type { RecordedFacts } from '../core/policy/recorded-facts'
import type { Sample } from '../core/policy/sample'
import { type Actor, requireRight } from '../core/roles'
import { type CallEntry, clearText, type Revealed } from './activity-call'
import type { Queries } from './connect'
import { fieldsFrom } from './decisions'
import { pinFrom, sampleFrom } from './retrace'
import type { Writer } from './writer'

/** Which calls: of one tool or server, or one by its id. `reveal`: with their arguments, for whoever may see those. */
export type CallsWanted = {
  readonly limit: number
  readonly tool?: string | null
  readonly server?: string | null
  readonly call?: string | null
  readonly reveal: boolean
}

/**
 * Recorded calls as a simulation takes them, the newest first, each with the facts it was judged by. `args` is null where the clear text
 * is not kept, is not what the entry commits to, or may not be seen. Whoever shows arguments to a person records that first.
 */
export async function recordedCalls(
  sql: Queries,
  { limit, tool = null, server = null, call = null, reveal }: CallsWanted,
): Promise<readonly Sample[]> {
  const rows = await sql<{ writer: string; seq: number; body: string }[]>`
    select writer, seq::float8 as seq, body from countersign.entries
    where type = 'decision' and (${tool}::text is null or tool = ${tool}) and (${server}::text is null or server = ${server})
      and (${call}::text is null or call = ${call})
    order by recorded_at desc, writer, seq desc limit ${limit}`
  const entries = rows.map(entryFrom)
  const [clear, pins] = await Promise.all([clearText(sql, entries), pinsOf(sql, entries)])
  const samples = entries.map((entry) => {
    const own = clear.filter(({ writer, seq }) => writer === entry.writer && seq === entry.seq)
    return sampleOf(entry, own, pins.get(String(entry.fields.pin)) ?? null, reveal)
  })
  return [...new Map(samples.toReversed().map((sample) => [sample.id, sample])).values()].toReversed()
}

/**
 * The same with their arguments, to somebody who may see them: that they did is in the log before they do, one entry for each look at
 * however many. Throws AppError('forbidden'), and ('unavailable') where the log can't be written: then nothing is shown.
 */
export async function revealCalls(
  writer: Writer,
  sql: Queries,
  actor: Actor,
  wanted: Omit<CallsWanted, 'reveal'>,
): Promise<readonly Sample[]> {
  requireRight(actor, 'activity.reveal')
  const samples = await recordedCalls(sql, { ...wanted, reveal: true })
  const calls = samples.flatMap(({ id, args }) => (args === null ? [] : recordedName(id.slice(RECORDED.length))))
  if (calls.length === 0) return samples
  const reveal = { type: 'reveal', actor: actor.id, calls, address: actor.address ?? null } as const
  await writer.commit(async () => ({ entries: [reveal], result: null }))
  return samples
}

const RECORDED = 'recorded:'

const entryFrom = ({ writer, seq, body }: { writer: string; seq: number; body: string }): CallEntry => {
  const fields = fieldsFrom(body)
  return { writer, seq, body, fields, type: 'decision', recordedAt: '', hash: '', bent: [], kept: [] }
}

async function pinsOf(sql: Queries, entries: readonly CallEntry[]): Promise<ReadonlyMap<string, RecordedFacts['pin']>> {
  const digests = [...new Set(entries.flatMap(({ fields }) => (typeof fields.pin === 'string' ? fields.pin : [])))]
  if (digests.length === 0) return new Map()
  const rows = await sql<{ digest: string; definition: Buffer }[]>`
    select distinct on (digest) digest, definition from countersign.pins
    where digest in (select unnest(string_to_array(${digests.join(' ')}, ' ')))`
  const definitions = new Map(rows.map(({ digest, definition }) => [digest, definition]))
  return new Map(digests.map((digest) => [digest, pinFrom(digest, definitions.get(digest) ?? null)]))
}

/** What can't be judged again is listed all the same: that it was made is no secret. */
function sampleOf(entry: CallEntry, clear: readonly Revealed[], pin: RecordedFacts['pin'], reveal: boolean): Sample {
  const made = sampleFrom(entry, clear, pin)
  const whole = 'sample' in made ? made.sample : bareSample(entry)
  const sample = { ...whole, id: `${RECORDED}${whole.id}`, name: '' }
  return reveal ? sample : { ...sample, args: null, facts: null }
}

function bareSample({ fields }: CallEntry): Sample {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const principal = (fields.principal ?? {}) as { readonly id?: unknown; readonly assurance?: unknown }
  return {
    id: text(fields.call),
    from: 'recorded',
    name: '',
    method: text(fields.method),
    tool: typeof fields.tool === 'string' ? fields.tool : null,
    server: text(fields.server),
    principal: { id: text(principal.id), assurance: principal.assurance === 'authenticated' ? 'authenticated' : 'asserted' },
    session: typeof fields.session === 'string' ? fields.session : null,
    args: null,
    facts: null,
  }
}
