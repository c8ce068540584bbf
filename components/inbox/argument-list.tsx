'use client'

import { useState } from 'react'
import { Specimen, SpecimenText } from '../specimen'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { type ArgumentShown, nestedJson } from './argument-text'
import { LongText } from './long-text'
import type { Reading } from './use-reading'

const AT_FIRST = 40

type ArgumentListProps = { readonly list: readonly ArgumentShown[]; readonly reading: Reading; readonly isAsked: boolean }

/** Every argument of the call, complete, in one order. */
export function ArgumentList({ list, reading, isAsked }: ArgumentListProps) {
  const [isWhole, setIsWhole] = useState(list.length <= AT_FIRST)
  if (list.length === 0) return <p className="px-4 py-3 text-quiet text-sm">This call carries no arguments.</p>
  const showAll = () => {
    setIsWhole(true)
    reading.read(ALL_NAMES)
  }
  return (
    <>
      <dl className="divide-y divide-line">
        {(isWhole ? list : list.slice(0, AT_FIRST)).map((argument) => (
          <Argument key={argument.name} argument={argument} reading={reading} isAsked={isAsked} />
        ))}
      </dl>
      {!isWhole && (
        <div className="flex flex-wrap items-center gap-3 border-line border-t px-4 py-2 text-sm">
          <Button size="sm" data-unread={isAsked ? '' : undefined} onClick={showAll}>
            Show the other {(list.length - AT_FIRST).toLocaleString('en')} arguments
          </Button>
          {isAsked && <span className="text-held">to be read before you approve</span>}
        </div>
      )}
    </>
  )
}

/** Stands for the list itself among what must be read. No argument is called that: a key of JSON text holds no lone half of a character. */
export const ALL_NAMES = '\ud800 all'

/** What must be read before anybody approves. */
export const toRead = (list: readonly ArgumentShown[]): readonly string[] => [
  ...(list.length > AT_FIRST ? [ALL_NAMES] : []),
  ...list.filter(({ isLong }) => isLong).map(({ name }) => name),
]

type ArgumentProps = { readonly argument: ArgumentShown; readonly reading: Reading; readonly isAsked: boolean }

function Argument({ argument, reading, isAsked }: ArgumentProps) {
  const { name, text, value, kind, isLong, isProse } = argument
  return (
    <div className="grid gap-x-4 gap-y-1 px-4 py-2.5 sm:grid-cols-[minmax(0,10rem)_minmax(0,1fr)]">
      <dt className="text-sm sm:pt-px">
        <Specimen text={name === '' ? '""' : name} plain />
        <span className="ml-2 text-quiet text-xs sm:ml-0 sm:block">{kind}</span>
        {isProse && <Badge className="mt-1 ml-2 whitespace-normal sm:ml-0">from the agent, unverified</Badge>}
      </dt>
      <dd className="min-w-0">
        {isLong ? (
          <LongText
            label={name}
            kind={kind}
            text={text}
            isLaidOut={value.is !== 'text'}
            isRead={reading.isRead(name)}
            isAsked={isAsked}
            onRead={() => reading.read(name)}
          />
        ) : text === '' ? (
          <span className="text-quiet text-sm">(empty)</span>
        ) : (
          <SpecimenText text={text} isLaidOut={value.is !== 'text'} />
        )}
        {value.is === 'text' && <Nested name={name} text={value.text} />}
      </dd>
    </div>
  )
}

/** What a server would find in a text that holds JSON, beside the text itself. */
function Nested({ name, text }: { readonly name: string; readonly text: string }) {
  const [isOpen, setIsOpen] = useState(false)
  const nested = isOpen ? nestedJson(text) : null
  if (!/^\s*[{[]/.test(text) || (!isOpen && nestedJson(text) === null)) return null
  return (
    <div className="mt-1">
      <Button size="sm" look="quiet" aria-expanded={isOpen} className="-ml-2" onClick={() => setIsOpen(!isOpen)}>
        {isOpen ? 'Hide it as JSON' : 'Read it as JSON'}
      </Button>
      {nested !== null && (
        <section aria-label={`${name} read as JSON`} className="rounded-md border border-line bg-sunken px-3 py-2">
          <SpecimenText text={nested} isLaidOut />
        </section>
      )}
    </div>
  )
}
