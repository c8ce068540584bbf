import { readShown } from '../core/approval/arguments'
import { approverSets } from '../core/approval/quorum'
import { type Choices, fits, parseShape, type Shape, shapeOf, shapeText } from '../core/approval/shape'
import { ATTEST_TAGS, type Attested, faultOfAttested, type GrantFacts, grantStatement, type Verifier } from '../core/approval/statement'
import { INELIGIBLE, isNamed, whyNot } from '../core/approval/voters'
import { type EntryRef, recordedName } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Json } from '../core/json'
import { canonicalJson } from '../core/json'
import { type Actor, requireRight } from '../core/roles'
import type { Queries } from './connect'
import { approverOf, makerOf } from './hold-people'
import { databaseNowMs, deniedLately, type Hold, named, readableId } from './holds'
import { readFull, shownOf } from './inbox'
import { doer, recordingHoldRefusals } from './refusals'
import { requireStanding } from './sessions'
import { nameToText, storable } from './text'
import type { Work, WorkOutcome, Writer } from './writer'
import type { EntryDraft } from './writer-batch'

export const MOST_USES = 100
export const MOST_MINUTES = 480

/** Leave to make calls of one shape without asking again: by this agent, of this tool as pinned, under this policy and rule. */
export type HoldGrant = Attested & {
  readonly id: string
  readonly hold: string
  readonly principal: string
  readonly server: string
  readonly tool: string
  readonly pin: string | null
  readonly policy: string
  readonly guardrail: string | null
  readonly rule: string
  readonly approvals: Json
  /** The text of its shape (core/approval/shape.ts). */
  readonly shape: string
  readonly uses: number
  readonly used: number
  readonly madeBy: string
  readonly madeAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
  readonly endedBy: string | null
  readonly endedBecause: 'revoked' | 'expired' | null
}

const columns = (sql: Queries) => sql`
  id, hold, principal, server, tool, pin, policy, guardrail, rule, approvals, shape, uses, used, made_by as "madeBy", made_at as "madeAt",
  expires_at as "expiresAt", ended_at as "endedAt", ended_by as "endedBy", ended_because as "endedBecause", writer, statement, signature, host,
  certificate`

export type NewGrant = {
  readonly hold: string
  readonly displayed: string
  readonly choices: Choices
  readonly uses: number
  readonly minutes: number
}

/**
 * Lets calls like an approved one through for a while: each argument equal, or bounded as chosen. Only where one person's word is enough for
 * every set of approvers the rule names, and this person is in all of them. Throws AppError('forbidden'), ('invalid') for bounds that the held
 * call is outside of, ('conflict') for a call that was not approved or is another than was shown.
 */
export const openGrant = (writer: Writer, actor: Actor, given: NewGrant): Promise<HoldGrant> =>
  recordingHoldRefusals(writer, actor, { hold: given.hold, attempt: 'grant' }, async () => {
    requireRight(actor, 'hold.decide')
    if (!isFrom1To(given.uses, MOST_USES)) throw new AppError('invalid', `A grant is for 1 to ${MOST_USES} calls.`)
    if (!isFrom1To(given.minutes, MOST_MINUTES)) throw new AppError('invalid', `A grant lasts for 1 to ${MOST_MINUTES} minutes.`)
    return writer.commit((tx) => openIn(tx, writer, actor, given))
  })

const isFrom1To = (value: number, most: number): boolean => Number.isSafeInteger(value) && value >= 1 && value <= most

