import { bindingOf } from '../core/approval/binding'
import type { Json } from '../core/json'
import { sha256 } from './crypto'
import { type NewHold, storedReason } from './holds'
import { nameToText, storable } from './text'

/** What the binding of a hold is made from, before it is stored or as it comes back. */
export type Bindable = Omit<
  NewHold,
  'id' | 'call' | 'openedBy' | 'decisionSeq' | 'binding' | 'arguments' | 'params' | 'policyName' | 'policyVersion' | 'epoch' | 'keepsClear'
>

/** The binding of a hold. Its names and texts go in as they are stored, so that the row that comes back has the same. Throws a TypeError as `bindingOf` does. */
export function bindingOfHold(hold: Bindable, argumentBytes: Uint8Array, params: { readonly [key: string]: Json }): string {
  const { likeness, assurance, owner, approvals, pin, policy, guardrail, rule, nonce, useWithinMs } = hold
  return bindingOf(sha256, {
    ...{ likeness, assurance, owner, approvals, pin, policy, guardrail, rule, nonce, useWithinMs, argumentBytes, params },
    principal: storable(hold.principal),
    server: storable(hold.server),
    tool: nameToText(hold.tool),
    session: hold.session === null ? null : storable(hold.session),
    reason: storedReason(hold.reason),
    decideBy: new Date(hold.decideByMs).toISOString(),
  })
}
