import type { Fault } from './errors'

/**
 * What a server action answers, and what the page draws of it. `reference` finds the private cause of an unforeseen failure in the
 * console's own output.
 */
export type Outcome<T = null> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly fault: Fault | 'failed'
      readonly because: string
      readonly reference?: string
      readonly retryAfterSeconds?: number
    }
