import type { Metadata } from 'next'
import { EntryCard } from '../../../components/people/entry-card'
import { JoinForm } from '../../../components/people/join-form'
import { CommandLine } from '../../../components/ui/command-line'
import { LinkButton } from '../../../components/ui/link-button'
import { hasAdmin } from '../../../db/people'
import { isSetUpOpen } from '../../../db/people-set-up'
import { database } from '../../_server/database'
import { setUp } from './actions'

export const metadata: Metadata = { title: 'Set-up' }

type Props = { readonly searchParams: Promise<{ readonly token?: string | readonly string[] }> }

export default async function SetUpPage({ searchParams }: Props) {
  const { token } = await searchParams
  if (await hasAdmin(database()))
    return (
      <EntryCard title="This console is set up" lead="Its first admin is there; others come by invitation.">
        <LinkButton href="/sign-in" look="primary">
          Sign in
        </LinkButton>
      </EntryCard>
    )
  if (typeof token !== 'string' || !(await isSetUpOpen(database(), token)))
    return (
      <EntryCard title="This set-up link is over" lead="It was replaced, or is more than a day old. Starting the console prints a new one:">
        <CommandLine>npx countersign up</CommandLine>
      </EntryCard>
    )
  return (
    <EntryCard title="Set up Countersign" lead="You become the first admin: you invite the others and choose who may do what.">
      <JoinForm token={token} email={null} action={setUp}>
        Become the first admin
      </JoinForm>
    </EntryCard>
  )
}
