'use server'

import { redirect } from 'next/navigation'
import { z } from 'zod'
import { resetPassword } from '../../../../db/people-resets'
import { database } from '../../../_server/database'
import { type Outcome, outcomeOf } from '../../../_server/outcome'
import { parseForm } from '../../../_server/parse-form'
import { requestFrom } from '../../../_server/request-from'
import { putSessionCookie, sessionToken } from '../../../_server/session-cookie'
import { consoleWriter } from '../../../_server/writer'

const Resetting = z.object({ token: z.string().max(100), password: z.string().max(4_096) })

/** Sets a new password and signs in. Whoever has the link may: it works once, and was sent to one person. */
export async function reset(_before: Outcome | null, form: FormData): Promise<Outcome> {
  return outcomeOf(async () => {
    const { token, password } = parseForm(Resetting, form)
    const desk = { sql: database(), writer: await consoleWriter(), replaces: await sessionToken() }
    const started = await resetPassword(desk, token, password, await requestFrom())
    await putSessionCookie(started.token)
    return redirect('/')
  })
}
