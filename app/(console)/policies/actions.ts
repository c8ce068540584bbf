'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { AppError } from '../../../core/errors'
import { readOpenDraft, saveDraft } from '../../../db/drafts'
import { versionInForce } from '../../../db/releases'
import { database } from '../../_server/database'
import { inputOf, kindInput, policyNameInput } from '../../_server/input'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { requireActor } from '../../_server/session'
import { readStarter } from '../../_server/starters'
import { consoleWriter } from '../../_server/writer'

const beginInput = z.strictObject({
  name: policyNameInput,
  kind: kindInput,
  /** The text of a file, or the name of a policy to begin with. */
  from: z.union([z.strictObject({ text: z.string() }), z.strictObject({ starter: z.string().max(64) })]),
})

/** Opens a draft with a text from outside. Answers the draft's address. */
export async function begin(given: z.infer<typeof beginInput>): Promise<Outcome<string>> {
  return outcomeOf(async () => {
    const actor = await requireActor('policy.draft')
    const { name, kind, from } = inputOf(beginInput, given)
    const yaml = 'text' in from ? from.text : await readStarter(from.starter)
    if (yaml === null) throw new AppError('not_found', 'There is no such policy to begin with.')
    if (await readOpenDraft(database(), name))
      throw new AppError('conflict', `Somebody works on a draft of ${name} already: open it, or choose another name.`)
    const base = await versionInForce(database(), name)
    const saved = await saveDraft(await consoleWriter(), actor, { name, kind, draft: null, revision: 0, base, yaml })
    if (saved.is === 'conflict') throw new AppError('conflict', saved.because)
    revalidatePath('/policies', 'layout')
    return `/policies/${name}/draft`
  })
}
