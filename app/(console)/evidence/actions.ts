'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import type { ExportSeen } from '../../../components/evidence/evidence-shown'
import { requireRight } from '../../../core/roles'
import { orderExport, seenExport } from '../../_server/exporting'
import { idInput, inputOf, storableInput } from '../../_server/input'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { requireActor } from '../../_server/session'

/** A database has no year 0. */
const timeInput = z.iso
  .datetime()
  .refine((time) => !time.startsWith('0000'))
  .nullable()
const nameInput = storableInput.min(1).max(256).nullable()
const scopeInput = z
  .strictObject({
    from: timeInput,
    to: timeInput,
    server: nameInput,
    agent: nameInput,
    policy: nameInput,
    outcome: z.enum(['allow', 'deny', 'escalate']).nullable(),
    clearText: z.boolean(),
  })
  .refine(({ from, to }) => from === null || to === null || from < to)

/** Records that this leaves, and answers under which id it can be fetched, once. */
export async function orderEvidence(given: z.infer<typeof scopeInput>): Promise<Outcome<string>> {
  return outcomeOf(async () => {
    const actor = await requireActor('evidence.export')
    const scope = inputOf(scopeInput, given)
    if (scope.clearText) requireRight(actor, 'activity.reveal')
    const id = await orderExport(actor, scope)
    revalidatePath('/evidence')
    return id
  })
}

/** How far it is. */
export async function watchExport(given: string): Promise<Outcome<ExportSeen>> {
  return outcomeOf(async () => {
    const actor = await requireActor('evidence.export', { passive: true })
    return seenExport(actor, inputOf(idInput, given))
  })
}