async function openIn(tx: Queries, writer: Writer, actor: Actor, given: NewGrant): Promise<WorkOutcome<HoldGrant>> {
  await requireStanding(tx, actor, 'hold.decide')
  const full = await readFull(tx, given.hold, { lock: true })
  if (!full) throw new AppError('not_found', 'There is no such hold.')
  const { displayed, isWhole } = shownOf(full)
  const args = readShown(full.argumentBytes)
  if (!['approved', 'claimed', 'done'].includes(full.state))
    throw new AppError('conflict', `Only an approved call can stand for others: this one is ${full.state}.`)
  if (displayed !== given.displayed || !isWhole || !args)
    throw new AppError('conflict', 'This is not the call you were shown: look at it again.')
  await refuseUnlessEnough(tx, actor, full)
  const shape = shapeText(shapeOf(args, given.choices))
  const nowMs = await databaseNowMs(tx)
  const facts = factsOf(full, actor, shape, given, nowMs)
  const attested = writer.attest(ATTEST_TAGS.grant, (signer) => grantStatement(signer, facts))
  const grant = await insert(tx, facts, attested)
  const { call, server, tool, principal } = full
  const signature = Buffer.from(attested.signature).toString('hex')
  const { grant: id, hold, uses, expiresAt } = facts
  const entry: EntryDraft = {
    type: 'grant.open',
    ...doer(actor),
    ...{ grant: id, hold, call, uses, expiresAt, signature },
    ...{ server: recordedName(server), tool: recordedName(tool), principal: recordedName(principal) },
    disclose: [{ name: 'shape', bytes: Buffer.from(shape) }],
  }
  return { entries: [entry], result: grant }
}

/** A grant answers for whole quorums: it takes somebody whose own word would have been enough. */
async function refuseUnlessEnough(tx: Queries, actor: Actor, { principal, owner, approvals }: Hold): Promise<void> {
  const sets = approverSets(approvals)
  const person = await approverOf(tx, actor.id)
  const ineligible = person ? whyNot(person, { principal, owner }, sets) : 'role'
  if (ineligible !== null) throw new AppError('forbidden', INELIGIBLE[ineligible])
  if (!person || !sets.every(({ approvers, quorum }) => quorum === 1 && isNamed(person, approvers)))
    throw new AppError('forbidden', 'The rule asks several people about each of these calls, so no one person can let them through.')
}

function factsOf(hold: Hold, { id: maker }: Actor, shape: string, { uses, minutes }: NewGrant, nowMs: number): GrantFacts {
  const { id, principal, server, tool, pin, policy, guardrail, rule, approvals } = hold
  const [at, expiresAt] = [new Date(nowMs).toISOString(), new Date(nowMs + minutes * 60_000).toISOString()]
  return {
    grant: `G-${readableId()}`,
    hold: id,
    principal,
    server,
    tool,
    pin,
    policy,
    guardrail,
    rule,
    approvals,
    shape,
    uses,
    expiresAt,
    maker,
    at,
  }
}

async function insert(tx: Queries, facts: GrantFacts, { writer, statement, signature, host, certificate }: Attested): Promise<HoldGrant> {
  const [row] = await tx<HoldGrant[]>`
    insert into countersign.hold_grants (id, hold, principal, server, tool, pin, policy, guardrail, rule, approvals, shape, uses, made_by, made_at,
      expires_at, writer, statement, signature, host, certificate)
    values (${facts.grant}, ${facts.hold}, ${facts.principal}, ${facts.server}, ${nameToText(facts.tool)}, ${facts.pin}, ${facts.policy},
      ${facts.guardrail}, ${facts.rule}, ${JSON.stringify(facts.approvals)}::text::jsonb, ${facts.shape}, ${facts.uses}, ${facts.maker},
      ${facts.at}::text::timestamptz, ${facts.expiresAt}::text::timestamptz, ${writer}, ${statement}, ${Buffer.from(signature)}, ${host}, ${certificate})
    returning ${columns(tx)}`
  if (!row) throw new Error('an insert answers its row')
  return named(row)
}

