'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { addressOf, readQuestion } from '../../../core/activity/question'
import { type Revealed, readCall, revealCall } from '../../../db/activity-call'
import { orderErasure } from '../../../db/erasures'
import { type Retrace, retrace } from '../../../db/retrace'
import { deleteView, saveView } from '../../../db/views'
import { database } from '../../_server/database'
import { idInput, inputOf } from '../../_server/input'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { requireActor } from '../../_server/session'
import { consoleWriter } from '../../_server/writer'

const viewInput = z.strictObject({ name: z.string().max(200), query: z.string().max(8_192), shared: z.boolean() })

/** Keeps what is shown under a name: what is kept is the question that was understood, not the text that came. */
export async function keepView(given: z.infer<typeof viewInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('view.save')
    const { name, query, shared } = inputOf(viewInput, given)
    const parameters = new URLSearchParams(query)
    const { question } = readQuestion(Object.fromEntries([...new Set(parameters.keys())].map((key) => [key, parameters.getAll(key)])))
    await saveView(database(), actor, { name, query: addressOf(question), shared })
    revalidatePath('/activity')
    return null
  })
}

export async function removeView(id: string): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('view.save')
    await deleteView(database(), actor, inputOf(idInput, id))
    revalidatePath('/activity')
    return null
  })
}

const revealInput = z.strictObject({ call: z.string().min(1).max(256) })

const eraseInput = z.strictObject({ call: z.string().min(1).max(256), because: z.string().max(5_000) })

/** The clear text of a call goes, and why is in the log; its entries stay. */
export async function eraseCall(given: z.infer<typeof eraseInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const person = await requireActor('retention.erase')
    const { call, because } = inputOf(eraseInput, given)
    await orderErasure(await consoleWriter(), { person, founder: person.id }, { scope: { call }, because })
    revalidatePath(`/activity/${encodeURIComponent(call)}`)
    return null
  })
}

export type RevealShown = {
  readonly revealed: readonly Revealed[]
  readonly retraced: readonly { readonly seq: number; readonly writer: string; readonly retrace: Retrace }[]
}

/** The clear text of a call, and the story of each of its decisions, which quotes it. Recorded before anything is shown. */
export async function reveal(given: z.infer<typeof revealInput>): Promise<Outcome<RevealShown>> {
  return outcomeOf(async () => {
    const actor = await requireActor('activity.reveal')
    const { call } = inputOf(revealInput, given)
    const revealed = await revealCall(await consoleWriter(), database(), actor, call)
    const decisions = (await readCall(database(), call)).filter(({ type }) => type === 'decision')
    const retraced = await Promise.all(
      decisions.map(async (entry) => ({ seq: entry.seq, writer: entry.writer, retrace: await retrace(database(), entry) })),
    )
    return { revealed, retraced }
  })
}
