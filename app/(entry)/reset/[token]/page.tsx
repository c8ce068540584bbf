import type { Metadata } from 'next'
import { EntryCard } from '../../../../components/people/entry-card'
import { ResetForm } from '../../../../components/people/reset-form'
import { Specimen } from '../../../../components/specimen'
import { LinkButton } from '../../../../components/ui/link-button'
import { readReset } from '../../../../db/people-resets'
import { database } from '../../../_server/database'
import { reset } from './actions'

export const metadata: Metadata = { title: 'New password' }

type Props = { readonly params: Promise<{ readonly token: string }> }

export default async function ResetPage({ params }: Props) {
  const { token } = await params
  const open = await readReset(database(), token)
  if (!open)
    return (
      <EntryCard title="This link is over" lead="It was used, replaced, or is more than a day old. Ask an admin for a new one.">
        <LinkButton href="/sign-in">Sign in</LinkButton>
      </EntryCard>
    )
  return (
    <EntryCard
      title="Choose a new password"
      lead={
        <span className="[&_bdi]:font-sans">
          For <Specimen text={open.email} plain />. Wherever else you are signed in, you are signed out.
        </span>
      }
    >
      <ResetForm token={token} about={{ email: open.email, name: open.name }} action={reset} />
    </EntryCard>
  )
}
