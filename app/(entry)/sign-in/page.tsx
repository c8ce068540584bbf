import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { EntryCard } from '../../../components/people/entry-card'
import { SignInForm } from '../../../components/people/sign-in-form'
import { Callout } from '../../../components/ui/callout'
import { CommandLine } from '../../../components/ui/command-line'
import { hasAdmin } from '../../../db/people'
import { readConfig } from '../../_server/config'
import { database } from '../../_server/database'
import { currentActor } from '../../_server/session'

export const metadata: Metadata = { title: 'Sign in' }

type Props = { readonly searchParams: Promise<{ readonly [name: string]: string | readonly string[] | undefined }> }

export default async function SignInPage({ searchParams }: Props) {
  const { next, error } = await searchParams
  const to = ownPath(next)
  if (await currentActor(true)) redirect(to)
  if (!(await hasAdmin(database())))
    return (
      <EntryCard title="Nobody can sign in yet" lead="This console waits for its first admin.">
        <Callout title="Open the set-up link">
          <p className="mb-2">It was printed where the console was started. A new one is printed each time it starts:</p>
          <CommandLine>npx countersign up</CommandLine>
        </Callout>
      </EntryCard>
    )
  const because = typeof error === 'string' ? (SENTENCES.get(error) ?? 'Signing in did not work; try again.') : null
  return (
    <EntryCard title="Sign in">
      <SignInForm to={to} provider={readConfig().oidc?.name ?? null} because={because} />
      <p className="text-quiet text-sm">Forgot your password? An admin of this console can make you a link for a new one.</p>
    </EntryCard>
  )
}

/** The words of an address are anybody's: known ones become sentences of ours, nothing is repeated. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['disabled', 'Your account is disabled; ask an admin of this console.'],
  ['not_invited', 'Nobody has invited you to this console; ask one of its admins.'],
  ['email_not_verified', 'Your provider does not say that your e-mail address is verified.'],
  ['OAuthSignin', 'The provider could not be reached; try again, or sign in with a password.'],
  ['OAuthCallback', 'The provider did not let you in, or its answer came too late; try again.'],
])

/** A path of this console, and never one that leads elsewhere: `/..//elsewhere` becomes `//elsewhere` only once it is read. */
const ownPath = (path: unknown): string => {
  if (typeof path !== 'string' || !ROOTED.test(path)) return '/'
  const { origin, pathname, search } = new URL(path, 'http://own.invalid')
  return origin === 'http://own.invalid' && ROOTED.test(pathname) && !LEADS_BACK.test(pathname) ? `${pathname}${search}` : '/'
}

const ROOTED = /^\/(?![/\\])/
const LEADS_BACK = /^\/(?:api|sign-in)(?:\/|$)/
