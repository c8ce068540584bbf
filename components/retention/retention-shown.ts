import type { LegalScope } from '../../core/audit/retention-fields'
import type { Outcome } from '../../core/outcome'
import type { ClearClass, RetentionDays } from '../../core/retention/classes'
import type { PersonShown } from '../policies/person-name'

export type RetentionShown = {
  readonly days: RetentionDays
  readonly revision: number
  readonly changed: { readonly by: PersonShown; readonly at: string } | null
}

/** A legal hold as it is listed. Names and reasons may be hostile. */
export type LegalHoldShown = {
  readonly id: string
  readonly scope: LegalScope
  readonly because: string
  readonly by: PersonShown
  readonly at: string
  readonly lifted: { readonly by: PersonShown; readonly at: string; readonly because: string } | null
}

/** An erasure as it is listed: `what` is a class, a call or an agent; where it is not `isTold`, no entry of the log says so. */
export type ErasureShown = {
  readonly id: string
  readonly kind: 'retention' | 'call' | 'principal'
  readonly what: string
  readonly because: string
  readonly by: PersonShown | null
  readonly at: string
  readonly erased: number
  readonly held: number
  readonly isTold: boolean
  readonly isDone: boolean
}

type Verb<Given> = (given: Given) => Promise<Outcome>
export type SetRetention = Verb<{ readonly days: { readonly [of in ClearClass]: number | null }; readonly revision: number }>
export type AddLegalHold = Verb<{ readonly scope: LegalScope; readonly because: string }>
export type LiftLegalHold = Verb<{ readonly id: string; readonly because: string }>
export type EraseAgent = Verb<{ readonly agent: string; readonly because: string }>
export type EraseCall = Verb<{ readonly call: string; readonly because: string }>
