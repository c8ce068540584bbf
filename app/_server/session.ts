import 'server-only'
import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import { cache } from 'react'
import { AppError } from '../../core/errors'
import { type Actor, hasRight, PROOF_LASTS_MS, PROVE_FIRST, PROVED_RIGHTS, type Right, requireRight } from '../../core/roles'
import { readSession } from '../../db/sessions'
import { database } from './database'
import { tellErrorPage } from './failure'
import { recordRefused } from './refused'
import { requestFrom } from './request-from'
import { sessionToken } from './session-cookie'

/**
 * For actions and routes: who asks, if they may, by the database's rows at this moment. Throws AppError('unauthenticated') or
 * ('forbidden'); for a right that must be proved and no fresh proof, ('unauthenticated') with the sentence PROVE_FIRST. `passive` is for
 * requests that nobody made by hand: they do not keep the session from going idle.
 */
export async function requireActor(right: Right, { passive = false } = {}): Promise<Actor> {
  const actor = await currentActor(passive)
  if (!actor || !hasRight(actor, right)) await recordLacking(right, actor, passive)
  if (!actor) throw new AppError('unauthenticated', 'Sign in first.')
  requireRight(actor, right)
  if (PROVED_RIGHTS.includes(right)) requireProof(actor)
  return actor
}

/** A page that goes on asking by itself after its session is over is nobody's attempt. */
async function recordLacking(right: Right, actor: Actor | null, passive: boolean): Promise<void> {
  if (passive && !actor) return
  const { address } = await requestFrom()
  recordRefused({ because: actor ? 'forbidden' : 'unauthenticated', right, actor: actor?.id ?? null, address })
}

/** For the few things one does to one's own account that need a fresh proof too. */
export function requireProof({ provedMs }: Actor): void {
  if (!(provedMs <= PROOF_LASTS_MS)) throw new AppError('unauthenticated', PROVE_FIRST)
}

/**
 * For pages: the same, but sends whoever is not signed in to the sign-in page, and whoever may not to the not-found page. Looking needs
 * no fresh proof.
 */
export async function actorOrSignIn(right: Right): Promise<Actor> {
  const actor = await currentActor(false).catch(tellErrorPage)
  if (!actor) redirect(await signInPath())
  if (!hasRight(actor, right)) notFound()
  return actor
}

/** Whoever is signed in, or nobody. */
export const currentActor = cache(async (passive: boolean): Promise<Actor | null> => {
  const token = await sessionToken()
  return token === null ? null : actorOf(token, passive)
})

/** For streams: asks again who this is, whenever called, long after the request's own headers are gone. */
export async function watchSession(right: Right): Promise<() => Promise<boolean>> {
  const token = await sessionToken()
  return async () => {
    const actor = token === null ? null : await readSession(database(), token, { passive: true })
    return actor !== null && hasRight(actor, right)
  }
}

const actorOf = async (token: string, passive: boolean): Promise<Actor | null> => {
  const actor = await readSession(database(), token, { passive })
  if (!actor) return null
  const { address } = await requestFrom()
  return address === null ? actor : { ...actor, address }
}

/** Set by proxy.ts for every request: the path that was asked for. */
const PATH = 'x-countersign-path'

const signInPath = async (): Promise<string> => {
  const path = (await headers()).get(PATH)
  return path && path !== '/' ? `/sign-in?${new URLSearchParams({ next: path })}` : '/sign-in'
}
