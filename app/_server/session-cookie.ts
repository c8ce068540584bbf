import 'server-only'
import { cookies } from 'next/headers'
import { decode, encode } from 'next-auth/jwt'
import { openConsoleSecret } from '../../db/console-secret'
import { LASTS_MS } from '../../db/sessions'
import { readConfig } from './config'

export const SESSION_SECONDS = LASTS_MS / 1000

/** Over HTTPS with the prefix that keeps other hosts and plain HTTP from setting it. */
export const cookieName = (what: string, isSecure: boolean): string => `${isSecure ? '__Host-' : ''}countersign.${what}`

export const cookieOptions = (isSecure: boolean) => ({ httpOnly: true, sameSite: 'lax', path: '/', secure: isSecure }) as const

const kept = globalThis as { countersignSecret?: Promise<string> }

/** What next-auth seals its cookies with. */
export const cookieSecret = (): Promise<string> => {
  kept.countersignSecret ??= openConsoleSecret(readConfig().dataDir).catch((error: unknown) => {
    delete kept.countersignSecret
    throw error
  })
  return kept.countersignSecret
}

/** The token in this request's cookie. It proves nothing: the database says whose it is, and whether it still is. Null for none, or a forged one. */
export async function sessionToken(): Promise<string | null> {
  const sealed = (await cookies()).get(cookieName('session', readConfig().isSecure))?.value
  if (!sealed) return null
  const secret = await cookieSecret()
  // Whatever does not open is not ours, or too old: nobody is signed in by it, and why is nobody's business.
  const opened = await decode({ token: sealed, secret }).catch(() => null)
  return typeof opened?.sid === 'string' ? opened.sid : null
}

/** For actions that let somebody in without the sign-in form: the same cookie that next-auth would set. */
export async function putSessionCookie(token: string): Promise<void> {
  const { isSecure } = readConfig()
  const sealed = await encode({ token: { sid: token }, secret: await cookieSecret(), maxAge: SESSION_SECONDS })
  const jar = await cookies()
  jar.set(cookieName('session', isSecure), sealed, { ...cookieOptions(isSecure), maxAge: SESSION_SECONDS })
}

export async function dropSessionCookie(): Promise<void> {
  const { isSecure } = readConfig()
  const jar = await cookies()
  jar.set(cookieName('session', isSecure), '', { ...cookieOptions(isSecure), maxAge: 0 })
}