/** The statement that this grant must carry. */
const statedBy = (grant: HoldGrant) => {
  const { id, hold, principal, server, tool, pin, policy, guardrail, rule, approvals, shape, uses, madeBy: maker } = grant
  const [at, expiresAt] = [grant.madeAt.toISOString(), grant.expiresAt.toISOString()]
  const facts = { grant: id, hold, principal, server, tool, pin, policy, guardrail, rule, approvals, shape, uses, expiresAt, maker, at }
  return (signer: { readonly log: string; readonly writer: string }): string => grantStatement(signer, facts)
}

/** The shape of a stored grant; null for a damaged one, which lets nothing through. */
export const shapeOfGrant = ({ shape }: HoldGrant): Shape | null => parseShape(shape)

/** The newest first; only those that still let anything through unless `ended` is asked for too. */
export async function listGrants(
  sql: Queries,
  { limit, ended = false }: { limit: number; ended?: boolean },
): Promise<readonly HoldGrant[]> {
  const rows = await sql<HoldGrant[]>`
    select ${columns(sql)} from countersign.hold_grants
    where ${ended} or (ended_at is null and used < uses and expires_at > clock_timestamp()) order by made_at desc, id limit ${limit}`
  return rows.map(named)
}

/** Takes a grant back: an admin, or whoever may decide. Throws AppError('conflict') when it is over already. */
export const revokeGrant = (writer: Writer, actor: Actor, id: string): Promise<void> =>
  recordingHoldRefusals(writer, actor, { hold: id, attempt: 'revoke_grant' }, async () => {
    requireRight(actor, 'hold.decide')
    return writer.commit(async (tx) => {
      await requireStanding(tx, actor, 'hold.decide')
      const [row] = await tx<{ hold: string; used: number }[]>`
        update countersign.hold_grants set ended_at = clock_timestamp(), ended_by = ${actor.id}, ended_because = 'revoked'
        where id = ${id} and ended_at is null returning hold, used`
      if (!row) throw new AppError('conflict', 'This grant is over already, or there is none like it.')
      return { entries: [{ type: 'grant.revoked', ...doer(actor), grant: id, ...row }], result: undefined }
    })
  })

/** What might let a call of this agent and tool through, the one that ends first at first. */
export async function grantsFor(sql: Queries, principal: string, server: string, tool: string): Promise<readonly HoldGrant[]> {
  const [who, where, what] = [storable(principal), storable(server), nameToText(tool)]
  const rows = await sql<HoldGrant[]>`
    select ${columns(sql)} from countersign.hold_grants
    where ended_at is null and md5(principal) = md5(${who}) and principal = ${who} and server = ${where} and tool = ${what}
      and used < uses and expires_at > clock_timestamp() order by expires_at, id limit 50`
  return rows.map(named)
}

/** Ends the grants whose time is over, in the caller's transaction, and answers their entries. */
export async function endExpiredGrants(tx: Queries, limit = 100): Promise<readonly EntryDraft[]> {
  const rows = await tx<{ id: string; hold: string; used: number }[]>`
    with over as (
      select id from countersign.hold_grants where ended_at is null and expires_at <= clock_timestamp()
      order by id limit ${limit} for update skip locked)
    update countersign.hold_grants set ended_at = clock_timestamp(), ended_because = 'expired'
    where id in (select id from over) returning id, hold, used`
  return rows.map(({ id, hold, used }) => ({ type: 'grant.expired', grant: id, hold, used }))
}

/** A call that the policy in force escalates, and that a grant may answer. `decision` is its entry, an escalation. */
export type GrantUse = {
  readonly grant: HoldGrant
  readonly decision: Extract<EntryDraft, { readonly type: 'decision' }>
  readonly argumentBytes: Uint8Array
  /** Of the call: what a person denied a moment ago is let through by no grant. */
  readonly likeness: string
  /** Of the decision, as it is now. */
  readonly approvals: Json
  readonly rule: string
  readonly owner: string | null
  readonly policy: string
  readonly guardrail: string | null
  readonly epoch: number | null
  readonly pin: string | null
  readonly verifier: Verifier
}

