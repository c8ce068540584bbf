import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { PasswordForm } from '../../../components/people/password-form'
import { SessionsTable } from '../../../components/people/sessions-table'
import { Tokens } from '../../../components/people/tokens'
import { Roles } from '../../../components/people/users-table'
import { Specimen } from '../../../components/specimen'
import { PageHeader } from '../../../components/ui/page-header'
import { hasPassword } from '../../../db/people'
import { listTokens } from '../../../db/people-tokens'
import { listSessions } from '../../../db/sessions'
import { readConfig } from '../../_server/config'
import { database } from '../../_server/database'
import { actorOrSignIn } from '../../_server/session'
import { changePassword, dropToken, endOtherSessions, endSession, makeToken } from './actions'

export const metadata: Metadata = { title: 'Account' }

export default async function AccountPage() {
  const actor = await actorOrSignIn('account.self')
  const sql = database()
  const [sessions, tokens, isByPassword] = await Promise.all([
    listSessions(sql, actor.id),
    listTokens(sql, actor.id),
    hasPassword(sql, actor.id),
  ])
  const { email, name } = actor
  return (
    <div className="max-w-4xl">
      <PageHeader title="Account" badge={<Roles roles={actor.roles} />}>
        <span className="[&_bdi]:font-sans">
          You are <Specimen text={name} plain />, <Specimen text={email} plain />. Roles are given by an admin.
        </span>
      </PageHeader>
      <Part title="Sessions" lead="Where you are signed in. Each ends after 30 minutes without use, and after 12 hours at the latest.">
        <SessionsTable
          sessions={sessions.map(({ startedAt, seenAt, ...session }) => ({
            ...session,
            startedAt: startedAt.toISOString(),
            seenAt: seenAt.toISOString(),
          }))}
          current={actor.session}
          end={endSession}
          endOthers={endOtherSessions}
        />
      </Part>
      <Part title="Password" lead={isByPassword ? 'A change ends every other session.' : byProvider(readConfig().oidc?.name)}>
        {isByPassword && <PasswordForm change={changePassword} about={{ email, name }} />}
      </Part>
      <Part title="Personal tokens" lead="For the command line. Each can do what your roles allow at the moment it is used.">
        <Tokens
          tokens={tokens.map(({ createdAt, expiresAt, seenAt, ...token }) => ({
            ...token,
            createdAt: createdAt.toISOString(),
            expiresAt: expiresAt.toISOString(),
            seenAt: seenAt?.toISOString() ?? null,
          }))}
          make={makeToken}
          revoke={dropToken}
        />
      </Part>
    </div>
  )
}

const byProvider = (provider = 'a provider'): string => `You sign in through ${provider}; this console knows no password of yours.`

function Part({ title, lead, children }: { readonly title: string; readonly lead: string; readonly children: ReactNode }) {
  return (
    <section className="mt-8">
      <h2 className="font-medium text-lg">{title}</h2>
      <p className="mb-3 text-quiet">{lead}</p>
      {children}
    </section>
  )
}
