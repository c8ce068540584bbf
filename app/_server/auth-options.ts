import 'server-only'
import { readFile } from 'node:fs/promises'
import type { AuthOptions, CookieOption, User } from 'next-auth'
import CredentialsProvider from 'next-auth/providers/credentials'
import { z } from 'zod'
import { AppError } from '../../core/errors'
import type { Desk } from '../../db/people-sign-in'
import { signInWithPassword } from '../../db/people-sign-in'
import type { From } from '../../db/sessions'
import { readConfig } from './config'
import { database } from './database'
import { oidcProvider, vouchedSignIn } from './oidc'
import { outcomeOf } from './outcome'
import { requestFrom } from './request-from'
import { cookieName, cookieOptions, cookieSecret, SESSION_SECONDS, sessionToken } from './session-cookie'
import { consoleWriter } from './writer'

/** What a provider hands to the cookie: the token of the session that the verb has opened. */
type Entering = User & { sid?: string }

/**
 * next-auth, made for one request. It carries the protocol (CSRF token, PKCE, state, nonce, the sealed cookie); who comes in is decided
 * by the verbs, which open the session and record it. The cookie holds that session's random token and nothing about anybody.
 */
export async function authOptions(): Promise<AuthOptions> {
  const { isSecure, oidc } = readConfig()
  const from = await requestFrom()
  const desk: Desk = { sql: database(), writer: await consoleWriter(), replaces: await sessionToken() }
  return {
    providers: [
      passwordProvider(desk, from),
      ...(oidc ? [oidcProvider(oidc, (await readFile(oidc.clientSecretFile, 'utf8')).trim())] : []),
    ],
    secret: await cookieSecret(),
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS },
    jwt: { maxAge: SESSION_SECONDS },
    useSecureCookies: isSecure,
    cookies: cookiesFor(isSecure),
    pages: { signIn: '/sign-in', error: '/sign-in' },
    callbacks: {
      signIn: async ({ user, account, profile }) => {
        if (account?.provider !== 'oidc' || !oidc) return 'sid' in user
        return vouchedSignIn(desk, oidc, { user, profile, from })
      },
      jwt: ({ token, user }) => {
        const { sid = token.sid } = (user ?? {}) as Entering
        return typeof sid === 'string' ? { sid } : {}
      },
      redirect: ({ url, baseUrl }) =>
        URL.canParse(url, baseUrl) && new URL(url, baseUrl).origin === baseUrl ? new URL(url, baseUrl).href : baseUrl,
    },
    logger: { error: complain, warn: () => undefined, debug: () => undefined },
  }
}

const Typed = z.object({ email: z.string().max(1_000), password: z.string().max(4_096) })

const passwordProvider = (desk: Desk, from: From) =>
  CredentialsProvider({
    id: 'password',
    credentials: { email: {}, password: {} },
    authorize: async (given): Promise<Entering | null> => {
      const outcome = await outcomeOf(async () => {
        const typed = Typed.safeParse(given)
        if (!typed.success) throw new AppError('invalid', 'Type an e-mail address and a password.')
        return signInWithPassword(desk, typed.data, from)
      })
      if (outcome.ok) return { id: outcome.value.user, sid: outcome.value.token }
      // next-auth puts this sentence into its answer; the form shows it.
      throw new Error(outcome.because)
    },
  })

const cookiesFor = (isSecure: boolean): NonNullable<AuthOptions['cookies']> => {
  const cookie = (what: string, more = {}): CookieOption => ({
    name: cookieName(what, isSecure),
    options: { ...cookieOptions(isSecure), ...more },
  })
  const brief = { maxAge: 15 * 60 }
  return {
    sessionToken: cookie('session'),
    callbackUrl: cookie('callback'),
    csrfToken: cookie('csrf'),
    pkceCodeVerifier: cookie('pkce', brief),
    state: cookie('state', brief),
    nonce: cookie('nonce', brief),
  }
}

/** The kind of failure and its first words: never what came with it, which may hold codes and tokens. */
const complain = (code: string, about: unknown): void => {
  const error = about instanceof Error ? about : typeof about === 'object' && about !== null && 'error' in about ? about.error : null
  const words = error instanceof Error ? `: ${error.message.split('\n')[0]?.slice(0, 200)}` : ''
  process.stderr.write(`console: sign-in ${code}${words}\n`)
}
