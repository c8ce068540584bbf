import 'server-only'
import { AppError } from '../../core/errors'
import type { Actor, Right } from '../../core/roles'

/** For actions and routes: who asks, if they may. Throws AppError('unauthenticated') or ('forbidden'). */
export async function requireActor(_right: Right): Promise<Actor> {
  throw new AppError('unauthenticated', 'Sign in first.')
}

/** For pages: the same, but sends whoever is not signed in to the sign-in page, and whoever may not to the not-found page. */
export async function actorOrSignIn(right: Right): Promise<Actor> {
  return requireActor(right)
}
