'use client'

import { useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { say } from '../ui/toast'
import { type InviteAction, InviteLink } from './invite-dialog'
import { useProved } from './prove-dialog'
import type { InviteRow } from './user-rows'
import { Roles } from './users-table'

export type InviteActions = { readonly invite: InviteAction; readonly takeBack: (id: string) => Promise<Outcome> }

/** Who was invited and has not come yet; for admins with the two things one can do about it. */
export function InvitesTable({ invites, actions }: { readonly invites: readonly InviteRow[]; readonly actions: InviteActions | null }) {
  return (
    <Table caption="Open invitations">
      <TableHead>
        <HeadCell>Address</HeadCell>
        <HeadCell>Roles</HeadCell>
        <HeadCell>Invited by</HeadCell>
        <HeadCell>Ends</HeadCell>
        {actions && (
          <HeadCell>
            <span className="sr-only">Actions</span>
          </HeadCell>
        )}
      </TableHead>
      <TableBody>
        {invites.map((invite) => (
          <TableRow key={invite.id}>
            <Cell wide className="[&_bdi]:font-sans">
              <Specimen text={invite.email} plain />
            </Cell>
            <Cell wide>
              <Roles roles={invite.roles} />
            </Cell>
            <Cell label="Invited by" className="text-quiet [&_bdi]:font-sans">
              <Specimen text={invite.invitedBy} plain />
            </Cell>
            <Cell label="Ends" className="whitespace-nowrap text-quiet">
              {invite.isExpired ? <Badge tone="warning">over</Badge> : <RelativeTime at={invite.expiresAt} />}
            </Cell>
            {actions && (
              <Cell wide className="md:text-right">
                <InviteButtons invite={invite} actions={actions} />
              </Cell>
            )}
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

function InviteButtons({ invite, actions }: { readonly invite: InviteRow; readonly actions: InviteActions }) {
  const proved = useProved()
  const [link, setLink] = useState<string | null>(null)
  const again = async () => {
    const outcome = await proved(() => actions.invite({ email: invite.email, roles: [...invite.roles] }))
    if (outcome.ok) setLink(outcome.value.link)
    else say.failed(outcome.because)
  }
  const takeBack = async () => {
    const outcome = await proved(() => actions.takeBack(invite.id))
    if (outcome.ok) say.done('The invitation was taken back.')
    else say.failed(outcome.because)
  }
  return (
    <span className="inline-flex gap-1.5">
      <Button size="sm" onClick={() => void again()}>
        New link<span className="sr-only"> for {invite.email}</span>
      </Button>
      <Button size="sm" look="quiet" onClick={() => void takeBack()}>
        Take back<span className="sr-only"> the invitation of {invite.email}</span>
      </Button>
      <Dialog
        open={link !== null}
        onOpenChange={(stays) => !stays && setLink(null)}
        title="A new link"
        description="The one of before is void."
      >
        <InviteLink email={invite.email} link={link ?? ''} onDone={() => setLink(null)} />
      </Dialog>
    </span>
  )
}
