import type { SessionFields, SessionRefusal, UserFields } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Queries } from './connect'
import { insertUser } from './people'
import { inviteOf, joinInvited } from './people-invites'
import type { Desk, Started } from './people-sign-in'
import { endReplaced, type From, startSession } from './sessions'

/** What a provider said of somebody, in an ID token that was checked. `provedAtMs` is when they last proved it there, where it says so. */
export type Vouched = {
  readonly issuer: string
  readonly subject: string
  readonly email: string | null
  readonly emailVerified: boolean
  readonly name: string | null
  readonly provedAtMs: number | null
}

type Admitted = { readonly user: string; readonly entries: readonly UserFields[] }
type Turned = { readonly user: string | null; readonly because: OidcRefusal }

/** Why somebody is turned away: they have shown who they are, so they may know. */
export const REFUSALS = ['disabled', 'not_invited', 'email_not_verified'] as const satisfies readonly SessionRefusal[]
export type OidcRefusal = (typeof REFUSALS)[number]

/**
 * Lets in whom a provider vouches for: somebody known from there; a user, or somebody invited, with the same verified address; or anybody
 * with an address of `domains`, as a viewer. Throws AppError('forbidden') for anybody else: why is its `cause`, and in the log.
 */
export const signInWithOidc = (desk: Desk, vouched: Vouched, domains: readonly string[], from: From): Promise<Started> =>
  desk.writer.commit(async (tx) => {
    const admitted = await admit(tx, vouched, domains, from)
    if ('because' in admitted) {
      const { because } = admitted
      const entry: SessionFields = {
        type: 'session.refused',
        user: admitted.user,
        session: null,
        method: 'oidc',
        because,
        address: from.address,
      }
      return { entries: [entry], refuse: new AppError('forbidden', 'This account is not let in.', { cause: because }) }
    }
    const { user, entries } = admitted
    const replaced = await endReplaced(tx, desk.replaces ?? null, user, from)
    const { entry, ...started } = await startSession(tx, { ...from, user, method: 'oidc', provedAtMs: vouched.provedAtMs })
    return { entries: [...entries, ...replaced, entry], result: { user, ...started } }
  })

async function admit(tx: Queries, vouched: Vouched, domains: readonly string[], from: From): Promise<Admitted | Turned> {
  const known = await findUser(tx, { linked: vouched })
  if (known) return known.disabled ? { user: known.id, because: 'disabled' } : { user: known.id, entries: [] }
  return admitByAddress(tx, vouched, domains, from)
}

async function admitByAddress(tx: Queries, vouched: Vouched, domains: readonly string[], from: From): Promise<Admitted | Turned> {
  const email = vouched.email?.trim().normalize('NFC').toLowerCase() ?? ''
  if (!vouched.emailVerified || email === '') return { user: null, because: 'email_not_verified' }
  const there = await findUser(tx, { email })
  // An address that came from this provider under another subject was given to somebody else there: they are not this user.
  if (there && (there.disabled || (await isLinked(tx, there.id, vouched.issuer))))
    return { user: there.id, because: there.disabled ? 'disabled' : 'not_invited' }
  const joined = there ? { user: there.id, entries: [] } : await joinAs(tx, email, vouched.name, domains, from)
  return 'because' in joined ? joined : link(tx, joined, vouched, from)
}

async function joinAs(tx: Queries, email: string, name: string | null, domains: readonly string[], from: From): Promise<Admitted | Turned> {
  const called = name?.trim().slice(0, 100) || email.slice(0, 100)
  const open = await inviteOf(tx, email)
  const isOurs = domains.includes(email.slice(email.lastIndexOf('@') + 1))
  if (!open && !isOurs) return { user: null, because: 'not_invited' }
  const joined = open
    ? await joinInvited(tx, open, called, from)
    : await insertUser(tx, { email, name: called, roles: ['viewer'] }, { by: 'domain', invite: null, address: from.address })
  return { user: joined.id, entries: [joined.entry] }
}

async function link(tx: Queries, { user, entries }: Admitted, { issuer, subject }: Vouched, { address }: From): Promise<Admitted> {
  await tx`insert into countersign.identities (issuer, subject, user_id) values (${issuer}, ${subject}, ${user})`
  return { user, entries: [...entries, { type: 'user.link', user, issuer, address }] }
}

type Found = { readonly id: string; readonly disabled: boolean }

/** The row is held until the transaction ends: whoever is being disabled at this moment is not let in. */
async function findUser(tx: Queries, by: { readonly linked: Vouched } | { readonly email: string }): Promise<Found | null> {
  const [row] =
    'email' in by
      ? await tx<Found[]>`select id, disabled_at is not null as disabled from countersign.users where email = ${by.email} for share`
      : await tx<Found[]>`
          select u.id, u.disabled_at is not null as disabled
          from countersign.identities i join countersign.users u on u.id = i.user_id
          where i.issuer = ${by.linked.issuer} and i.subject = ${by.linked.subject} for share of u`
  return row ?? null
}

async function isLinked(tx: Queries, user: string, issuer: string): Promise<boolean> {
  const rows = await tx`select from countersign.identities where user_id = ${user} and issuer = ${issuer}`
  return rows.length > 0
}
