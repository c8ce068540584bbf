'use client'

import { KeyRound, MoreHorizontal, ShieldCheck, UserCheck, UsersRound, UserX } from 'lucide-react'
import { useState } from 'react'
import type { Outcome } from '../../core/outcome'
import type { Role } from '../../core/roles'
import { Specimen } from '../specimen'
import { AlertDialog } from '../ui/alert-dialog'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { Menu, MenuItem } from '../ui/menu'
import { say } from '../ui/toast'
import { type ChangeGroups, GroupsDialog } from './groups-dialog'
import { useProved } from './prove-dialog'
import { ResetLink } from './reset-link'
import { RoleBoxes } from './role-boxes'
import type { UserRow } from './user-rows'

export type UserMenuActions = {
  readonly changeRoles: (input: { user: string; roles: Role[]; shown: Role[] }) => Promise<Outcome>
  readonly changeGroups: ChangeGroups
  readonly changeStanding: (input: { user: string; disabled: boolean }) => Promise<Outcome>
  readonly makeResetLink: (user: string) => Promise<Outcome<{ readonly link: string }>>
}

type Asked = 'roles' | 'groups' | 'reset' | 'disable'

type UserMenuProps = { readonly user: UserRow; readonly isOwn: boolean; readonly actions: UserMenuActions }

/** What an admin can do about one person. */
export function UserMenu({ user, isOwn, actions }: UserMenuProps) {
  const proved = useProved()
  const [open, setOpen] = useState<Asked | null>(null)
  const enable = async () => {
    const outcome = await proved(() => actions.changeStanding({ user: user.id, disabled: false }))
    if (outcome.ok) say.done('They can sign in again.')
    else say.failed(outcome.because)
  }
  return (
    <>
      <Menu
        trigger={
          <Button look="quiet" size="icon" aria-label={`Actions for ${user.name}`} className="size-7 pointer-coarse:size-10">
            <MoreHorizontal />
          </Button>
        }
      >
        <Items user={user} isOwn={isOwn} ask={setOpen} enable={() => void enable()} />
      </Menu>
      <RolesDialog user={user} actions={actions} open={open === 'roles'} onClose={() => setOpen(null)} />
      <GroupsDialog user={user} changeGroups={actions.changeGroups} open={open === 'groups'} onClose={() => setOpen(null)} />
      <ResetDialog user={user} actions={actions} open={open === 'reset'} onClose={() => setOpen(null)} />
      <DisableDialog user={user} actions={actions} open={open === 'disable'} onClose={() => setOpen(null)} />
    </>
  )
}

type ItemsProps = Omit<UserMenuProps, 'actions'> & { readonly ask: (asked: Asked) => void; readonly enable: () => void }

function Items({ user, isOwn, ask, enable }: ItemsProps) {
  return (
    <>
      <MenuItem onSelect={() => ask('roles')}>
        <ShieldCheck aria-hidden="true" />
        Change roles…
      </MenuItem>
      <MenuItem onSelect={() => ask('groups')}>
        <UsersRound aria-hidden="true" />
        Change groups…
      </MenuItem>
      {!user.isDisabled && !isOwn && (
        <MenuItem onSelect={() => ask('reset')}>
          <KeyRound aria-hidden="true" />
          Make a link for a new password…
        </MenuItem>
      )}
      {user.isDisabled ? (
        <MenuItem onSelect={enable}>
          <UserCheck aria-hidden="true" />
          Enable
        </MenuItem>
      ) : (
        <MenuItem danger onSelect={() => ask('disable')}>
          <UserX aria-hidden="true" />
          Disable…
        </MenuItem>
      )}
    </>
  )
}

type OpenProps = Omit<UserMenuProps, 'isOwn'> & { readonly open: boolean; readonly onClose: () => void }

function RolesDialog({ open, onClose, ...rest }: OpenProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(stays) => !stays && onClose()}
      title={<Named before="Roles of" name={rest.user.name} />}
      description="A change signs them out everywhere: they come back with the new roles."
    >
      <RolesForm {...rest} onClose={onClose} />
    </Dialog>
  )
}

function ResetDialog({ user, actions, open, onClose }: OpenProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(stays) => !stays && onClose()}
      title={<Named before="A new password for" name={user.name} />}
      description="Who opens the link chooses a password and is signed in as them; every other session and every personal token of theirs ends. The password of before works until then."
    >
      <ResetLink user={user} make={actions.makeResetLink} onDone={onClose} />
    </Dialog>
  )
}

function RolesForm({ user, actions, onClose }: Omit<OpenProps, 'open'>) {
  const proved = useProved()
  const [roles, setRoles] = useState(user.roles)
  const [because, setBecause] = useState<string | null>(null)
  const [pending, setPending] = useState(false)
  const save = async () => {
    setPending(true)
    const outcome = await proved(() => actions.changeRoles({ user: user.id, roles: [...roles], shown: [...user.roles] }))
    setPending(false)
    if (!outcome.ok) return setBecause(outcome.because)
    say.done('The roles are changed.')
    onClose()
  }
  return (
    <>
      {because !== null && (
        <Callout tone="bad" className="mb-3">
          {because}
        </Callout>
      )}
      <RoleBoxes chosen={roles} onChange={setRoles} />
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button look="primary" pending={pending} disabled={roles.length === 0 || isSame(roles, user.roles)} onClick={() => void save()}>
          Change roles
        </Button>
      </DialogActions>
    </>
  )
}

/** A name is somebody else's text, in a title too. */
function Named({ before, name, after = '' }: { readonly before: string; readonly name: string; readonly after?: string }) {
  return (
    <span className="[&_bdi]:font-sans">
      {before} <Specimen text={name} plain />
      {after}
    </span>
  )
}

const isSame = (some: readonly Role[], others: readonly Role[]): boolean =>
  some.length === others.length && some.every((role) => others.includes(role))

function DisableDialog({ user, actions, open, onClose }: OpenProps) {
  const proved = useProved()
  const [because, setBecause] = useState<string | null>(null)
  const [pending, setPending] = useState(false)
  const disable = async () => {
    setPending(true)
    const outcome = await proved(() => actions.changeStanding({ user: user.id, disabled: true }))
    setPending(false)
    if (!outcome.ok) return setBecause(outcome.because)
    say.done('They are shut out.')
    onClose()
  }
  return (
    <AlertDialog
      open={open}
      onOpenChange={(stays) => !stays && onClose()}
      title={<Named before="Disable" name={user.name} after="?" />}
      description="Their sessions end at once, and their personal tokens open nothing. What they did stays in the log, and you can enable them again."
      action={
        <Button look="danger" pending={pending} onClick={() => void disable()}>
          Disable
        </Button>
      }
    >
      {because !== null && (
        <Callout tone="bad" className="mt-3">
          {because}
        </Callout>
      )}
    </AlertDialog>
  )
}
