import 'server-only'
import type { Profile, User } from 'next-auth'
import type { OAuthConfig } from 'next-auth/providers/oauth'
import { AppError } from '../../core/errors'
import { REFUSALS, signInWithOidc, type Vouched } from '../../db/people-oidc'
import type { Desk } from '../../db/people-sign-in'
import { type From, LASTS_MS } from '../../db/sessions'
import type { OidcConfig } from './config'
import { outcomeOf } from './outcome'

/** What an ID token, and where it lacks the address the user-info endpoint, says. */
type Claims = Profile & { readonly email_verified?: unknown; readonly auth_time?: unknown }

/** Any OpenID provider, by its issuer alone. */
export const oidcProvider = ({ issuer, clientId, name }: OidcConfig, clientSecret: string): OAuthConfig<Claims> => ({
  id: 'oidc',
  name,
  type: 'oauth',
  wellKnown: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  clientId,
  clientSecret,
  idToken: true,
  checks: ['pkce', 'state', 'nonce'],
  // With max_age a provider must say when somebody last proved who they are, and ask again when that was before a session of ours began.
  authorization: { params: { scope: 'openid profile email', max_age: LASTS_MS / 1000 } },
  userinfo: {
    request: async ({ client, tokens }) => {
      const claims = 'claims' in tokens && typeof tokens.claims === 'function' ? (tokens.claims() as Claims) : {}
      if (claims.email !== undefined || !tokens.access_token) return claims
      // Checked to be about the same subject.
      const more: Claims = await client.userinfo(tokens.access_token, { params: {} })
      return more.sub === claims.sub ? { ...more, ...claims } : claims
    },
  },
  profile: (claims) => ({ id: claims.sub ?? '' }),
})

type Came = { readonly user: User; readonly profile: Profile | undefined; readonly from: From }

/** Opens a session for whom the provider vouches, and hands its token to the cookie; or the path that says why not. */
export async function vouchedSignIn(desk: Desk, { issuer, domains }: OidcConfig, { user, profile, from }: Came): Promise<true | string> {
  const outcome = await outcomeOf(async () => {
    try {
      return { token: (await signInWithOidc(desk, vouchedBy(issuer, profile ?? {}), domains, from)).token }
    } catch (error) {
      const because = error instanceof AppError && REFUSALS.find((refusal) => refusal === error.cause)
      if (because) return { because }
      throw error
    }
  })
  if (outcome.ok && 'token' in outcome.value) {
    Object.assign(user, { sid: outcome.value.token })
    return true
  }
  return `/sign-in?${new URLSearchParams({ error: outcome.ok ? (outcome.value.because ?? 'failed') : 'failed' })}`
}

function vouchedBy(issuer: string, { sub, email, name, email_verified: isVerified, auth_time: provedAt }: Claims): Vouched {
  if (!sub) throw new AppError('invalid', 'The provider named nobody.')
  // A clock that runs ahead over there proves nothing about the future.
  const provedAtMs = typeof provedAt === 'number' ? Math.min(provedAt * 1_000, Date.now()) : null
  return { issuer, subject: sub, email: email ?? null, emailVerified: isVerified === true, name: name ?? null, provedAtMs }
}