/** `used`: the call is forwarded under `decision`, once. `not`: this grant does not let it through, for this reason; hold it. */
export type GrantUsed =
  | { readonly is: 'used'; readonly decision: EntryRef; readonly use: number }
  | { readonly is: 'not'; readonly because: string }

/** Records the escalation and uses up one of the grant's calls, in one transaction. Rejects with AppError('unavailable') as `claimHold` does. */
export async function spendGrant(writer: Writer, use: GrantUse): Promise<GrantUsed> {
  const because = whyOutside(use)
  return because === null ? writer.commit(using(use)) : { is: 'not', because }
}

/** Why a grant has nothing to say about a call; null when its maker and its uses are all that is left to ask. */
export function whyOutside({ grant, argumentBytes, approvals, rule, policy, guardrail, pin, verifier, decision }: GrantUse): string | null {
  const shape = shapeOfGrant(grant)
  const args = readShown(argumentBytes)
  if (decision.outcome !== 'escalate') return 'not_escalated'
  if (!isOfGrant(grant, decision)) return 'another_caller'
  if (!shape || !args || !fits(shape, args)) return 'another_shape'
  if (grant.policy !== policy || grant.guardrail !== guardrail || grant.rule !== rule) return 'policy_changed'
  if (canonicalJson(grant.approvals) !== canonicalJson(approvals)) return 'policy_changed'
  if (grant.pin !== pin) return 'definition_changed'
  return faultOfAttested(verifier, ATTEST_TAGS.grant, grant, statedBy(grant)) === null ? null : 'grant_does_not_verify'
}

/** The agent, server and tool of the entry are those of the grant, each whole: what an entry can only hold part of is let through by nobody. */
function isOfGrant({ principal, server, tool }: HoldGrant, decision: GrantUse['decision']): boolean {
  const told = [decision.principal.id, decision.server, decision.tool]
  return [principal, server, tool].every((name, at) => recordedName(name) === name && told[at] === name)
}

/** That it has not ended by the log, nor been used more often than its row says: a row can be turned back by hand. */
const isAsTheLogSays = (tx: Queries, id: string) => tx`
  not exists (
    select from countersign.entries where substring(body from '"grant":"(G-[0-9A-HJKMNP-TV-Z]{10})"') = ${id}
      and type in ('grant.revoked', 'grant.expired'))
  and used >= (
    select count(*) from countersign.entries where substring(body from '"grant":"(G-[0-9A-HJKMNP-TV-Z]{10})"') = ${id} and type = 'grant.used')`

const using =
  ({ grant, decision, likeness, owner, policy, epoch }: GrantUse): Work<GrantUsed> =>
  async (tx, next) => {
    const maker = await makerOf(tx, grant.id)
    const sets = approverSets(grant.approvals)
    const mayStill = maker !== null && whyNot(maker, { principal: grant.principal, owner }, sets) === null
    if (!mayStill || !sets.every(({ approvers, quorum }) => quorum === 1 && isNamed(maker, approvers)))
      return { entries: [], result: { is: 'not', because: 'maker_changed' } }
    if (await deniedLately(tx, likeness)) return { entries: [], result: { is: 'not', because: 'denied' } }
    const [row] = await tx<{ used: number }[]>`
      update countersign.hold_grants set used = used + 1
      where id = ${grant.id} and ended_at is null and used < uses and expires_at > clock_timestamp()
        and (${epoch}::bigint is null or ${epoch}::bigint = (select coalesce(max(epoch), 0) from countersign.publications))
        and ${isAsTheLogSays(tx, grant.id)}
      returning used`
    if (!row) return { entries: [], result: { is: 'not', because: 'used_up' } }
    const used: EntryDraft = { type: 'grant.used', grant: grant.id, call: decision.call, decision: next, use: row.used, policy, epoch }
    return { entries: [{ ...decision, grant: grant.id }, used], result: { is: 'used', decision: next, use: row.used } }
  }
