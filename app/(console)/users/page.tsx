import type { Metadata } from 'next'
import { InviteDialog } from '../../../components/people/invite-dialog'
import { InvitesTable } from '../../../components/people/invites-table'
import type { InviteRow, UserRow } from '../../../components/people/user-rows'
import { UserSearch } from '../../../components/people/user-search'
import { UsersTable } from '../../../components/people/users-table'
import { EmptyState } from '../../../components/ui/empty-state'
import { PageHeader } from '../../../components/ui/page-header'
import { Pill } from '../../../components/ui/pill'
import { hasRight } from '../../../core/roles'
import { type Group, listGroups } from '../../../db/groups'
import { countUsers, listUsers, type User } from '../../../db/people'
import { type Invite, listInvites } from '../../../db/people-invites'
import { database } from '../../_server/database'
import { actorOrSignIn } from '../../_server/session'
import { changeGroups, changeRoles, changeStanding, inviteUser, makeResetLink, takeBackInvite } from './actions'

export const metadata: Metadata = { title: 'Users' }

const ON_A_PAGE = 100

type Props = { readonly searchParams: Promise<{ readonly [name: string]: string | readonly string[] | undefined }> }

export default async function UsersPage({ searchParams }: Props) {
  const actor = await actorOrSignIn('user.read')
  const { search, page: asked } = readQuery(await searchParams)
  const sql = database()
  const found = await countUsers(sql, search)
  const pages = Math.max(1, Math.ceil(found / ON_A_PAGE))
  const page = Math.min(asked, pages)
  const [users, invites, groups] = await Promise.all([
    listUsers(sql, { search, offset: (page - 1) * ON_A_PAGE, limit: ON_A_PAGE }),
    listInvites(sql),
    listGroups(sql),
  ])
  const isAdmin = hasRight(actor, 'user.manage')
  return (
    <>
      <PageHeader title="Users" badge={<Pill>{found}</Pill>} actions={isAdmin && <InviteDialog invite={inviteUser} />}>
        Who may come in, and what they may do here.
      </PageHeader>
      <UserSearch search={search} page={page} pages={pages} />
      {users.length > 0 ? (
        <UsersTable
          users={users.map((user) => userRow(user, groups))}
          own={actor.id}
          actions={isAdmin ? { changeRoles, changeGroups, changeStanding, makeResetLink } : null}
        />
      ) : (
        <EmptyState title="Nobody is called that">Look for a part of a name or of an address.</EmptyState>
      )}
      {invites.length > 0 && (
        <section className="mt-8">
          <h2 className="mb-2 font-medium text-lg">
            Invited, not here yet <Pill>{invites.length}</Pill>
          </h2>
          <InvitesTable invites={invites.map(inviteRow)} actions={isAdmin ? { invite: inviteUser, takeBack: takeBackInvite } : null} />
        </section>
      )}
    </>
  )
}

const readQuery = ({ q, page }: { readonly [name: string]: unknown }) => ({
  search: typeof q === 'string' ? q.trim().slice(0, 200) : '',
  page: typeof page === 'string' && /^[1-9]\d{0,4}$/.test(page) ? Number(page) : 1,
})

const userRow = ({ id, email, name, roles, seenAt, disabledAt, hasPassword, isLinked }: User, groups: readonly Group[]): UserRow => ({
  groups: groups.filter(({ members }) => members.includes(id)).map((group) => group.name),
  ...{ id, email, name, roles, hasPassword, isLinked },
  seenAt: seenAt?.toISOString() ?? null,
  isDisabled: disabledAt !== null,
})

const inviteRow = ({ id, email, roles, invitedBy, expiresAt, isExpired }: Invite): InviteRow => ({
  ...{ id, email, roles, invitedBy, isExpired },
  expiresAt: expiresAt.toISOString(),
})
