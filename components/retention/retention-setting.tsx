'use client'

import { useState } from 'react'
import {
  CLASS_WORDS,
  CLEAR_CLASSES,
  type ClearClass,
  daysFrom,
  daysWords,
  MOST_DAYS,
  type RetentionDays,
} from '../../core/retention/classes'
import { PersonName } from '../policies/person-name'
import { failureOf, useVerb } from '../policies/use-verb'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { RelativeTime } from '../ui/relative-time'
import { say } from '../ui/toast'
import type { RetentionShown, SetRetention } from './retention-shown'

type RetentionSettingProps = { readonly setting: RetentionShown; readonly change: SetRetention | null }
type Typed = { readonly [of in ClearClass]: string }

/** For how long each kind of clear text is kept. */
export function RetentionSetting({ setting: { days, revision, changed }, change }: RetentionSettingProps) {
  return (
    <div className="max-w-2xl">
      {change ? <DaysForm days={days} revision={revision} change={change} /> : <DaysList days={days} />}
      {changed && (
        <p className="mt-4 text-quiet text-sm">
          Last changed <RelativeTime at={changed.at} /> by <PersonName person={changed.by} />.
        </p>
      )}
    </div>
  )
}

function DaysList({ days }: { readonly days: RetentionDays }) {
  return (
    <dl className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-1.5">
      {CLEAR_CLASSES.map((of) => (
        <div key={of} className="contents">
          <dt className="text-quiet">{CLASS_WORDS[of]}</dt>
          <dd className="tabular-nums">{daysWords(days[of])}</dd>
        </div>
      ))}
    </dl>
  )
}

/** What was typed as days: null is for ever, undefined what is neither. */
const read = (text: string): number | null | undefined => (text.trim() === '' ? null : daysFrom(text))

type DaysFormProps = { readonly days: RetentionDays; readonly revision: number; readonly change: SetRetention }

function DaysForm({ days, revision, change }: DaysFormProps) {
  const [typed, setTyped] = useState<Typed>(
    () => Object.fromEntries(CLEAR_CLASSES.map((of) => [of, days[of] === null ? '' : String(days[of])])) as Typed,
  )
  const { run, pending, failed } = useVerb(change, () => say.done('It is changed. What is older goes within some minutes.'))
  const wanted = Object.fromEntries(CLEAR_CLASSES.map((of) => [of, read(typed[of])])) as { [of in ClearClass]: number | null | undefined }
  const isGood = CLEAR_CLASSES.every((of) => wanted[of] !== undefined)
  const isChanged = CLEAR_CLASSES.some((of) => wanted[of] !== days[of])
  const save = () => run({ days: wanted as RetentionDays, revision })
  return (
    <>
      <div className="grid gap-x-6 gap-y-3 md:grid-cols-2">
        {CLEAR_CLASSES.map((of) => (
          <Field
            key={of}
            label={CLASS_WORDS[of]}
            error={wanted[of] === undefined ? `A number of days from 1 to ${MOST_DAYS}, or nothing for ever.` : undefined}
          >
            {(control) => (
              <span className="flex items-center gap-2">
                <Input
                  {...control}
                  inputMode="numeric"
                  placeholder="for ever"
                  maxLength={8}
                  className="w-28 tabular-nums"
                  value={typed[of]}
                  onChange={(event) => setTyped({ ...typed, [of]: event.target.value })}
                />
                <span className="text-quiet text-sm">days</span>
              </span>
            )}
          </Field>
        ))}
      </div>
      <div className="mt-4 space-y-3">
        {failed && <Callout tone="bad">{failureOf(failed)}</Callout>}
        <Button look="primary" pending={pending} disabled={!isGood || !isChanged} onClick={save}>
          Save how long it is kept
        </Button>
      </div>
    </>
  )
}
