import { createHash } from 'node:crypto'
import type { HeldCall } from './held-call'
import { type Leg, makeLegStates } from './leg-state'

/** A client that comes back for more than this gives up by itself (the SDKs after ten rounds): it is told to call again before it does. */
const MAX_LEGS = 8
/** Of states that one hold has given out and not seen again. */
const MAX_OUT = 100

/** Which call it is that comes back: bytes, as everywhere. */
export type Returning = {
  readonly principal: string
  readonly method: string
  readonly tool: string | null
  readonly argumentBytes: Uint8Array
}

/** What a call's `requestState` makes it. */
export type Arrival =
  | { readonly is: 'first' }
  | { readonly is: 'leg'; readonly hold: string; readonly leg: number }
  | { readonly is: 'refused'; readonly because: string }

/** The legs on which a client of 2026-07-28 waits: each ends with a sealed state, which the same call brings back once. */
export class Legs {
  private readonly states = makeLegStates()

  constructor(private readonly monotonicMs: () => number) {}

  /** Reads a state and uses it up. One that is not ours is the upstream's: the call is then like any other. */
  arrive(state: string | null, call: Returning, find: (hold: string) => HeldCall | null): Arrival {
    if (state === null) return { is: 'first' }
    const opened = this.states.open(state)
    if (opened.is === 'foreign') return { is: 'first' }
    if (opened.is === 'forged') return { is: 'refused', because: 'its requestState is not one that this gateway gave' }
    const { leg } = opened
    const because = this.faultOf(leg, call, find(leg.hold))
    return because === null ? { is: 'leg', hold: leg.hold, leg: leg.leg } : { is: 'refused', because }
  }

  /** The state of the next leg; null when there have been enough of them. */
  next(held: HeldCall, call: Returning, leg: number): string | null {
    if (leg >= MAX_LEGS || held.legs.size >= MAX_OUT) return null
    const { state, nonce } = this.states.seal({
      principal: call.principal,
      subject: subjectOf(call),
      hold: held.notice.id,
      leg: leg + 1,
      untilMs: held.untilMs,
    })
    held.legs.add(nonce)
    return state
  }

  private faultOf(leg: Leg, call: Returning, held: HeldCall | null): string | null {
    if (leg.principal !== call.principal) return 'its requestState was given to somebody else'
    if (leg.subject !== subjectOf(call)) return 'its requestState was given for another call'
    if (leg.untilMs <= this.monotonicMs() || held === null) return 'its requestState belongs to an approval that is over'
    return held.legs.delete(leg.nonce) ? null : 'its requestState was used before'
  }
}

const subjectOf = ({ method, tool, argumentBytes }: Returning): string =>
  createHash('sha256')
    .update(JSON.stringify([method, tool]))
    .update('\n')
    .update(argumentBytes)
    .digest('hex')
