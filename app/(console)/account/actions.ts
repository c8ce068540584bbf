'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { changePassword as changeOwnPassword, type Desk, proveByPassword } from '../../../db/people-sign-in'
import { createToken, revokeToken } from '../../../db/people-tokens'
import { endOwnSession, endOwnSessions } from '../../../db/sessions'
import { database } from '../../_server/database'
import { idInput, inputOf } from '../../_server/input'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { parseForm } from '../../_server/parse-form'
import { requestFrom } from '../../_server/request-from'
import { requireActor, requireProof } from '../../_server/session'
import { consoleWriter } from '../../_server/writer'

const desk = async (): Promise<Desk> => ({ sql: database(), writer: await consoleWriter() })

/** Renews the proof of this session by its user's password. */
export async function proveMyself(password: string): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('account.self')
    await proveByPassword(await desk(), actor, inputOf(z.string().max(4_096), password), await requestFrom())
    return null
  })
}

const Passwords = z.object({ current: z.string().max(4_096), password: z.string().max(4_096) })

/** Every other session of this person ends. */
export async function changePassword(_before: Outcome | null, form: FormData): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('account.self')
    const { current, password } = parseForm(Passwords, form)
    await changeOwnPassword(await desk(), actor, { current, next: password }, await requestFrom())
    revalidatePath('/account')
    return null
  })
}

export async function endSession(session: string): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('account.self')
    await endOwnSession(await consoleWriter(), actor, inputOf(idInput, session))
    revalidatePath('/account')
    return null
  })
}

export async function endOtherSessions(): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('account.self')
    await endOwnSessions(await consoleWriter(), actor)
    revalidatePath('/account')
    return null
  })
}

const NewToken = z.object({ name: z.string().max(200), days: z.coerce.number() })

/** A token outlives the session it was made in, so it needs a fresh proof. What comes back is shown once. */
export async function makeToken(form: FormData): Promise<Outcome<{ readonly token: string }>> {
  return outcomeOf(async () => {
    const actor = await requireActor('account.self')
    requireProof(actor)
    const { token } = await createToken(await consoleWriter(), actor, parseForm(NewToken, form))
    revalidatePath('/account')
    return { token }
  })
}

export async function dropToken(token: string): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('account.self')
    await revokeToken(await consoleWriter(), actor, inputOf(idInput, token))
    revalidatePath('/account')
    return null
  })
}
