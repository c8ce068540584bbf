'use client'

import { useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { RelativeTime } from '../ui/relative-time'
import { say } from '../ui/toast'
import { PersonName, type PersonShown } from './person-name'
import { failureOf, useVerb } from './use-verb'

type Choice = 'auto' | 'on' | 'off'

type ReviewSettingProps = {
  readonly setting: {
    readonly review: Choice
    readonly revision: number
    readonly changed: { readonly by: PersonShown; readonly at: string } | null
  }
  readonly isRequired: boolean
  /** How many people may write policies. */
  readonly authors: number
  /** Null for whoever may only look. */
  readonly change: ((given: { readonly review: Choice; readonly revision: number }) => Promise<Outcome>) | null
}

const CHOICES = [
  { is: 'auto', words: 'When there are two authors', more: 'From the moment two people may write policies, nobody publishes alone.' },
  { is: 'on', words: 'Always', more: 'With a single author nothing can be published until there is somebody to review it.' },
  { is: 'off', words: 'Never', more: 'Whoever may write a policy publishes it alone. A rollback never waits for a review.' },
] as const satisfies readonly { readonly is: Choice; readonly words: string; readonly more: string }[]

/** Whether a policy needs the approval of somebody who did not write it. */
export function ReviewSetting({ setting, isRequired, authors, change }: ReviewSettingProps) {
  const { review, revision, changed } = setting
  const [chosen, setChosen] = useState<Choice>(review)
  return (
    <section aria-labelledby="review-setting" className="max-w-2xl">
      <h2 id="review-setting" className="font-medium text-lg">
        Review before publishing
      </h2>
      <p className="mt-1 text-quiet">
        A policy goes in force only when somebody who wrote none of it approved the very text. {nowWords(isRequired, authors)}
      </p>
      <fieldset disabled={change === null} className="mt-4 space-y-3">
        <legend className="sr-only">When a review is needed</legend>
        {CHOICES.map(({ is, words, more }) => (
          <label key={is} className="flex items-start gap-3">
            <input
              type="radio"
              name="review"
              className="mt-1 size-4 accent-accent"
              checked={chosen === is}
              onChange={() => setChosen(is)}
            />
            <span>
              <span className="block font-medium">{words}</span>
              <span className="block text-quiet text-sm">{more}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {change && <Save change={change} given={{ review: chosen, revision }} isChanged={chosen !== review} />}
      {changed && (
        <p className="mt-4 text-quiet text-sm">
          Last changed <RelativeTime at={changed.at} /> by <PersonName person={changed.by} />.
        </p>
      )}
    </section>
  )
}

const nowWords = (isRequired: boolean, authors: number): string =>
  `Now it is ${isRequired ? '' : 'not '}needed; ${authors} ${authors === 1 ? 'person' : 'people'} may write policies.`

type SaveProps = {
  readonly change: NonNullable<ReviewSettingProps['change']>
  readonly given: { readonly review: Choice; readonly revision: number }
  readonly isChanged: boolean
}

function Save({ change, given, isChanged }: SaveProps) {
  const { run, pending, failed } = useVerb(change, () => say.done('The setting is changed.'))
  return (
    <div className="mt-4 space-y-3">
      {failed && <Callout tone="bad">{failureOf(failed)}</Callout>}
      <Button look="primary" pending={pending} disabled={!isChanged} onClick={() => run(given)}>
        Save
      </Button>
    </div>
  )
}
