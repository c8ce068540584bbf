'use client'

import { useEffect, useState } from 'react'
import type { Sample } from '../../core/policy/sample'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import type { Story, Told } from './engine'
import type { EngineClient } from './engine-client'
import type { Row } from './engine-simulation'
import { OutcomeMark } from './outcome-mark'

type SampleStoryProps = {
  readonly sample: Sample
  readonly row: Row | undefined
  readonly engine: EngineClient
  readonly onLine: (line: number) => void
  readonly onTest: () => void
  readonly onRule: () => void
  readonly onKeep: () => void
  readonly onRemove: () => void
  readonly editable: boolean
  /** Whose rules stand in the text. */
  readonly own: Own
}

type Own = 'policy' | 'guardrail'

/** One sample in full: the call, what both texts decide, and why no other rule did. */
export function SampleStory(props: SampleStoryProps) {
  const { sample, row, engine, own, onLine } = props
  const [story, setStory] = useState<Story | null>(null)
  useEffect(() => {
    let current = true
    // A new row is what tells that the text decides otherwise.
    engine.ask('story', row?.id ?? sample.id).then(
      (told) => current && setStory(told),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [engine, sample.id, row])
  return (
    <section aria-label="Selected sample" className="max-h-[55%] shrink-0 overflow-y-auto border-line border-t bg-sunken px-3 py-2 text-sm">
      <Call sample={sample} />
      {story?.because && <p className="mt-2 text-unknown">The gateway refuses this call whatever the policy: {story.because}.</p>}
      {story?.after && <Decided told={story.after} own={own} onLine={onLine} />}
      {story?.before && story.after && story.before.reason !== story.after.reason && (
        <p className="mt-1 text-quiet">
          In force now: <OutcomeMark outcome={story.before.outcome} faded /> <Specimen text={story.before.reason} plain />
        </p>
      )}
      {story && story.supposed.length > 0 && <p className="mt-1 text-quiet">Supposed: {story.supposed.join('; ')}.</p>}
      <Doings {...props} />
    </section>
  )
}

function Call({ sample }: { readonly sample: Sample }) {
  const { tool, method, server, principal, args, name, recorded } = sample
  return (
    <>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium">
          <Specimen text={tool ?? method} plain />
        </span>
        <span className="text-quiet">
          on <Specimen text={server} plain /> by <Specimen text={principal.id} plain /> ({principal.assurance})
        </span>
      </p>
      {name !== '' && (
        <p className="text-quiet">
          <Specimen text={name} plain />
        </p>
      )}
      {recorded && (
        <p className="text-quiet">
          Recorded {recorded.at.slice(0, 16).replace('T', ' ')} UTC: then <OutcomeMark outcome={recorded.outcome} faded />
          {recorded.rule && <> by {recorded.rule}</>}
        </p>
      )}
      <div className="mt-1">
        {args === null ? <span className="text-quiet">The arguments are not shown to your role.</span> : <Specimen text={pretty(args)} />}
      </div>
    </>
  )
}

/** More would only slow the page; what is judged is always the whole. */
const SHOWN = 20_000
const pretty = (args: string): string => (args.length > SHOWN ? `${args.slice(0, SHOWN)}… (${args.length} characters)` : args)

type DecidedProps = { readonly told: Told; readonly own: Own; readonly onLine: (line: number) => void }

function Decided({ told, own, onLine }: DecidedProps) {
  const line = told.rule?.document === own ? (told.rule?.place?.line ?? null) : null
  return (
    <>
      <p className="mt-2">
        <OutcomeMark outcome={told.outcome} />{' '}
        {told.rule ? <RuleLink id={told.rule.id} line={line} onLine={onLine} /> : <span className="text-quiet">default</span>}
        {told.constraint && <span className="text-quiet"> · {told.constraint}</span>}
      </p>
      <p className="mt-0.5">
        <Specimen text={told.reason} plain />
      </p>
      {told.near.length > 0 && (
        <ul className="mt-1 space-y-0.5 text-quiet">
          {told.near.map(({ rule, because }) => (
            <li key={`${rule.document}-${rule.index}`}>
              near: <RuleLink id={rule.id} line={rule.document === own ? (rule.place?.line ?? null) : null} onLine={onLine} />{' '}
              <Specimen text={because} plain />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

export function RuleLink({
  id,
  line,
  onLine,
}: {
  readonly id: string
  readonly line: number | null
  readonly onLine: (line: number) => void
}) {
  if (line === null) return <span>{id}</span>
  return (
    <button type="button" className="text-accent underline underline-offset-2" onClick={() => onLine(line)}>
      {id} · line {line}
    </button>
  )
}

function Doings({ sample, editable, onTest, onRule, onKeep, onRemove }: SampleStoryProps) {
  const isKnown = sample.args !== null
  return (
    <div className="mt-2 flex flex-wrap gap-2">
      {editable && isKnown && (
        <Button size="sm" onClick={onTest}>
          Save as test
        </Button>
      )}
      {editable && (
        <Button size="sm" onClick={onRule}>
          Make a rule
        </Button>
      )}
      {sample.from === 'saved' && (
        <Button size="sm" look="quiet" onClick={onRemove}>
          Remove sample
        </Button>
      )}
      {(sample.from === 'recorded' || sample.from === 'written') && isKnown && (
        <Button size="sm" look="quiet" onClick={onKeep}>
          Keep sample
        </Button>
      )}
    </div>
  )
}
