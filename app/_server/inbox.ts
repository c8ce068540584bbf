import 'server-only'
import { cache } from 'react'
import type { GrantShown } from '../../components/inbox/grants-table'
import type { Wanted } from '../../components/inbox/history-wanted'
import type { CardShown, Contents, HoldRow } from '../../components/inbox/inbox-shown'
import type { TooManyShown } from '../../components/inbox/too-many'
import { approverSets } from '../../core/approval/quorum'
import { INELIGIBLE, isNamed, whyNot } from '../../core/approval/voters'
import { type Actor, hasRight } from '../../core/roles'
import { listGrants } from '../../db/hold-grants'
import { approverOf } from '../../db/hold-people'
import { pinStanding, readInboxMark, revokerOf, type Said, usesOfGrants, votersNamed } from '../../db/hold-stories'
import { databaseNowMs, type Hold } from '../../db/holds'
import {
  type HoldCard,
  holdCard,
  type InboxCursor,
  type InboxList,
  type InboxNarrowing,
  type InboxRow,
  inbox,
  noteLook,
} from '../../db/inbox'
import { namesOf } from '../../db/policy-list'
import { listTooMany, type TooManyHolds } from '../../db/too-many-holds'
import { database } from './database'
import { consoleWriter } from './writer'

/** Once for everything that one page draws. */
export const markHere = cache(() => readInboxMark(database()))
const approverHere = cache((id: string) => approverOf(database(), id))

export const ON_A_PAGE = 30
const LATELY = 5

export type ListAsked = {
  readonly list: InboxList
  readonly after: InboxCursor | null
  readonly only?: InboxNarrowing
  readonly limit?: number
}

export type ListShown = { readonly rows: readonly HoldRow[]; readonly next: InboxCursor | null }

/** One page of a list as this person sees it, with who said what. Nothing in it quotes a call. */
export async function readList(actor: Actor, { list, after, only = {}, limit = ON_A_PAGE }: ListAsked): Promise<ListShown> {
  const person = await approverHere(actor.id)
  const { rows, next } = await inbox(database(), { list, after, only, limit, ...(person ? { person } : {}) })
  const said = await votersNamed(
    database(),
    rows.map(({ id }) => id),
  )
  return { rows: rows.map((row) => rowFrom(row, said.get(row.id) ?? [])), next }
}

/** What waits, what was decided last, and how many there are: the left side of the inbox. */
export async function readInbox(actor: Actor, after: InboxCursor | null) {
  // Before the rest: what comes in between is asked for again.
  const told = await markHere()
  const [waiting, approved, over, counts, nowMs, tooMany] = await Promise.all([
    readList(actor, { list: 'waiting', after }),
    readList(actor, { list: 'approved', after: null, limit: ON_A_PAGE }),
    readList(actor, { list: 'over', after: null, limit: LATELY }),
    countHere(),
    databaseNowMs(database()),
    listTooMany(database()),
  ])
  return { ...waiting, approved: approved.rows, lately: over.rows, counts, nowMs, told, tooMany: tooMany.map(tooManyShown) }
}

export const tooManyShown = ({ principal, waiting, denied, beganAt }: TooManyHolds): TooManyShown => ({
  ...{ principal, waiting, denied, beganAt: beganAt.toISOString() },
})

const countHere = async () => {
  const [{ waiting }, grants] = await Promise.all([markHere(), listGrants(database(), { limit: GRANTS })])
  return { waiting, grants: grants.length }
}

/** Decided calls, the newest end first. */
export async function readHistory(actor: Actor, { end, tool, server, principal, mine, after }: Wanted) {
  const state = end === 'all' || end === 'unanswered' ? null : end
  const only = { state, tool, server, principal, voter: mine ? actor.id : null }
  const list = end === 'unanswered' ? 'unanswered' : 'over'
  const [page, counts] = await Promise.all([readList(actor, { list, after, only }), countHere()])
  return { ...page, counts }
}

const GRANTS = 500

/** Grants as they stand, those that still let calls through first; what their shapes say is for those who may see what calls carry. */
export async function readGrants(actor: Actor) {
  const sql = database()
  const [all, counts, nowMs] = await Promise.all([listGrants(sql, { limit: GRANTS, ended: true }), countHere(), databaseNowMs(sql)])
  const [names, uses] = await Promise.all([
    namesOf(
      sql,
      all.flatMap(({ madeBy, endedBy }) => (endedBy === null ? [madeBy] : [madeBy, endedBy])),
    ),
    usesOfGrants(
      sql,
      all.map(({ id }) => id),
    ),
  ])
  const maySee = hasRight(actor, 'activity.reveal')
  const grants = all.map((grant): GrantShown => {
    const { id, hold, principal, server, tool, shape, uses: most, used, madeBy, madeAt, expiresAt, endedAt, endedBy, endedBecause } = grant
    return {
      ...{ id, hold, principal, server, tool, used, most, calls: uses.get(id) ?? [] },
      shape: maySee ? shape : null,
      ...{ madeBy: names.get(madeBy) ?? madeBy, endedBy: endedBy === null ? null : (names.get(endedBy) ?? endedBy), endedBecause },
      ...{ madeAt: madeAt.toISOString(), expiresAt: expiresAt.toISOString(), endedAt: endedAt?.toISOString() ?? null },
      isOpen: endedAt === null && used < most && expiresAt.getTime() > nowMs,
    }
  })
  return { grants, counts, nowMs }
}

