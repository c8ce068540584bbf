import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { UserMenu, type UserMenuActions } from './user-menu'
import type { UserRow } from './user-rows'

type UsersTableProps = {
  readonly users: readonly UserRow[]
  /** Who looks at it: their own row says so. */
  readonly own: string
  /** What can be done to each; null for those who only read. */
  readonly actions: UserMenuActions | null
}

export function UsersTable({ users, own, actions }: UsersTableProps) {
  return (
    <Table caption="Users">
      <TableHead>
        <HeadCell className="md:w-[44%]">Name</HeadCell>
        <HeadCell>Roles</HeadCell>
        <HeadCell>Signs in with</HeadCell>
        <HeadCell>Last seen</HeadCell>
        {actions && (
          <HeadCell>
            <span className="sr-only">Actions</span>
          </HeadCell>
        )}
      </TableHead>
      <TableBody>
        {users.map((user) => (
          <TableRow key={user.id} className={user.isDisabled ? 'text-quiet' : undefined}>
            <Cell wide={!actions}>
              <Who user={user} isOwn={user.id === own} />
            </Cell>
            <Cell wide={!actions}>
              <Roles roles={user.roles} />
              {user.groups.length > 0 && <span className="ml-2 text-quiet text-xs">in {user.groups.join(', ')}</span>}
            </Cell>
            <Cell label="Signs in with" className="text-quiet">
              {waysIn(user)}
            </Cell>
            <Cell label="Last seen" className="whitespace-nowrap text-quiet">
              {user.seenAt === null ? 'never' : <RelativeTime at={user.seenAt} />}
            </Cell>
            {actions && (
              <Cell corner className="-mt-1.5 -mr-3 md:mx-0 md:w-12 md:py-0.5">
                <UserMenu user={user} isOwn={user.id === own} actions={actions} />
              </Cell>
            )}
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

function Who({ user, isOwn }: { readonly user: UserRow; readonly isOwn: boolean }) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-2 [&_bdi]:font-sans">
      <span className="font-medium">
        <Specimen text={user.name} plain />
      </span>
      <span className="text-quiet max-md:w-full">
        <Specimen text={user.email} plain />
      </span>
      {isOwn && <Badge>you</Badge>}
      {user.isDisabled && <Badge tone="bad">disabled</Badge>}
    </div>
  )
}

export function Roles({ roles }: { readonly roles: readonly string[] }) {
  return (
    <span className="inline-flex flex-wrap gap-1">
      {roles.map((role) => (
        <Badge key={role}>{role}</Badge>
      ))}
    </span>
  )
}

const waysIn = ({ hasPassword, isLinked }: UserRow): string =>
  [hasPassword ? 'password' : '', isLinked ? 'provider' : ''].filter(Boolean).join(', ') || 'nothing yet'
