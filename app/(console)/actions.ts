'use server'

import { redirect } from 'next/navigation'
import { AppError } from '../../core/errors'
import { signOut } from '../../db/sessions'
import { requestFrom } from '../_server/request-from'
import { requireActor } from '../_server/session'
import { dropSessionCookie } from '../_server/session-cookie'
import { consoleWriter } from '../_server/writer'

/** Ends this session, records that, and leads to the sign-in. A session that is over already needs no ending. */
export async function leave(): Promise<void> {
  try {
    const actor = await requireActor('account.self')
    await signOut(await consoleWriter(), actor, await requestFrom())
  } catch (error) {
    if (!(error instanceof AppError && error.fault === 'unauthenticated')) throw error
  }
  await dropSessionCookie()
  redirect('/sign-in')
}
