import { type EntryRef, isTerminal, type ReceiptFields, TERMINAL } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Sql } from './connect'
import { fieldsFrom } from './decisions'
import type { Work, Writer } from './writer'
import { endClaims, receiptOf } from './writer-ledger'

/** How one orphan ended: its id, and how many of its decisions had to be ended as `unknown`. */
export type ClosedOrphan = { readonly writer: string; readonly unknown: number }

/**
 * Closes every writer whose process is gone: its lock is free and its heartbeat older than 15 s by the database's clock. Each is closed
 * in one transaction with `writer.lost` and an `unknown` for every decision that allowed, and every approval that it used, and that has no end:
 * nothing is retried, and of two processes that try, one finds it done. Holds that it only opened stay: their own time ends them. Its appends fail from then on. Reading goes over `reader`, because a long chain must not keep
 * decisions waiting. Rejects as `commit` does.
 */
export async function closeOrphans(writer: Writer, reader: Sql): Promise<readonly ClosedOrphan[]> {
  const closed: ClosedOrphan[] = []
  for (const orphan of await listSilent(reader, writer.id)) {
    const used = await openClaims(reader, orphan.id)
    const ended = await writer.commit(closing(orphan, await openDecisions(reader, orphan.id), used))
    if (ended) closed.push(ended)
  }
  return closed
}

type Silent = { readonly id: string; readonly seq: string }

// Silent writers whose lock is held must not fill the list: one session can hold any number of them, for as long as it likes.
const listSilent = (reader: Sql, self: string): Promise<readonly Silent[]> => reader<Silent[]>`
  select w.id, w.head_seq::text as seq from countersign.writers w
  where w.closed_at is null and w.id <> ${self} and w.heartbeat_at < clock_timestamp() - interval '15 seconds'
    and not exists (
      select from pg_locks l
      where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid::bigint << 32) | l.objid::bigint = ('x' || left(w.id, 16))::bit(64)::bigint)
  order by w.opened_at limit 100`

/** What was read before the closing is what is open, if the chain has not grown since; otherwise its owner lives, and nothing is closed. */
function closing(orphan: Silent, allowed: readonly ReceiptFields[], used: readonly ReceiptFields[]): Work<ClosedOrphan | null> {
  const open = [...allowed, ...used]
  return async (tx, next, token) => {
    const [head] = await tx<{ seq: string; hash: string }[]>`
      select head_seq::text as seq, head_hash as hash from countersign.close_orphan(${orphan.id}, ${next.writer}, ${token})`
    if (!head) return { entries: [], result: null }
    // Thrown, so that the closing is rolled back with everything else.
    if (head.seq !== orphan.seq) throw new AppError('unavailable', `Writer ${orphan.id} grew while it was being closed.`)
    await endClaims(
      tx,
      orphan.id,
      used.map(({ call }) => call),
      'writer_lost',
    )
    const lost = { type: 'writer.lost', lost: orphan.id, head: { seq: Number(head.seq), hash: head.hash }, open: open.length } as const
    return { entries: [lost, ...open], result: { writer: orphan.id, unknown: open.length } }
  }
}

type Row = { readonly writer: string; readonly seq: string; readonly type: string; readonly call: string; readonly body: string }

/** The texts decide, not the columns: what ends a decision names its writer and number. The columns only find the calls worth reading. */
async function openDecisions(reader: Sql, orphan: string): Promise<readonly ReceiptFields[]> {
  const ends = TERMINAL.join(' ')
  const rows = await reader<Row[]>`
    with unbalanced as (
      select call from countersign.entries
      where writer = ${orphan} and call is not null
        and (type = 'decision' and outcome = 'allow' or type = 'receipt' and outcome = any(string_to_array(${ends}, ' ')))
      group by call having count(*) filter (where type = 'decision') > count(*) filter (where type = 'receipt')
    )
    select writer, seq::text, type, call, body from countersign.entries
    where call in (select call from unbalanced)
      and (type = 'decision' and outcome = 'allow' and writer = ${orphan} or type = 'receipt' and outcome = any(string_to_array(${ends}, ' ')))
    order by seq`
  const ended = new Set(rows.filter(({ type }) => type === 'receipt').map(({ body }) => endOf(body, orphan)))
  return rows
    .filter(({ type, seq }) => type === 'decision' && !ended.has(Number(seq)))
    .map(({ seq, call }) => receiptOf(orphan, Number(seq), call, 'unknown', 'writer_lost'))
}

/** The approvals and grants that it used, as their entries say, and whose calls have no end. */
async function openClaims(reader: Sql, orphan: string): Promise<readonly ReceiptFields[]> {
  const rows = await reader<Omit<Row, 'seq'>[]>`
    with used as (
      select call from countersign.entries where writer = ${orphan} and call is not null and type in ('hold.claimed', 'grant.used')
    )
    select writer, type, call, body from countersign.entries
    where call in (select call from used)
      and (writer = ${orphan} and type in ('hold.claimed', 'grant.used')
        or type = 'receipt' and outcome = any(string_to_array(${TERMINAL.join(' ')}, ' ')))`
  const refs = rows.map(({ type, call, body }) => ({ type, call, decision: refIn(body) }))
  const ended = new Set(refs.filter(({ type }) => type === 'receipt').map(({ decision }) => keyOf(decision)))
  const open = new Map<string, ReceiptFields>()
  for (const { type, call, decision } of refs)
    if (type !== 'receipt' && decision && !ended.has(keyOf(decision)))
      open.set(keyOf(decision), receiptOf(decision.writer, decision.seq, call, 'unknown', 'writer_lost'))
  return [...open.values()]
}

const keyOf = (decision: EntryRef | null): string => (decision ? `${decision.writer}/${decision.seq}` : '')

function refIn(body: string): EntryRef | null {
  const ref = fieldsFrom(body).decision as { readonly writer?: unknown; readonly seq?: unknown } | null | undefined
  return typeof ref?.writer === 'string' && typeof ref.seq === 'number' ? { writer: ref.writer, seq: ref.seq } : null
}

function endOf(body: string, writer: string): number | null {
  const { decision, status } = fieldsFrom(body)
  const ref = decision as { readonly writer?: unknown; readonly seq?: unknown } | null | undefined
  return ref?.writer === writer && isTerminal(status) && typeof ref.seq === 'number' ? ref.seq : null
}
