import type { Metadata } from 'next'
import { EntryCard } from '../../../../components/people/entry-card'
import { JoinForm } from '../../../../components/people/join-form'
import { LinkButton } from '../../../../components/ui/link-button'
import { readInvite } from '../../../../db/people-invites'
import { database } from '../../../_server/database'
import { accept } from './actions'

export const metadata: Metadata = { title: 'Invitation' }

type Props = { readonly params: Promise<{ readonly token: string }> }

export default async function InvitePage({ params }: Props) {
  const { token } = await params
  const invite = await readInvite(database(), token)
  if (!invite)
    return (
      <EntryCard title="This invitation is over" lead="It was used, taken back, sent again, or is more than a week old. Ask for a new one.">
        <LinkButton href="/sign-in">Sign in</LinkButton>
      </EntryCard>
    )
  return (
    <EntryCard title="Join this console" lead={`You were invited as ${invite.roles.join(', ')}.`}>
      <JoinForm token={token} email={invite.email} action={accept}>
        Join
      </JoinForm>
    </EntryCard>
  )
}
