'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { abandonDraft, submitDraft } from '../../../../db/drafts'
import { publishDraft, rollBack } from '../../../../db/releases'
import { castVote } from '../../../../db/reviews'
import { consoleDesk } from '../../../_server/desk'
import { inputOf, messageInput, policyNameInput, seenInput, versionInput } from '../../../_server/input'
import { type Outcome, outcomeOf } from '../../../_server/outcome'
import { requireActor } from '../../../_server/session'
import { consoleWriter } from '../../../_server/writer'

const onSeen = z.strictObject({ seen: seenInput, message: messageInput })
const voteInput = z.strictObject({ seen: seenInput, verdict: z.enum(['approve', 'request_changes']), message: messageInput })
const rollbackInput = z.strictObject({ name: policyNameInput, to: versionInput, inForce: versionInput, reason: messageInput })

const refresh = (): void => revalidatePath('/policies', 'layout')

export async function submit(given: z.infer<typeof onSeen>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('policy.draft')
    const { seen, message } = inputOf(onSeen, given)
    await submitDraft(await consoleWriter(), actor, seen, message)
    refresh()
    return null
  })
}

export async function abandon(given: z.infer<typeof onSeen>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('policy.draft')
    const { seen, message } = inputOf(onSeen, given)
    await abandonDraft(await consoleWriter(), actor, seen, message)
    refresh()
    return null
  })
}

export async function vote(given: z.infer<typeof voteInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('policy.review')
    const { seen, verdict, message } = inputOf(voteInput, given)
    await castVote(await consoleWriter(), actor, seen, verdict, message)
    refresh()
    return null
  })
}

export type Released = { readonly name: string; readonly version: number; readonly epoch: number }

export async function publish(given: z.infer<typeof onSeen>): Promise<Outcome<Released>> {
  return outcomeOf(async () => {
    const actor = await requireActor('policy.publish')
    const { seen, message } = inputOf(onSeen, given)
    const { name, version, epoch } = await publishDraft(await consoleDesk(), actor, seen, message, Date.now())
    refresh()
    return { name, version, epoch }
  })
}

export async function restore(given: z.infer<typeof rollbackInput>): Promise<Outcome<Released>> {
  return outcomeOf(async () => {
    const actor = await requireActor('policy.publish')
    const { name, version, epoch } = await rollBack(await consoleDesk(), actor, inputOf(rollbackInput, given), Date.now())
    refresh()
    return { name, version, epoch }
  })
}
