'use server'

import { redirect } from 'next/navigation'
import { z } from 'zod'
import { finishSetUp } from '../../../db/people-set-up'
import { database } from '../../_server/database'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { parseForm } from '../../_server/parse-form'
import { requestFrom } from '../../_server/request-from'
import { putSessionCookie } from '../../_server/session-cookie'
import { consoleWriter } from '../../_server/writer'

const SetUp = z.object({
  token: z.string().max(100),
  email: z.string().max(254),
  name: z.string().max(200),
  password: z.string().max(4_096),
})

/** Makes the first admin and signs them in. Whoever has the token may: it was printed on the machine of the console, and works once. */
export async function setUp(_before: Outcome | null, form: FormData): Promise<Outcome> {
  return outcomeOf(async () => {
    const { token, ...admin } = parseForm(SetUp, form)
    const desk = { sql: database(), writer: await consoleWriter() }
    const started = await finishSetUp(desk, token, admin, await requestFrom())
    await putSessionCookie(started.token)
    return redirect('/')
  })
}
