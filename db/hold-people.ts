import type { CastVote, VoteVerdict } from '../core/approval/quorum'
import { type Attested, type VoteFacts, voteStatement } from '../core/approval/statement'
import type { Approver } from '../core/approval/voters'
import type { Role } from '../core/roles'
import type { Queries } from './connect'

/** A vote as it is kept, signature and all. `reason` may be hostile. */
export type StoredVote = Attested & {
  readonly hold: string
  readonly voter: string
  readonly verdict: VoteVerdict
  readonly reason: string
  readonly binding: string
  readonly displayed: string
  readonly castAt: Date
}

/** Every vote on a hold, the first one first. */
export async function storedVotes(sql: Queries, hold: string): Promise<readonly StoredVote[]> {
  return sql<StoredVote[]>`
    select hold, voter, verdict, reason, binding, displayed, cast_at as "castAt", writer, statement, signature, host, certificate
    from countersign.votes where hold = ${hold} order by cast_at, voter`
}

/** The statement that this vote must carry. */
export const statedBy = ({ hold, binding, displayed, voter, verdict, castAt }: StoredVote) => {
  const facts: VoteFacts = { hold, binding, displayed, voter, verdict, at: castAt.toISOString() }
  return (signer: { readonly log: string; readonly writer: string }): string => voteStatement(signer, facts)
}

type PersonRow = {
  readonly id: string
  readonly email: string
  readonly isEnabled: boolean
  readonly roles: string
  readonly groups: string
}

const personFrom = ({ id, email, roles, groups }: PersonRow): Approver => ({
  id,
  email,
  roles: roles.split(',') as Role[],
  groups: groups === '' ? [] : groups.split(','),
})

const enabled = (rows: readonly PersonRow[]): ReadonlyMap<string, Approver> =>
  new Map(rows.filter(({ isEnabled }) => isEnabled).map((row) => [row.id, personFrom(row)]))

/** Who voted on a hold and is enabled, as they are now and until the transaction ends. By id. */
export async function votersOf(tx: Queries, hold: string): Promise<ReadonlyMap<string, Approver>> {
  return enabled(await tx<PersonRow[]>`select id, email, is_enabled as "isEnabled", roles, groups from countersign.hold_voters(${hold})`)
}

/** Whoever made a grant, the same way; null when they are disabled. */
export async function makerOf(tx: Queries, grant: string): Promise<Approver | null> {
  const rows = await tx<PersonRow[]>`select id, email, is_enabled as "isEnabled", roles, groups from countersign.grant_maker(${grant})`
  return [...enabled(rows).values()][0] ?? null
}

/** Somebody as the rules for approvers see them now; null when they are gone or disabled. For the console's login. */
export async function approverOf(sql: Queries, id: string): Promise<Approver | null> {
  return (await peopleNow(sql, sql`u.id = ${id}`)).get(id) ?? null
}

/** Who voted on a hold and is enabled, for showing: holds nobody's row. For the console's login. */
export const votersShown = (sql: Queries, hold: string): Promise<ReadonlyMap<string, Approver>> =>
  peopleNow(sql, sql`u.id in (select voter from countersign.votes where hold = ${hold})`)

async function peopleNow(sql: Queries, which: ReturnType<Queries>): Promise<ReadonlyMap<string, Approver>> {
  return enabled(
    await sql<PersonRow[]>`
      select u.id, u.email, u.disabled_at is null as "isEnabled", array_to_string(u.roles, ',') as roles,
        (select coalesce(string_agg(m.group_name, ','), '') from countersign.group_members m where m.user_id = u.id) as groups
      from countersign.users u where ${which}`,
  )
}

export const castBy = (votes: readonly StoredVote[], people: ReadonlyMap<string, Approver>): readonly CastVote[] =>
  votes.map(({ voter, verdict }) => ({ voter, verdict, person: people.get(voter) ?? null }))
