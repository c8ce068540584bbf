'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { AppError } from '../../../core/errors'
import { openGrant, revokeGrant } from '../../../db/hold-grants'
import { castHoldVote, revokeHold } from '../../../db/votes'
import { digestInput, inputOf, messageInput } from '../../_server/input'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { requireActor } from '../../_server/session'
import { consoleWriter } from '../../_server/writer'

const holdInput = z.string().regex(/^H-[0-9A-Z]{10}$/)
const grantInput = z.string().regex(/^G-[0-9A-Z]{10}$/)
/** The card that somebody has before their eyes. */
const shownInput = { hold: holdInput, binding: digestInput, displayed: digestInput }

const ballotInput = z.strictObject({ ...shownInput, verdict: z.enum(['approve', 'deny']), reason: messageInput })

export type Voted = { readonly state: string; readonly approved: number; readonly needed: number }

const refresh = (): void => revalidatePath('/inbox', 'layout')

export async function vote(given: z.infer<typeof ballotInput>): Promise<Outcome<Voted>> {
  return outcomeOf(async () => {
    const actor = await requireActor('hold.decide')
    const { state, approved, needed } = await castHoldVote(await consoleWriter(), actor, inputOf(ballotInput, given))
    refresh()
    return { state, approved, needed }
  })
}

const boundInput = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('within'), folder: z.string().min(1).max(4_096) }),
  z.strictObject({ is: z.literal('atMost'), limit: z.int().min(0) }),
  z.strictObject({ is: z.literal('upTo'), length: z.int().min(0).max(65_536) }),
])

const moreInput = z.strictObject({
  ...shownInput,
  /** Whether the call still waits for this person's vote. */
  isHeld: z.boolean(),
  choices: z.array(z.strictObject({ name: z.string().max(65_536), bound: boundInput })).max(1_000),
  uses: z.int().min(1).max(1_000),
  minutes: z.int().min(1).max(10_000),
})

/** Approves the call that is shown, and lets some more of its shape through for a while. */
export async function allowMore(given: z.infer<typeof moreInput>): Promise<Outcome<{ readonly grant: string }>> {
  return outcomeOf(async () => {
    const actor = await requireActor('hold.decide')
    const { hold, binding, displayed, isHeld, choices, uses, minutes } = inputOf(moreInput, given)
    const writer = await consoleWriter()
    if (isHeld) await castHoldVote(writer, actor, { hold, binding, displayed, verdict: 'approve', reason: '' })
    refresh()
    try {
      const { id } = await openGrant(writer, actor, { hold, displayed, choices, uses, minutes })
      return { grant: id }
    } catch (error) {
      if (!isHeld || !(error instanceof AppError)) throw error
      throw new AppError(error.fault, `Your approval of this one call counts, but no grant was made: ${error.message}`, { cause: error })
    }
  })
}

const takeBackInput = z.strictObject({ hold: holdInput, reason: messageInput })

export async function takeBack(given: z.infer<typeof takeBackInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('hold.decide')
    await revokeHold(await consoleWriter(), actor, inputOf(takeBackInput, given))
    refresh()
    return null
  })
}

export async function endGrant(id: string): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('hold.decide')
    await revokeGrant(await consoleWriter(), actor, inputOf(grantInput, id))
    refresh()
    return null
  })
}
