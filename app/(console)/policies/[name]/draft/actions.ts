'use server'

import { z } from 'zod'
import type { Sample } from '../../../../../core/policy/sample'
import { type Draft, saveDraft } from '../../../../../db/drafts'
import { keepSample, removeSample } from '../../../../../db/samples'
import { database } from '../../../../_server/database'
import { idInput, inputOf, kindInput, policyNameInput, versionInput } from '../../../../_server/input'
import { type Outcome, outcomeOf } from '../../../../_server/outcome'
import { callsFor, nameOf } from '../../../../_server/policy-editor'
import { sampleInput } from '../../../../_server/sample-input'
import { requireActor } from '../../../../_server/session'
import { consoleWriter } from '../../../../_server/writer'

const saveInput = z.strictObject({
  name: policyNameInput,
  kind: kindInput,
  draft: idInput.nullable(),
  revision: versionInput,
  base: versionInput,
  yaml: z.string(),
})

/** A draft as somebody else left it: its text, and what the next save has to name as what it was made from. */
export type TheirsShown = {
  readonly text: string
  readonly revision: number
  readonly by: string | null
  readonly at: string | null
  readonly draft: string
  readonly textDigest: string
  readonly base: number
}
export type SavedShown =
  | { readonly saved: true; readonly draft: string; readonly revision: number; readonly textDigest: string; readonly at: string }
  | { readonly saved: false; readonly because: string; readonly theirs: TheirsShown | null }

/** Of two who save at once the second gets the first one's text back, to compare and decide. A draft that ended takes no text any more. */
export async function save(given: z.infer<typeof saveInput>): Promise<Outcome<SavedShown>> {
  return outcomeOf(async () => {
    const actor = await requireActor('policy.draft')
    const saved = await saveDraft(await consoleWriter(), actor, inputOf(saveInput, given))
    if (saved.is === 'conflict') return { saved: false, because: saved.because, theirs: await theirsOf(saved.theirs) }
    const { id, revision, yamlSha256, savedAt } = saved.draft
    return { saved: true, draft: id, revision, textDigest: yamlSha256, at: savedAt.toISOString() }
  })
}

const theirsOf = async (draft: Draft | null): Promise<TheirsShown | null> => {
  if (draft === null || draft.state === 'published' || draft.state === 'abandoned') return null
  const { id, yaml, revision, author, savedAt, yamlSha256, base } = draft
  return { text: yaml, revision, by: await nameOf(author), at: savedAt.toISOString(), draft: id, textDigest: yamlSha256, base }
}

const findInput = z.strictObject({ tool: z.string().max(1_024).nullable(), limit: z.int().min(1).max(200) })

/** Recorded before anything is shown, wherever arguments are. */
export async function findCalls(given: z.infer<typeof findInput>): Promise<Outcome<readonly Sample[]>> {
  return outcomeOf(async () => {
    const actor = await requireActor('activity.read')
    return callsFor(actor, inputOf(findInput, given))
  })
}

const keepInput = z.strictObject({ policy: policyNameInput, sample: sampleInput })

export async function saveSample(given: { readonly policy: string; readonly sample: Sample }): Promise<Outcome<Sample>> {
  return outcomeOf(async () => {
    const actor = await requireActor('policy.draft')
    const { policy, sample } = inputOf(keepInput, given)
    return keepSample(database(), actor, policy, sample as Sample)
  })
}

const removeInput = z.strictObject({ policy: policyNameInput, id: idInput })

export async function dropSample(given: z.infer<typeof removeInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('policy.draft')
    const { policy, id } = inputOf(removeInput, given)
    await removeSample(database(), actor, policy, id)
    return null
  })
}
