'use server'

import { redirect } from 'next/navigation'
import { z } from 'zod'
import { join } from '../../../../db/people-invites'
import { database } from '../../../_server/database'
import { type Outcome, outcomeOf } from '../../../_server/outcome'
import { parseForm } from '../../../_server/parse-form'
import { requestFrom } from '../../../_server/request-from'
import { putSessionCookie, sessionToken } from '../../../_server/session-cookie'
import { consoleWriter } from '../../../_server/writer'

const Joining = z.object({ token: z.string().max(100), name: z.string().max(200), password: z.string().max(4_096) })

/** Joins by an invitation, and signs in. Whoever has the link may: it works once, and was sent to one address. */
export async function accept(_before: Outcome | null, form: FormData): Promise<Outcome> {
  return outcomeOf(async () => {
    const { token, ...person } = parseForm(Joining, form)
    const desk = { sql: database(), writer: await consoleWriter(), replaces: await sessionToken() }
    const started = await join(desk, token, person, await requestFrom())
    await putSessionCookie(started.token)
    return redirect('/')
  })
}
