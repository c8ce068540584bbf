/** How a held call stands (DESIGN §7). The last six are ends: nothing leads out of them. */
export const HOLD_STATES = [
  'held',
  'approved',
  'claimed',
  'denied',
  'expired',
  'cancelled',
  'revoked',
  'done',
  'failed',
  'unknown',
] as const
export type HoldState = (typeof HOLD_STATES)[number]

/** What can happen to a hold. `lose`: the process that claimed it is gone, and nobody knows what it did. */
export const HOLD_EVENTS = ['approve', 'deny', 'expire', 'cancel', 'revoke', 'claim', 'complete', 'fail', 'lose'] as const
export type HoldEvent = (typeof HOLD_EVENTS)[number]

/** Which kind of process may say so: people are at the console, calls at the gateway. */
export const HOLD_MOVERS = ['gateway', 'console'] as const
export type HoldMover = (typeof HOLD_MOVERS)[number]

export type HoldMove = { readonly to: HoldState; readonly by: readonly HoldMover[] }

/** The life of a hold, as the database keeps it too (`may_move_hold`). What is not here does not happen. */
const LIFE: { readonly [state in HoldState]?: { readonly [event in HoldEvent]?: HoldMove } } = {
  held: {
    approve: { to: 'approved', by: ['console'] },
    deny: { to: 'denied', by: ['console'] },
    expire: { to: 'expired', by: HOLD_MOVERS },
    cancel: { to: 'cancelled', by: HOLD_MOVERS },
  },
  approved: {
    claim: { to: 'claimed', by: ['gateway'] },
    expire: { to: 'expired', by: HOLD_MOVERS },
    cancel: { to: 'cancelled', by: ['gateway'] },
    revoke: { to: 'revoked', by: HOLD_MOVERS },
  },
  claimed: {
    complete: { to: 'done', by: ['gateway'] },
    fail: { to: 'failed', by: ['gateway'] },
    lose: { to: 'unknown', by: HOLD_MOVERS },
  },
}

/** Where this event leads from here, and who may say that it happened; null where it can't happen. */
export const moveOf = (state: HoldState, event: HoldEvent): HoldMove | null => LIFE[state]?.[event] ?? null

/** Whether this kind of process may take a hold from one state to the other. */
export const mayMove = (from: HoldState, to: HoldState, mover: HoldMover): boolean =>
  HOLD_EVENTS.some((event) => {
    const move = moveOf(from, event)
    return move !== null && move.to === to && move.by.includes(mover)
  })

/** Nothing leads out of it. */
export const isEnded = (state: HoldState): boolean => LIFE[state] === undefined
