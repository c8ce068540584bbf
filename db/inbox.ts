import { shownArguments } from '../core/approval/arguments'
import { besideText } from '../core/approval/beside'
import { type Card, displayedDigest } from '../core/approval/display'
import { approverSets, type Standing, standingOf } from '../core/approval/quorum'
import type { HoldState } from '../core/approval/states'
import { type Approver, type Ineligible, whyNot } from '../core/approval/voters'
import type { RevealFields } from '../core/audit/entry'
import type { Json } from '../core/json'
import type { Actor } from '../core/roles'
import { requireRight } from '../core/roles'
import type { Queries } from './connect'
import { sha256 } from './crypto'
import { bindingOfHold } from './hold-binding'
import { approverOf, castBy, type StoredVote, storedVotes, votersShown } from './hold-people'
import { columns, type Hold, isEmptied, named } from './holds'
import { nameToText, storable } from './text'
import type { Writer } from './writer'

/**
 * Which holds: `waiting` for people (the one that ends first is first), `approved` and not yet carried out, `over` (the newest end first),
 * and of those the `unanswered`.
 */
export const INBOX_LISTS = ['waiting', 'approved', 'over', 'unanswered'] as const
export type InboxList = (typeof INBOX_LISTS)[number]

/** Where a page ended: the next one starts after it. Opaque, and good for one list. */
export type InboxCursor = string

/** Narrows a list to one state, one name each, or what one person voted on; null is any. */
export type InboxNarrowing = {
  readonly state?: HoldState | null
  readonly tool?: string | null
  readonly server?: string | null
  readonly principal?: string | null
  readonly voter?: string | null
}

export type InboxQuery = {
  readonly list: InboxList
  readonly only?: InboxNarrowing
  readonly after?: InboxCursor | null
  readonly limit: number
  readonly person?: Approver
}

/** A hold in a list. `mine` is why the asking person may not decide, or null where they may; `ownVote` what they said. */
export type InboxRow = Hold & {
  readonly sizeBytes: number
  readonly approves: number
  readonly ownVote: 'approve' | 'deny' | null
  readonly ineligible: Ineligible | null
}

export type InboxPage = { readonly rows: readonly InboxRow[]; readonly next: InboxCursor | null }

/** One page of a list. A cursor that is none is the first page. */
export async function inbox(sql: Queries, { list, only = {}, after = null, limit, person }: InboxQuery): Promise<InboxPage> {
  const from = cursorFrom(after)
  const rows = await sql<(Omit<InboxRow, 'ineligible'> & { readonly key: string })[]>`
    select ${columns(sql)}, octet_length(arguments) as "sizeBytes", ${keyOf(sql, list)} as key,
      (select count(*)::int from countersign.votes v where v.hold = holds.id and v.verdict = 'approve') as approves,
      (select v.verdict from countersign.votes v where v.hold = holds.id and v.voter = ${person?.id ?? ''}) as "ownVote"
    from countersign.holds where ${isIn(sql, list, from)} and ${isOf(sql, only)} order by ${orderOf(sql, list)} limit ${limit + 1}`
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    rows: shown.map(({ key: _key, ...row }) => ({ ...named(row), ineligible: person ? whyNotOn(person, row) : 'role' })),
    next: last ? `${last.key}.${last.id}` : null,
  }
}

const whyNotOn = (person: Approver, { principal, owner, approvals }: Hold): Ineligible | null =>
  whyNot(person, { principal, owner }, approverSets(approvals))

type From = { readonly micros: string; readonly id: string }

function cursorFrom(after: InboxCursor | null): From | null {
  const [, micros, id] = /^(\d{1,17})\.(H-[0-9A-Z]{10})$/.exec(after ?? '') ?? []
  return micros && id ? { micros, id } : null
}

const isDescending = (list: InboxList): boolean => list === 'over' || list === 'unanswered'

const timeOf = (sql: Queries, list: InboxList) => (list === 'waiting' ? sql`decide_by` : list === 'approved' ? sql`use_by` : sql`ended_at`)

const keyOf = (sql: Queries, list: InboxList) => sql`(extract(epoch from ${timeOf(sql, list)}) * 1000000)::bigint::text`

const orderOf = (sql: Queries, list: InboxList) =>
  isDescending(list) ? sql`${timeOf(sql, list)} desc, id desc` : sql`${timeOf(sql, list)}, id`

