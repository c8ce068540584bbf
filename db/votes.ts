import { approverSets, type Standing, standingOf, type VoteVerdict } from '../core/approval/quorum'
import { ATTEST_TAGS, voteStatement } from '../core/approval/statement'
import { type HoldState, isEnded } from '../core/approval/states'
import { INELIGIBLE, whyNot } from '../core/approval/voters'
import { AppError } from '../core/errors'
import { quote } from '../core/quote'
import { type Actor, requireRight } from '../core/roles'
import type { Queries, Sql } from './connect'
import { disclosing, messageOf } from './draft-text'
import { endOf, revokeIn } from './hold-ends'
import { MOOT, whyMoot } from './hold-now'
import { approverOf, castBy, type StoredVote, storedVotes, votersOf } from './hold-people'
import { databaseNowMs, escalationOf, type Hold, tellHold } from './holds'
import { readFull, shownOf } from './inbox'
import { recordingHoldRefusals } from './refusals'
import { requireStanding } from './sessions'
import type { WorkOutcome, Writer } from './writer'
import type { EntryDraft } from './writer-batch'

/** What somebody decided about the call they saw: `binding` and `displayed` are of the card that was before them. */
export type Ballot = {
  readonly hold: string
  readonly binding: string
  readonly displayed: string
  readonly verdict: VoteVerdict
  readonly reason: string
}

/** How the hold stands once the vote is in: so many people of so many have approved. */
export type Counted = { readonly state: HoldState; readonly approved: number; readonly needed: number; readonly useBy: Date | null }

export const votesOf = (sql: Queries, hold: string): Promise<readonly StoredVote[]> => storedVotes(sql, hold)

/**
 * One person's vote on one held call, once. Throws AppError('forbidden') for whoever the rule does not ask, or who asks for it themselves;
 * ('conflict') for a second vote, a hold that somebody or time has decided (it says who, and when), and a card that is another by now;
 * ('invalid') for a call that can't be approved as it is stored.
 */
export async function castHoldVote(writer: Writer, actor: Actor, ballot: Ballot): Promise<Counted> {
  const counted = await recordingHoldRefusals(writer, actor, { hold: ballot.hold, attempt: ballot.verdict }, async () => {
    requireRight(actor, 'hold.decide')
    const reason = messageOf(ballot.reason)
    return writer.commit(async (tx) => {
      await requireStanding(tx, actor, 'hold.decide')
      const hold = await lockForVote(tx, actor, ballot)
      const vote = await keepVote(tx, writer, { ...ballot, voter: actor.id, reason, atMs: hold.nowMs })
      return count(tx, hold, { ...vote, ...(actor.address === undefined ? {} : { address: actor.address }), ...disclosing(reason) })
    })
  })
  void tellHold(writer, ballot.hold)
  return counted
}

/** Until the transaction ends nobody else decides about this hold, and it is what the voter saw. */
async function lockForVote(
  tx: Queries,
  actor: Actor,
  { hold: id, binding, displayed, verdict }: Ballot,
): Promise<Hold & { readonly nowMs: number }> {
  const full = await readFull(tx, id, { lock: true })
  if (!full) throw new AppError('not_found', 'There is no such hold.')
  const { argumentBytes: _arguments, paramBytes: _params, ...hold } = full
  const [own] = (await storedVotes(tx, id)).filter(({ voter }) => voter === actor.id)
  if (own)
    throw new AppError('conflict', `You ${own.verdict === 'approve' ? 'approved' : 'denied'} this call already, at ${at(own.castAt)}.`)
  const nowMs = await databaseNowMs(tx)
  await refuseDecided(tx, hold, nowMs)
  const person = await approverOf(tx, actor.id)
  const ineligible = person ? whyNot(person, hold, approverSets(hold.approvals)) : 'role'
  if (ineligible !== null) throw new AppError('forbidden', INELIGIBLE[ineligible])
  const shown = shownOf(full)
  if (binding !== hold.binding || displayed !== shown.displayed)
    throw new AppError('conflict', 'This is not the call you were shown: look at it again.')
  if (verdict === 'approve') await refuseVain(tx, hold, shown.isWhole)
  return { ...hold, nowMs }
}

/** Nobody is let approve what no gateway would carry out. */
async function refuseVain(tx: Queries, hold: Hold, isWhole: boolean): Promise<void> {
  if (!isWhole) throw new AppError('invalid', 'What is stored of this call is not what was held, so it can only be denied.')
  const moot = await whyMoot(tx, hold)
  if (moot !== null) throw new AppError('conflict', MOOT[moot])
}

const at = (date: Date | null): string => date?.toISOString() ?? 'a time that was not kept'

/** Throws AppError('conflict') that says who won, and when. */
async function refuseDecided(tx: Queries, hold: Hold, nowMs: number): Promise<void> {
  const { state, decideByMs, endedAt, decidedAt, because } = hold
  if (state === 'held') {
    if (nowMs < decideByMs) return
    throw new AppError('conflict', `Too late: this call expired at ${new Date(decideByMs).toISOString()}.`)
  }
  const when = at(isEnded(state) ? endedAt : decidedAt)
  const who = state === 'denied' || state === 'approved' ? await deciderOf(tx, hold) : null
  const told =
    who === null ? `this call is ${state}${because ? ` (${because})` : ''} since ${when}` : `${who} ${state} this call at ${when}`
  throw new AppError('conflict', `Too late: ${told}.`)
}

