import { AppError } from '../core/errors'
import { type Actor, ROLES } from '../core/roles'
import type { Queries } from './connect'
import { managing } from './people'
import type { Writer } from './writer'

export type Group = { readonly name: string; readonly members: readonly string[] }

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/
const AT_MOST = 100

/** Every group there ever was, with the ids of its members now. A policy may name them as approvers. */
export async function listGroups(sql: Queries): Promise<readonly Group[]> {
  const rows = await sql<{ name: string; members: string }[]>`
    select g.name, coalesce(string_agg(m.user_id, ',' order by m.user_id), '') as members
    from countersign.groups g left join countersign.group_members m on m.group_name = g.name group by g.name order by g.name limit 1000`
  return rows.map(({ name, members }) => ({ name, members: members === '' ? [] : members.split(',') }))
}

/** The names of the groups somebody is in. */
export async function groupsOf(sql: Queries, user: string): Promise<readonly string[]> {
  const rows = await sql<{ name: string }[]>`
    select group_name as name from countersign.group_members where user_id = ${user} order by group_name`
  return rows.map(({ name }) => name)
}

/** A group's name as policies write it. Throws AppError('invalid') for another, and for a role's. */
export function groupName(text: string): string {
  const name = text.trim().toLowerCase()
  if (!NAME.test(name))
    throw new AppError('invalid', 'A group’s name is lower-case letters, digits, dots, dashes and underscores, at most 63.')
  if ((ROLES as readonly string[]).includes(name))
    throw new AppError('invalid', `${name} is the name of a role, and a policy means the role by it.`)
  return name
}

/** Puts somebody in these groups and no others, instead of the ones that were `shown`. A name that is new makes the group. */
export function setGroups(
  writer: Writer,
  actor: Actor,
  { user, groups, shown }: { readonly user: string; readonly groups: readonly string[]; readonly shown: readonly string[] },
): Promise<void> {
  const after = [...new Set(groups.map(groupName))].sort()
  if (after.length > AT_MOST) throw new AppError('invalid', `Somebody is in at most ${AT_MOST} groups.`)
  return managing(writer, actor, async (tx) => {
    // Claims hold the rows of voters while they count them: whoever is changed here is changed before or after.
    const there = await tx`select from countersign.users where id = ${user} for update`
    if (there.length === 0) throw new AppError('not_found', 'There is no such user.')
    const before = await groupsOf(tx, user)
    if (before.join() !== [...shown].sort().join())
      return { entries: [], refuse: new AppError('conflict', 'Somebody else changed these groups meanwhile; look again.') }
    if (before.join() === after.join()) return { entries: [], result: undefined }
    const names = after.join(',')
    await tx`insert into countersign.groups (name) select unnest(string_to_array(${names}, ',')) on conflict do nothing`
    await tx`delete from countersign.group_members where user_id = ${user} and group_name <> all(string_to_array(${names}, ','))`
    await tx`insert into countersign.group_members (group_name, user_id)
      select unnest(string_to_array(${names}, ',')), ${user} on conflict do nothing`
    const entry = { type: 'user.groups', actor: actor.id, user, before, after, address: actor.address ?? null } as const
    return { entries: [entry], result: undefined }
  })
}