function isIn(sql: Queries, list: InboxList, from: From | null) {
  const states = {
    waiting: sql`state = 'held'`,
    approved: sql`state in ('approved', 'claimed')`,
    over: sql`ended_at is not null`,
    unanswered: sql`ended_at is not null and state = 'expired' and use_by is null`,
  }[list]
  if (!from) return states
  const place = sql`('epoch'::timestamptz + ${from.micros}::bigint * interval '1 microsecond', ${from.id}::text)`
  return isDescending(list)
    ? sql`${states} and (${timeOf(sql, list)}, id) < ${place}`
    : sql`${states} and (${timeOf(sql, list)}, id) > ${place}`
}

function isOf(sql: Queries, { state = null, tool = null, server = null, principal = null, voter = null }: InboxNarrowing) {
  const stored = { tool: tool === null ? null : nameToText(tool), ...storedNames({ server, principal }) }
  return sql`(${state}::text is null or state = ${state}) and (${stored.tool}::text is null or tool = ${stored.tool})
    and (${stored.server}::text is null or server = ${stored.server}) and (${stored.principal}::text is null or principal = ${stored.principal})
    and (${voter}::text is null or exists (select from countersign.votes v where v.hold = holds.id and v.voter = ${voter}))`
}

const storedNames = ({ server, principal }: { readonly server: string | null; readonly principal: string | null }) => ({
  server: server === null ? null : storable(server),
  principal: principal === null ? null : storable(principal),
})

/** How many wait for people, and how many are approved and not carried out. */
export async function countInbox(sql: Queries): Promise<{ readonly waiting: number; readonly approved: number }> {
  const [row] = await sql<{ waiting: number; approved: number }[]>`
    select (select count(*)::int from countersign.holds where state = 'held') as waiting,
      (select count(*)::int from countersign.holds where state in ('approved', 'claimed')) as approved`
  return row ?? { waiting: 0, approved: 0 }
}

/** A vote with the name of its voter, for reading. */
export type NamedVote = StoredVote & { readonly voterName: string; readonly voterEmail: string }

/**
 * All that is shown of a held call. `displayed` is what a vote on this card carries. `isWhole` is false where the stored bytes are not what the
 * binding is about: then nobody can approve. `isKept` is false where they went when the hold ended. `before` is the last approved call of the same
 * tool, server and principal, with its arguments in the same one text (null where that can't be read, or is not kept).
 */
export type HoldCard = {
  readonly hold: Hold
  readonly card: Card
  readonly displayed: string
  readonly isWhole: boolean
  readonly isKept: boolean
  readonly argumentBytes: Uint8Array
  readonly votes: readonly NamedVote[]
  readonly standing: Standing
  readonly before: (Looked & { readonly hold: string; readonly decidedAt: Date; readonly arguments: string | null }) | null
}

/** How the log names a call whose arguments somebody had shown. */
type Looked = Pick<Hold, 'call' | 'openedBy' | 'decisionSeq'>

export type FullRow = Hold & { readonly argumentBytes: Buffer; readonly paramBytes: Buffer }

/** Null where there is no such hold. */
export async function holdCard(sql: Queries, id: string): Promise<HoldCard | null> {
  const full = await readFull(sql, id)
  if (!full) return null
  const { argumentBytes, paramBytes, ...hold } = full
  const votes = await namedVotes(sql, id)
  const people = await votersShown(sql, id)
  const { principal, owner, approvals } = hold
  return {
    hold,
    ...shownOf(full),
    isKept: !isEmptied(hold),
    argumentBytes,
    votes,
    standing: standingOf(approverSets(approvals), { principal, owner }, castBy(votes, people)),
    before: await lastAgreed(sql, hold),
  }
}

/** A hold with its bytes; with `lock` nobody else moves it until the transaction ends. */
export async function readFull(sql: Queries, id: string, { lock = false } = {}): Promise<FullRow | null> {
  const [row] = await sql<FullRow[]>`
    select ${columns(sql)}, arguments as "argumentBytes", params as "paramBytes" from countersign.holds where id = ${id}
    ${lock ? sql`for update` : sql``}`
  return row ? named(row) : null
}

