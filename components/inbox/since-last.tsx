'use client'

import { ChevronDown, ChevronRight } from 'lucide-react'
import { useMemo, useState } from 'react'
import { Specimen, SpecimenText } from '../specimen'
import { Button } from '../ui/button'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { RelativeTime } from '../ui/relative-time'
import type { ArgumentShown } from './argument-text'
import { compareArguments, type Difference, type Run } from './compare'
import { type Contents, cardHref } from './inbox-shown'

type SinceLastProps = { readonly before: Contents['before']; readonly list: readonly ArgumentShown[] }

/** What is different from the last call of this tool by this agent that people approved. */
export function SinceLast({ before, list }: SinceLastProps) {
  const [isOpen, setIsOpen] = useState(false)
  const found = useMemo(() => (before ? compareArguments(before.arguments, list) : null), [before, list])
  if (!before) return <p className="text-quiet text-sm">This agent had no call of this tool approved before.</p>
  const isSame = found?.every(({ is }) => is === 'same') === true
  return (
    <div className="text-sm">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-quiet">
          Since the{' '}
          <Link href={cardHref(before.hold)} className="rounded-sm underline underline-offset-2 hover:text-ink">
            last approved call
          </Link>
          , <RelativeTime at={before.at} />:
        </span>
        {found === null && <span>its arguments can’t be compared.</span>}
        {isSame && <span className="text-allow">the very same arguments.</span>}
        {found && !isSame && found.map((difference) => <Word key={difference.name} difference={difference} />)}
        {found && !isSame && (
          <Button size="sm" look="quiet" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            {isOpen ? <ChevronDown /> : <ChevronRight />}
            {isOpen ? 'Hide the difference' : 'Show the difference'}
          </Button>
        )}
      </p>
      {isOpen && found && (
        <div className="mt-2 space-y-3">
          {found
            .filter(({ is }) => is !== 'same')
            .map((difference) => (
              <Runs key={difference.name} difference={difference} />
            ))}
        </div>
      )}
    </div>
  )
}

function Word({ difference: { name, is, words } }: { readonly difference: Difference }) {
  return (
    <span className="whitespace-nowrap">
      <Specimen text={name} plain /> <span className={is === 'same' ? 'text-quiet' : 'font-medium text-held'}>{words}</span>
    </span>
  )
}

const LOOK = {
  same: 'border-l-transparent text-quiet',
  gone: 'border-l-deny-line bg-deny-back',
  new: 'border-l-allow-line bg-allow-back',
} as const
const SAID = { same: '', gone: 'Before: ', new: 'Now: ' } as const

function Runs({ difference: { name, runs } }: { readonly difference: Difference }) {
  return (
    <figure>
      <figcaption className="pb-1">
        <Specimen text={name} plain />
      </figcaption>
      {runs === null ? (
        <p className="text-quiet">Too much of it differs to show line by line; read it above.</p>
      ) : (
        <div className="rounded-md border border-line">
          {runs.map((run) => (
            <div key={run.key} className={cn('border-l-3 px-3 py-0.5', LOOK[run.is])}>
              <span className="sr-only">{SAID[run.is]}</span>
              <SpecimenText text={shortened(run)} />
            </div>
          ))}
        </div>
      )}
    </figure>
  )
}

const AROUND = 3

/** Of what is the same, the lines next to a difference are enough. */
function shortened({ is, text }: Run): string {
  const bare = text.endsWith('\n') ? text.slice(0, -1) : text
  const lines = bare.split('\n')
  if (is !== 'same' || lines.length <= 2 * AROUND + 1) return bare
  const left = lines.length - 2 * AROUND
  return [...lines.slice(0, AROUND), `… ${left.toLocaleString('en')} lines that are the same …`, ...lines.slice(-AROUND)].join('\n')
}
