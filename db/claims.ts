import { approverSets, standingOf } from '../core/approval/quorum'
import { ATTEST_TAGS, faultOfAttested, type Verifier } from '../core/approval/statement'
import type { HoldState } from '../core/approval/states'
import { type EntryRef, isTerminal, type ReceiptFields, type ReceiptStatus } from '../core/audit/entry'
import type { Revocation } from '../core/audit/hold-fields'
import { AppError } from '../core/errors'
import type { Queries, Sql } from './connect'
import { leafHash } from './crypto'
import { revokeIn } from './hold-ends'
import { castBy, type StoredVote, statedBy, storedVotes, votersOf } from './hold-people'
import { escalationOf, type Hold, tellHold } from './holds'
import { type FullRow, readFull, shownOf } from './inbox'
import type { WorkOutcome, Writer } from './writer'
import type { Committed, EntryDraft } from './writer-batch'

/**
 * What a gateway knows when it claims: it evaluated the policy in force and that still asks people, no more strictly than the hold says.
 * `binding` is that of the call as this gateway held it, whatever is stored by now; `policy` and `epoch` are of that policy (epoch null for a policy file, which no publication changes), `pin` of the tool as it is now.
 */
export type Claim = {
  readonly hold: string
  readonly binding: string
  readonly policy: string
  readonly epoch: number | null
  readonly pin: string | null
  readonly verifier: Verifier
}

/**
 * `claimed`: this process, and no other, forwards these bytes now, once, and records what came of it as a receipt of `decision`. `lost`: there
 * is nothing to forward, and `because` says why in one word; where the claim itself found the reason the hold is revoked by now. `moved`:
 * another policy was published meanwhile: evaluate again, and try again.
 */
export type Claimed =
  | {
      readonly is: 'claimed'
      readonly hold: Hold
      readonly arguments: Uint8Array
      readonly params: Uint8Array
      readonly decision: EntryRef
      readonly voters: readonly string[]
    }
  | { readonly is: 'lost'; readonly state: HoldState; readonly because: string }
  | { readonly is: 'moved' }

/**
 * Uses an approval, once. Rejects with AppError('unavailable') when nobody knows whether it was used: then nothing may be forwarded, and if it
 * was, the log says `not_forwarded`. ('not_found') for a hold that is not there.
 */
export async function claimHold(writer: Writer, claim: Claim): Promise<Claimed> {
  const claimed = await writer.commit((tx, next) => claimIn(tx, next.writer, claim))
  void tellHold(writer, claim.hold)
  return claimed
}

async function claimIn(tx: Sql, claimer: string, claim: Claim): Promise<WorkOutcome<Claimed>> {
  const full = await readFull(tx, claim.hold)
  if (!full) throw new AppError('not_found', 'There is no such hold.')
  const { argumentBytes, paramBytes, ...hold } = full
  if (hold.state !== 'approved') return lost(hold.state, hold.because ?? hold.state)
  const votes = await storedVotes(tx, hold.id)
  const doubt = await doubtOf(tx, full, votes, claim)
  if (doubt) return revoked(tx, hold, doubt)
  if (!(await win(tx, claimer, hold, claim))) return whyLost(tx, hold, claim)
  const decision = await escalationOf(tx, hold)
  const voters = votes.filter(({ verdict }) => verdict === 'approve').map(({ voter }) => voter)
  const { policy, epoch, pin } = claim
  const { id, call, binding } = hold
  const entry: EntryDraft = { type: 'hold.claimed', hold: id, call, decision, binding, voters, policy, epoch, pin }
  return { entries: [entry], result: { is: 'claimed', hold, arguments: argumentBytes, params: paramBytes, decision, voters } }
}

/** The one statement that decides who forwards: of many at once, one. */
async function win(tx: Queries, claimer: string, { id, binding }: Hold, { epoch }: Claim): Promise<boolean> {
  const rows = await tx`
    update countersign.holds set state = 'claimed', claimed_by = ${claimer}, claimed_at = clock_timestamp()
    where id = ${id} and state = 'approved' and binding = ${binding} and use_by > clock_timestamp()
      and (${epoch}::bigint is null or ${epoch}::bigint = (select coalesce(max(epoch), 0) from countersign.publications))
    returning id`
  return rows.length === 1
}

const lost = (state: HoldState, because: string): WorkOutcome<Claimed> => ({ entries: [], result: { is: 'lost', state, because } })

/** Why an approval no longer counts, by the people and keys of this moment; null when it does. */
async function doubtOf(tx: Queries, hold: FullRow, votes: readonly StoredVote[], claim: Claim): Promise<Revocation | null> {
  const { displayed, isWhole } = shownOf(hold)
  if (!isWhole || hold.binding !== claim.binding) return 'call_damaged'
  if (claim.pin !== hold.pin) return 'definition_changed'
  const approvals = approverSets(hold.approvals)
  const [people, isOver] = await Promise.all([votersOf(tx, hold.id), isOverInLog(tx, hold)])
  const good = votes.filter((vote) => isGood(vote, hold, displayed, claim.verifier))
  if (standingOf(approvals, hold, castBy(good, people)).isReached)
    return isOver || good.some(({ verdict }) => verdict === 'deny') ? 'call_damaged' : null
  return standingOf(approvals, hold, castBy(votes, people)).isReached || good.length < votes.length
    ? 'votes_do_not_verify'
    : 'voters_changed'
}

