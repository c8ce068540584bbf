import { SpecimenText } from '../specimen'
import { indentedArguments, isLongBeside } from './argument-text'
import { sizeOf } from './hold-words'
import { LongText } from './long-text'
import type { Reading } from './use-reading'

export type BesideShown = { readonly text: string; readonly isLong: boolean }

/** What stands beside a call's arguments, from its one text; null where there is nothing, or nothing that can be read. */
export function besideFrom(beside: string | null): BesideShown | null {
  if (beside === null || beside === '{}') return null
  const text = indentedArguments(beside)
  return { text, isLong: isLongBeside(text) }
}

type BesideProps = { readonly beside: BesideShown; readonly reading: Reading; readonly isAsked: boolean }

/** It runs with the arguments, all of it: nobody checked it, and nothing in it is about us. */
export function Beside({ beside: { text, isLong }, reading, isAsked }: BesideProps) {
  return (
    <section aria-label="Beside the arguments, complete" className="rounded-md border border-line border-dashed px-4 py-2.5">
      <h3 className="pb-1 text-quiet text-sm">Sent beside the arguments and passed on with them, complete; from the agent, unverified</h3>
      {isLong ? (
        <LongText
          label="what stands beside the arguments"
          kind={`JSON, ${sizeOf(text.length)}`}
          text={text}
          isLaidOut
          isRead={reading.left === 0}
          onRead={reading.readAll}
          isAsked={isAsked}
        />
      ) : (
        <SpecimenText text={text} isLaidOut />
      )}
    </section>
  )
}