/** What a person is shown of a stored call, and whether it is the call that was bound. */
export function shownOf(row: FullRow): { readonly card: Card; readonly displayed: string; readonly isWhole: boolean } {
  const card = cardOf(row)
  return { card, displayed: displayedDigest(sha256, card), isWhole: card.arguments !== null && card.beside !== null && isBound(row) }
}

const cardOf = (row: FullRow): Card => ({
  hold: row.id,
  call: row.call,
  server: row.server,
  tool: row.tool,
  principal: row.principal,
  assurance: row.assurance,
  owner: row.owner,
  session: row.session,
  arguments: isEmptied(row) ? null : shownArguments(row.argumentBytes),
  beside: isEmptied(row) ? null : besideText(row.paramBytes, row.tool),
  reason: row.reason,
  rule: row.rule,
  policy: { digest: row.policy, version: row.policyVersion, epoch: row.epoch, guardrail: row.guardrail },
  pin: row.pin,
  decideBy: new Date(row.decideByMs).toISOString(),
  useWithinMs: row.useWithinMs,
  approvals: row.approvals,
})

/** Whether what is stored is what the binding is about: whoever can write rows can't make one call pass for another. */
function isBound(row: FullRow): boolean {
  const params = paramsFrom(row.paramBytes)
  if (params === null) return false
  try {
    return bindingOfHold(row, row.argumentBytes, params) === row.binding
  } catch (error) {
    // A lone surrogate has no canonical text: no gateway ever bound such a call.
    if (error instanceof TypeError) return false
    throw error
  }
}

function paramsFrom(bytes: Uint8Array): { readonly [key: string]: Json } | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { [key: string]: Json }) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

async function namedVotes(sql: Queries, id: string): Promise<readonly NamedVote[]> {
  const votes = await storedVotes(sql, id)
  const names = await sql<{ id: string; name: string; email: string }[]>`
    select id, name, email from countersign.users where id in (select voter from countersign.votes where hold = ${id})`
  const byId = new Map(names.map((row) => [row.id, row]))
  return votes.map((vote) => ({ ...vote, voterName: byId.get(vote.voter)?.name ?? '', voterEmail: byId.get(vote.voter)?.email ?? '' }))
}

async function lastAgreed(sql: Queries, { id, tool, server, principal }: Hold): Promise<HoldCard['before']> {
  const stored = nameToText(tool)
  const [row] = await sql<(Looked & { hold: string; decidedAt: Date; bytes: Buffer | null })[]>`
    select id as hold, call, opened_by as "openedBy", decision_seq as "decisionSeq", decided_at as "decidedAt",
      case when keeps_clear or ended_at is null then arguments end as bytes from countersign.holds
    where md5(tool || E'\\n' || server || E'\\n' || principal) = md5(${`${stored}\n${server}\n${principal}`}) and tool = ${stored}
      and server = ${server} and principal = ${principal} and use_by is not null and id <> ${id} order by decided_at desc limit 1`
  if (!row) return null
  const { bytes, ...before } = row
  return { ...before, arguments: bytes && shownArguments(bytes) }
}

/**
 * Somebody has the arguments of a held call shown, and those of the one `before` it where the card shows them beside: in the log once a person and
 * held call, before they see them. Throws AppError('forbidden') for whoever may not.
 */
export async function noteLook(writer: Writer, actor: Actor, hold: Hold, before: HoldCard['before']): Promise<void> {
  requireRight(actor, 'activity.reveal')
  const isShown = before !== null && before.arguments !== null
  await writer.commit(async (tx) => {
    const looks = [await lookIn(tx, actor, hold.id, hold), isShown ? await lookIn(tx, actor, before.hold, before) : []]
    return { entries: looks.flat(), result: undefined }
  })
}

/** The entry of a first look; none for a second one at the same call. */
async function lookIn(tx: Queries, actor: Actor, hold: string, { call, openedBy, decisionSeq }: Looked): Promise<readonly RevealFields[]> {
  const looked = await tx`
    insert into countersign.hold_looks (hold, person) values (${hold}, ${actor.id}) on conflict do nothing returning hold`
  if (looked.length === 0) return []
  const revealed = [`${openedBy}/${decisionSeq ?? 0}/arguments`]
  return [{ type: 'reveal', actor: actor.id, call, revealed, address: actor.address ?? null }]
}

/** The approver a console session stands for. */
export const approverFor = (sql: Queries, actor: Actor): Promise<Approver | null> => approverOf(sql, actor.id)