/** A vote counts when a console signed that this person said this, of this very call as it is shown. */
const isGood = (vote: StoredVote, { id, binding }: Hold, displayed: string, verifier: Verifier): boolean =>
  vote.hold === id &&
  vote.binding === binding &&
  vote.displayed === displayed &&
  faultOfAttested(verifier, ATTEST_TAGS.vote, vote, statedBy(vote)) === null

/** Whether the log says that this hold was used or has ended: a row that says otherwise was turned back by hand. */
async function isOverInLog(tx: Queries, { id, call }: Hold): Promise<boolean> {
  // No string within an entry holds this text: a quotation mark in one is escaped.
  const ofHold = `"hold":"${id}"`
  const [row] = await tx<{ isOver: boolean }[]>`
    select exists (
      select from countersign.entries where call = ${call} and strpos(body, ${ofHold}) > 0
        and type in ('hold.denied', 'hold.revoked', 'hold.expired', 'hold.cancelled', 'hold.claimed')) as "isOver"`
  return row?.isOver !== false
}

async function revoked(tx: Queries, { id }: Hold, because: Revocation): Promise<WorkOutcome<Claimed>> {
  const entries = await revokeIn(tx, id, because)
  if (entries.length > 0) return { entries, result: { is: 'lost', state: 'revoked', because } }
  return whyGone(tx, id)
}

async function whyLost(tx: Queries, hold: Hold, { epoch }: Claim): Promise<WorkOutcome<Claimed>> {
  const now = await whyGone(tx, hold.id)
  if (!('result' in now) || now.result.is !== 'lost' || now.result.state !== 'approved') return now
  const [row] = await tx<{ epoch: number; isOver: boolean }[]>`
    select coalesce(max(p.epoch), 0)::float8 as epoch, (select use_by <= clock_timestamp() from countersign.holds where id = ${hold.id}) as "isOver"
    from countersign.publications p`
  if (row && !row.isOver && epoch !== null && row.epoch !== epoch) return { entries: [], result: { is: 'moved' } }
  return lost('approved', 'not_used')
}

async function whyGone(tx: Queries, id: string): Promise<WorkOutcome<Claimed>> {
  const [row] = await tx<{ state: HoldState; because: string | null }[]>`select state, because from countersign.holds where id = ${id}`
  return lost(row?.state ?? 'unknown', row?.because ?? row?.state ?? 'unknown')
}

/** Where a claimed hold goes with the last word on its call: what was not forwarded after all has failed. */
const STATE_OF = {
  done: 'done',
  continued: 'done',
  used: 'done',
  unknown: 'unknown',
} as const satisfies { readonly [status in ReceiptStatus]?: HoldState }

const stateOf = (status: ReceiptStatus): HoldState => (status in STATE_OF ? STATE_OF[status as keyof typeof STATE_OF] : 'failed')

/**
 * The last word on a claimed call: its receipt, and the hold's end, in one transaction. False when the hold was ended already (somebody closed
 * this writer, or this was said before): then nothing is recorded. Rejects with AppError('unavailable') when nobody knows: saying it again is safe.
 */
export async function settleClaim(
  writer: Writer,
  { hold, receipt }: { readonly hold: string; readonly receipt: ReceiptFields & Pick<EntryDraft, 'disclose'> },
): Promise<boolean> {
  if (!isTerminal(receipt.status)) throw new Error('only a last word settles a claim')
  const state = stateOf(receipt.status)
  const settled = await writer.commit(async (tx, next) => {
    const rows = await tx`
      update countersign.holds set state = ${state}, ended_at = clock_timestamp(), because = ${receipt.code}
      where id = ${hold} and state = 'claimed' and claimed_by = ${next.writer} returning id`
    return { entries: rows.length === 1 ? [receipt] : [], result: rows.length === 1 }
  })
  if (settled) void tellHold(writer, hold)
  return settled
}

/** Where the last receipt of a call stands; null where it has none. */
export async function lastReceiptOf(sql: Queries, call: string): Promise<Committed | null> {
  const [row] = await sql<{ writer: string; seq: number; body: string }[]>`
    select writer, seq::float8 as seq, body from countersign.entries where call = ${call} and type = 'receipt'
    order by recorded_at desc, seq desc limit 1`
  return row ? { writer: row.writer, seq: row.seq, hash: leafHash(row.body), at: String(JSON.parse(row.body).at) } : null
}

/**
 * Brings claimed holds to where the log says their calls have come: a receipt may be written while the hold's row can't be. The log is the
 * truth, and nothing is added to it. In the caller's transaction.
 */
export async function followReceipts(tx: Queries, limit = 100): Promise<number> {
  const rows = await tx`
    with over as (
      select h.id, e.outcome from countersign.holds h
      join lateral (
        select e.outcome from countersign.entries e where e.call = h.call and e.type = 'receipt'
          and e.outcome in ('done', 'continued', 'used', 'failed', 'unknown', 'cancelled', 'not_forwarded')
        order by e.recorded_at desc, e.seq desc limit 1) e on true
      where h.state = 'claimed' and h.claimed_at < clock_timestamp() - interval '5 seconds'
      order by h.id limit ${limit} for update of h skip locked)
    update countersign.holds h set ended_at = clock_timestamp(),
      state = case when over.outcome in ('done', 'continued', 'used') then 'done' when over.outcome = 'unknown' then 'unknown' else 'failed' end
    from over where h.id = over.id returning h.id`
  return rows.length
}