/** How many of the calls that end next this person could decide about now. */
export const countMine = async (actor: Actor, limit: number): Promise<number> => {
  const { rows } = await readList(actor, { list: 'waiting', after: null, limit })
  return rows.filter(({ ineligible, ownVote }) => ineligible === null && ownVote === null).length
}

const rowFrom = (row: InboxRow, said: readonly Said[]): HoldRow => ({
  ...timesOf(row),
  ...{ sizeBytes: row.sizeBytes, approved: row.approves, ineligible: row.ineligible, ownVote: row.ownVote },
  needed: approverSets(row.approvals).reduce((sum, { quorum }) => sum + quorum, 0),
  said: said.map(({ name, verdict, castAt }) => ({ name, verdict, at: castAt.toISOString(), reason: '' })),
})

const timesOf = ({ id, state, tool, server, principal, rule, because, openedAt, decideByMs, useBy, decidedAt, endedAt }: Hold) => ({
  ...{ id, state, tool, server, principal, rule, because },
  openedAt: openedAt.toISOString(),
  decideBy: new Date(decideByMs).toISOString(),
  useBy: useBy?.toISOString() ?? null,
  decidedAt: decidedAt?.toISOString() ?? null,
  endedAt: endedAt?.toISOString() ?? null,
})

/**
 * Everything this person may see of a held call; null where there is no such hold. What the call carries is shown to those who may see what
 * calls carried, and that they looked is in the log before they do.
 */
export async function readCard(actor: Actor, id: string): Promise<CardShown | null> {
  const sql = database()
  const found = await holdCard(sql, id)
  if (!found) return null
  const { hold, displayed, isWhole, isKept, standing, votes, argumentBytes } = found
  const maySee = hasRight(actor, 'activity.reveal')
  if (maySee) await noteLook(await consoleWriter(), actor, hold, found.before)
  const [person, names, pin, nowMs, contents, revokedBy] = await Promise.all([
    approverHere(actor.id),
    namesOf(sql, hold.owner === null ? [] : [hold.owner]),
    pinStanding(sql, hold),
    databaseNowMs(sql),
    maySee ? contentsOf(found) : null,
    revokerOf(sql, hold),
  ])
  const sets = approverSets(hold.approvals)
  const ineligible = person ? whyNot(person, hold, sets) : 'role'
  const own = votes.find(({ voter }) => voter === actor.id)
  return {
    ...timesOf(hold),
    ...{ call: hold.call, assurance: hold.assurance, pin, displayed, isWhole, isKept, nowMs, contents, ineligible, revokedBy },
    ...{ binding: hold.binding, useWithinMs: hold.useWithinMs, sizeBytes: argumentBytes.length, sets: standing.sets },
    ...{ approved: standing.approved, needed: standing.needed, ownVote: own?.verdict ?? null, guardrail: hold.guardrail !== null },
    owner: hold.owner === null ? null : (names.get(hold.owner) ?? hold.owner),
    policy: { name: hold.policyName, version: hold.policyVersion },
    said: votes.map(({ voterName, verdict, castAt, reason }) => ({
      ...{ name: voterName, verdict, at: castAt.toISOString() },
      reason: maySee ? reason : '',
    })),
    mayDecide: hasRight(actor, 'hold.decide'),
    mayRevoke: ineligible === null || ineligible === 'requester' || (ineligible === 'not_named' && actor.roles.includes('admin')),
    noGrant: ineligible === null ? noGrant(sets, person) : INELIGIBLE[ineligible],
    mayDraft: hasRight(actor, 'policy.draft'),
  }
}

type Person = Awaited<ReturnType<typeof approverHere>>

const noGrant = (sets: ReturnType<typeof approverSets>, person: Person): string | null =>
  person && sets.every(({ approvers, quorum }) => quorum === 1 && isNamed(person, approvers))
    ? null
    : 'The rule asks several people about each of these calls, so no one person can let more of them through.'

/** Beyond this the bytes are shown once, in their one text. */
const RAW_LIMIT_BYTES = 256 * 1024

const contentsOf = ({ hold, card, before, argumentBytes }: HoldCard): Contents => ({
  arguments: card.arguments,
  raw: argumentBytes.length > RAW_LIMIT_BYTES ? null : textFrom(argumentBytes),
  beside: card.beside,
  reason: hold.reason,
  before: before ? { hold: before.hold, at: before.decidedAt.toISOString(), arguments: before.arguments } : null,
})

function textFrom(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}
