'use client'

import { GitCompareArrows } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { readSize } from '../../core/audit/checkpoint'
import { type Compared, compareTwo } from '../../core/audit/compared'
import { type Pin, withRotations } from '../../core/audit/log-keys'
import { plainSha256, verifyInBrowser } from '../../core/browser-crypto'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Textarea } from '../ui/textarea'
import type { PinnedShown } from './integrity-shown'
import { checkpointBefore, proofFor, TreeUnanswered } from './tree-client'

type Verdict = { readonly tone: 'good' | 'bad' | 'warning'; readonly title: string; readonly sentence: string }

/** Whether one checkpoint only appends to another: proven here, by the pinned key, and never by the word of the server. */
export function Compare({ pinned, size }: { readonly pinned: PinnedShown; readonly size: number }) {
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  const [isAsking, setAsking] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setAsking(true)
    setVerdict(await compare(String(form.get('earlier') ?? ''), String(form.get('later') ?? ''), pinned))
    setAsking(false)
  }
  return (
    <div className="space-y-3">
      <form method="post" onSubmit={(event) => void submit(event)} className="flex flex-wrap items-start gap-3">
        <Field
          label="Earlier"
          hint="A number of entries, or a checkpoint as a witness or a file holds it."
          className="min-w-0 flex-1 basis-64 md:max-w-md"
        >
          {(control) => (
            <Textarea {...control} name="earlier" rows={2} maxLength={20_000} spellCheck={false} required className="font-mono" />
          )}
        </Field>
        <Field label="Later" hint="A number of entries; nothing for the newest." className="min-w-0 basis-40">
          {(control) => (
            <Input
              {...control}
              name="later"
              inputMode="numeric"
              maxLength={20}
              autoComplete="off"
              className="font-mono"
              placeholder={String(size)}
            />
          )}
        </Field>
        <Button type="submit" pending={isAsking} className="mt-6">
          <GitCompareArrows />
          Compare
        </Button>
      </form>
      <div aria-live="polite">
        {verdict && (
          <Callout tone={verdict.tone} title={verdict.title}>
            {verdict.sentence}
          </Callout>
        )}
      </div>
    </div>
  )
}

const nothing = (sentence: string): Verdict => ({ tone: 'warning', title: 'Could not tell', sentence })

async function compare(earlierText: string, laterText: string, pinned: PinnedShown): Promise<Verdict> {
  try {
    const laterSize = laterText.trim() === '' ? null : readSize(laterText.trim().replaceAll(',', ''))
    if (laterText.trim() !== '' && laterSize === null) return nothing('The later one is a number of entries, or nothing.')
    const later = await checkpointBefore(laterSize)
    if (!later) return nothing('No checkpoint was signed by then.')
    const note = await earlierNote(earlierText)
    if (note === null)
      return nothing(
        'The earlier one names no checkpoint: give a number of entries, or a checkpoint with the signatures under its empty line.',
      )
    const two = { earlier: note, later: later.note, isNewest: laterSize === null }
    return verdictOf(await compareTwo(two, withRotations<Pin>(pinned, later.rotations), proofFor, TOOLS))
  } catch (error) {
    if (error instanceof TreeUnanswered) return nothing(error.message)
    throw error
  }
}

/** A number stands for the log's own checkpoint of that size, or the last before it. */
async function earlierNote(text: string): Promise<string | null> {
  const size = readSize(text.trim().replace(/^#/, '').replaceAll(',', ''))
  if (size !== null) return (await checkpointBefore(size))?.note ?? null
  // What is copied from a page or a mail has lost the end of its last line, or has other line ends.
  return text.includes('\n\n') || text.includes('\r\n') ? `${text.replaceAll('\r\n', '\n').trim()}\n` : null
}

const TOOLS = { verify: verifyInBrowser, sha256: plainSha256 }

function verdictOf(compared: Compared): Verdict {
  if (compared.is === 'unclear') return nothing(compared.sentence)
  const { earlier, look } = compared
  if ('sentence' in look) return { tone: 'bad', title: look.is === 'fork' ? 'Fork' : 'Regression', sentence: look.sentence }
  const [before, after] = [earlier, look.checkpoint.size].map((size) => size.toLocaleString('en'))
  if (look.is === 'same')
    return { tone: 'good', title: 'The same', sentence: `Both are the log of ${after} entries, with one root, signed by its key.` }
  const more = (look.checkpoint.size - earlier).toLocaleString('en')
  return {
    tone: 'good',
    title: 'Only appended to',
    sentence: `The log of ${after} entries begins with the ${before} of the earlier checkpoint: ${more} were appended, and none before them was changed.`,
  }
}
