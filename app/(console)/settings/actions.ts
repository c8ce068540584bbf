'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { NOTICE_EVENTS } from '../../../core/notices/news'
import { MAIL_SECURITY } from '../../../core/notices/targets'
import { CLEAR_CLASSES, MOST_DAYS } from '../../../core/retention/classes'
import { orderErasure, workOff } from '../../../db/erasures'
import { liftLegalHold, openLegalHold } from '../../../db/legal-holds'
import { addTarget, changeTarget, removeTarget, switchTarget, type TargetDesk } from '../../../db/notice-targets'
import { type Attempt, retryNotice, takeTest } from '../../../db/notices'
import { changeRetention } from '../../../db/retention'
import { changeReview } from '../../../db/settings'
import { database } from '../../_server/database'
import { idInput, inputOf, versionInput } from '../../_server/input'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { requireActor } from '../../_server/session'
import { network, noticeKey, sendNow } from '../../_server/telling'
import { consoleWriter } from '../../_server/writer'

const reviewInput = z.strictObject({ review: z.enum(['auto', 'on', 'off']), revision: versionInput })

export async function setReview(given: z.infer<typeof reviewInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('settings.manage')
    const { review, revision } = inputOf(reviewInput, given)
    await changeReview(await consoleWriter(), actor, review, revision)
    revalidatePath('/settings')
    return null
  })
}

const daysInput = z.int().min(1).max(MOST_DAYS).nullable()
const retentionInput = z.strictObject({ days: z.record(z.enum(CLEAR_CLASSES), daysInput), revision: versionInput })

export async function setRetention(given: z.infer<typeof retentionInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const person = await requireActor('settings.manage')
    await changeRetention(await consoleWriter(), { person, founder: person.id }, inputOf(retentionInput, given))
    revalidatePath('/settings')
    return null
  })
}

const becauseInput = z.string().max(5_000)
const nameInput = z.string().max(1_000).nullable()
const legalHoldInput = z.strictObject({
  scope: z.strictObject({ server: nameInput, principalId: nameInput, call: nameInput, from: nameInput, to: nameInput }),
  because: becauseInput,
})

export async function addLegalHold(given: z.infer<typeof legalHoldInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const person = await requireActor('retention.hold')
    await openLegalHold(await consoleWriter(), { person, founder: person.id }, inputOf(legalHoldInput, given))
    revalidatePath('/settings')
    return null
  })
}

const liftInput = z.strictObject({ id: idInput, because: becauseInput })

export async function endLegalHold(given: z.infer<typeof liftInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const person = await requireActor('retention.hold')
    await liftLegalHold(await consoleWriter(), { person, founder: person.id }, inputOf(liftInput, given))
    revalidatePath('/settings')
    return null
  })
}

const eraseInput = z.strictObject({ agent: z.string().max(1_000), because: becauseInput })

/** Orders it and begins; what was recorded just now, and more than some, the console's upkeep goes on with. */
export async function eraseAgent(given: z.infer<typeof eraseInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const person = await requireActor('retention.erase')
    const { agent, because } = inputOf(eraseInput, given)
    const writer = await consoleWriter()
    await orderErasure(writer, { person, founder: person.id }, { scope: { principalId: agent }, because })
    await workOff(writer, database(), { rounds: 4 })
    revalidatePath('/settings')
    return null
  })
}

const text = z.string().max(5_000)
const named = { name: text, events: z.array(z.enum(NOTICE_EVENTS)).max(NOTICE_EVENTS.length).readonly() }
const mailInput = z.strictObject({ host: text, port: z.number(), security: z.enum(MAIL_SECURITY), user: text.nullable(), from: text })
const draftInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('webhook'), ...named, url: text }),
  z.strictObject({ kind: z.literal('slack'), ...named, url: text.nullable() }),
  z.strictObject({ kind: z.literal('email'), ...named, to: text, setup: mailInput, password: text.nullable() }),
])
const targetInput = z.strictObject({ id: idInput.nullable(), revision: versionInput, isNewSecret: z.boolean(), draft: draftInput })

/** Adds a destination or changes one; a webhook's signing secret, where one was made, is answered this once. */
export async function saveTarget(given: z.infer<typeof targetInput>): Promise<Outcome<{ readonly secret: string | null }>> {
  return outcomeOf(async () => {
    const desk = await targetDesk()
    const { id, draft, ...change } = inputOf(targetInput, given)
    const { secret } = await (id === null ? addTarget(desk, draft) : changeTarget(desk, { id, draft, ...change }))
    revalidatePath('/settings')
    return { secret }
  })
}

const turnInput = z.strictObject({ id: idInput, revision: versionInput, enabled: z.boolean() })

export async function turnTarget(given: z.infer<typeof turnInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    await switchTarget(await targetDesk(), inputOf(turnInput, given))
    revalidatePath('/settings')
    return null
  })
}

const removeInput = z.strictObject({ id: idInput, revision: versionInput })

export async function deleteTarget(given: z.infer<typeof removeInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    await removeTarget(await targetDesk(), inputOf(removeInput, given))
    revalidatePath('/settings')
    return null
  })
}

/** Sends a test and waits for what comes of it. */
export async function testTarget(given: string): Promise<Outcome<Attempt>> {
  return outcomeOf(async () => {
    const { writer, actor, key } = await targetDesk()
    const attempt = await sendNow(await takeTest(writer, actor, key, inputOf(idInput, given)))
    revalidatePath('/settings')
    return attempt
  })
}

export async function retryDelivery(given: string): Promise<Outcome> {
  return outcomeOf(async () => {
    const { writer, actor } = await targetDesk()
    await retryNotice(writer, actor, inputOf(idInput, given))
    revalidatePath('/settings')
    return null
  })
}

const targetDesk = async (): Promise<TargetDesk> => {
  const actor = await requireActor('settings.manage')
  const [writer, key] = await Promise.all([consoleWriter(), noticeKey()])
  return { writer, actor, key, reach: network().reach }
}
