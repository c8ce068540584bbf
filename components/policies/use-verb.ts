'use client'

import { useState, useTransition } from 'react'
import type { Outcome } from '../../core/outcome'
import { useProved } from '../people/prove-dialog'

type Failed = Extract<Outcome, { readonly ok: false }>

/**
 * One verb of the server: whether it is on its way, and the sentence it was refused with. `done` is told what it answered. Where the verb
 * asks for a fresh proof of who one is, the frame asks for that, and it runs once more.
 */
export function useVerb<Given, T>(verb: (given: Given) => Promise<Outcome<T>>, done: (value: T) => void) {
  const proved = useProved()
  const [pending, start] = useTransition()
  const [failed, setFailed] = useState<Failed | null>(null)
  const run = (given: Given): void =>
    start(async () => {
      const outcome = await proved(() => reached(() => verb(given)))
      setFailed(outcome.ok ? null : outcome)
      if (outcome.ok) done(outcome.value)
    })
  return { run, pending, failed, forget: () => setFailed(null) }
}

/** A console that can't be reached answers nothing: whether it heard us nobody knows. */
async function reached<T>(verb: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await verb()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const because = 'The console could not be reached: reload the page to see whether this was done, then try again.'
    return { ok: false, fault: 'unavailable', because }
  }
}

export const failureOf = ({ because, reference }: Failed): string => (reference === undefined ? because : `${because} (${reference})`)
