import type { ReactNode } from 'react'
import { Specimen } from '../specimen'

export type FactShown = { readonly name: string; readonly value: ReactNode }

/** What is known of one thing, a name and a value each; a value that is not there is left out. */
export function FactList({ facts }: { readonly facts: readonly (FactShown | null)[] }) {
  return (
    <dl className="grid grid-cols-[minmax(0,9rem)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {facts.map(
        (fact) =>
          fact && (
            <div key={fact.name} className="contents">
              <dt className="text-quiet">{fact.name}</dt>
              <dd className="wrap-anywhere min-w-0">{fact.value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}

/** A fact whose value came from outside; null where there is none. */
export const told = (name: string, value: string | null): FactShown | null =>
  value === null ? null : { name, value: <Specimen text={value} plain /> }