async function deciderOf(tx: Queries, { id, state }: Hold): Promise<string | null> {
  const verdict = state === 'denied' ? 'deny' : 'approve'
  const [row] = await tx<{ name: string }[]>`
    select u.name from countersign.votes v join countersign.users u on u.id = v.voter
    where v.hold = ${id} and v.verdict = ${verdict} order by v.cast_at desc limit 1`
  return row ? quote(row.name) : null
}

type Cast = Ballot & { readonly voter: string; readonly atMs: number }

async function keepVote(tx: Queries, writer: Writer, { hold, binding, displayed, verdict, reason, voter, atMs }: Cast) {
  const facts = { hold, binding, displayed, verdict, voter, at: new Date(atMs).toISOString() }
  const attested = writer.attest(ATTEST_TAGS.vote, (signer) => voteStatement(signer, facts))
  await tx`
    insert into countersign.votes (hold, voter, verdict, reason, binding, displayed, cast_at, writer, statement, signature, host, certificate)
    values (${hold}, ${voter}, ${verdict}, ${reason}, ${binding}, ${displayed}, ${facts.at}::text::timestamptz, ${attested.writer},
      ${attested.statement}, ${Buffer.from(attested.signature)}, ${attested.host}, ${attested.certificate})`
  const signature = Buffer.from(attested.signature).toString('hex')
  return { type: 'vote' as const, hold, voter, verdict, binding, displayed, signature }
}

type Kept = Awaited<ReturnType<typeof keepVote>> & Pick<EntryDraft, 'disclose'> & { readonly address?: string }

/** The vote is in: what comes of it. A denial ends the hold, the last approval needed starts the time to use it. */
async function count(tx: Sql, hold: Hold, kept: Kept): Promise<WorkOutcome<Counted>> {
  const { id, call } = hold
  const vote: EntryDraft = { ...kept, call }
  const { approved, needed, isReached } = await standing(tx, hold)
  if (kept.verdict === 'deny') {
    const decision = await escalationOf(tx, hold)
    await tx`update countersign.holds set state = 'denied', decided_at = clock_timestamp(), ended_at = clock_timestamp(),
      because = 'denied_by_person' where id = ${id} and state = 'held'`
    const denied = { type: 'hold.denied', hold: id, call, decision, by: kept.voter } as const
    const entries = [vote, denied, endOf(hold, decision, 'denied', 'denied_by_person')]
    return { entries, result: { state: 'denied', approved, needed, useBy: null } }
  }
  if (!isReached) return { entries: [vote], result: { state: 'held', approved, needed, useBy: null } }
  const [row] = await tx<{ useBy: Date }[]>`
    update countersign.holds set state = 'approved', decided_at = clock_timestamp(),
      use_by = date_trunc('milliseconds', clock_timestamp() + use_within_ms * interval '1 millisecond')
    where id = ${id} and state = 'held' and decide_by > clock_timestamp() returning use_by as "useBy"`
  if (!row) throw new AppError('conflict', 'Too late: this call has just expired.')
  const agreed = { type: 'hold.approved', hold: id, call, useBy: row.useBy.toISOString() } as const
  return { entries: [vote, agreed], result: { state: 'approved', approved, needed, useBy: row.useBy } }
}

async function standing(tx: Queries, { id, principal, owner, approvals }: Hold): Promise<Standing> {
  const [votes, people] = [await storedVotes(tx, id), await votersOf(tx, id)]
  return standingOf(approverSets(approvals), { principal, owner }, castBy(votes, people))
}

/**
 * Takes an approval back before it is used: an admin, whoever may decide about this call, or whoever it was made for. Throws AppError('conflict')
 * when it is used, over, or not approved.
 */
export async function revokeHold(writer: Writer, actor: Actor, { hold: id, reason }: { hold: string; reason: string }): Promise<void> {
  await recordingHoldRefusals(writer, actor, { hold: id, attempt: 'revoke' }, async () => {
    requireRight(actor, 'hold.decide')
    const said = messageOf(reason)
    await writer.commit(async (tx) => {
      await requireStanding(tx, actor, 'hold.decide')
      const full = await readFull(tx, id, { lock: true })
      if (!full) throw new AppError('not_found', 'There is no such hold.')
      await refuseOutsider(tx, actor, full)
      if (full.state !== 'approved') throw new AppError('conflict', `There is no approval to take back: this call is ${full.state}.`)
      return { entries: await revokeIn(tx, id, 'by_person', { by: actor.id, ...disclosing(said) }), result: undefined }
    })
  })
  void tellHold(writer, id)
}

async function refuseOutsider(tx: Queries, actor: Actor, hold: Hold): Promise<void> {
  const person = await approverOf(tx, actor.id)
  const ineligible = person ? whyNot(person, hold, approverSets(hold.approvals)) : 'role'
  if (ineligible === 'role' || (ineligible === 'not_named' && !actor.roles.includes('admin')))
    throw new AppError('forbidden', INELIGIBLE[ineligible])
}
