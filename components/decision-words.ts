import type { Standing } from './outcome-badge'

/** One decision as the page shows it. `status` is how its call ended, null while that is open. Every string may be hostile. */
export type DecisionRow = {
  readonly call: string
  readonly at: string
  readonly outcome: string
  readonly method: string
  readonly tool: string | null
  readonly server: string
  readonly principal: string
  readonly rule: string | null
  readonly constraint: string | null
  readonly code: string
  readonly status: string | null
}

/** What can no longer be told stands out before what was decided: an allowed call of unknown end is shown as unknown. */
export const standingOf = ({ outcome, status }: DecisionRow): Standing => {
  if (status === 'unknown') return 'unknown'
  if (outcome === 'allow') return 'allow'
  return outcome === 'escalate' ? 'held' : 'deny'
}

const ENDS: { readonly [status: string]: string } = {
  done: 'It ran.',
  failed: 'It ran and the server reported a failure.',
  unknown: 'It may or may not have run.',
  cancelled: 'Cancelled before it ran.',
  not_forwarded: 'It did not run.',
  revoked: 'Taken back before it ran.',
  expired: 'Nobody answered in time; it did not run.',
  denied: 'It did not run.',
  input_required: 'The server asked for more.',
  task: 'The server works on it.',
}

/** What became of the call, in one sentence. */
export const endOf = ({ outcome, status }: Pick<DecisionRow, 'outcome' | 'status'>): string => {
  if (status !== null && Object.hasOwn(ENDS, status)) return ENDS[status] ?? ''
  if (outcome === 'allow') return 'Running.'
  return outcome === 'escalate' ? 'It waits for a person.' : 'It did not run.'
}

const CODES: { readonly [code: string]: string } = {
  rule: 'decided by the rule',
  default: 'no rule selects it',
  constraint_violated: 'outside the bound',
  constraint_unknown: 'the bound could not be read',
  unknown_lowered: 'a condition could not be read',
  rate_limited: 'too many calls',
  definition_changed: 'the tool’s definition changed',
  no_policy: 'no policy is published',
  policy_stale: 'the policy could not be confirmed',
  store_unavailable: 'the log could not be written',
  engine_error: 'the policy could not be evaluated',
  not_holdable: 'a call like this can’t wait for a person',
  malformed: 'not a well-formed call',
  too_large: 'over the size limit',
  recheck_failed: 'the world changed while it was decided',
  stopping: 'the gateway was stopping',
}

/** Why, in words; a code from a newer release stands for itself. */
export const reasonOf = ({ code }: DecisionRow): string => recordedReason(code) ?? code

/** The words for a code; null for one from a newer release. */
export const recordedReason = (code: string): string | null => (Object.hasOwn(CODES, code) ? (CODES[code] ?? null) : null)
