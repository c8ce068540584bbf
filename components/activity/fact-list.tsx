import type { ReactNode } from 'react'
import { Specimen } from '../specimen'

export type FactShown = { readonly name: string; readonly value: ReactNode }

/** What is known of one thing, a name and a value each; a value that is not there is left out. */
export function FactList({ facts }: { readonly facts: readonly (FactShown | null)[] }) {
  return (
    <dl className="grid grid-cols-[minmax(0,5.5rem)_minmax(0,1fr)] md:grid-cols-[minmax(0,8rem)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
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

/** SHA-256 in hexadecimal: in two lines of the same length, wherever they fit. */
export function Digest({ text }: { readonly text: string }) {
  return (
    <span className="block max-w-[33ch] break-all font-mono text-[0.95em]">
      <Specimen text={text} plain />
    </span>
  )
}

/** When something was, by whose clock: `2026-11-23 09:40:12.345678 UTC`. */
export const timeFact = (name: string, at: string | null, by: string): FactShown | null =>
  at === null
    ? null
    : {
        name,
        value: (
          <>
            <span className="tabular-nums [&_bdi]:font-sans">
              <Specimen text={at.replace(/^(\d{4}-\d\d-\d\d)T([\d:.]+)Z$/, '$1 $2 UTC')} plain />
            </span>{' '}
            <span className="text-quiet">by the {by}</span>
          </>
        ),
      }

/** A fact whose value came from outside; null where there is none. */
export const told = (name: string, value: string | null): FactShown | null =>
  value === null ? null : { name, value: <Specimen text={value} plain /> }
