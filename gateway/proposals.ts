import { randomBytes } from 'node:crypto'
import type { EntryRef } from '../core/audit/entry'
import type { Call } from './call'

/** An authorizationId lives this long (DESIGN §3). */
export const PROPOSAL_MS = 300_000
const MAX_OPEN = 1_000

/** What an authorizationId was given for. A call under it must be the same call, byte for byte, under the same policy. */
export type Proposal = { readonly call: Call; readonly entry: EntryRef; readonly policy: string; readonly untilMs: number }

export type Proposals = {
  /** Remembers an allowed proposal; its id is 256 random bits. Null when too many are open. */
  open(call: Call, entry: EntryRef, policy: string, nowMs: number): string | null
  /** Spends an id: the proposal it stood for, or why this call may not use it. */
  use(id: string, call: Call, policy: string | null, nowMs: number): { readonly proposal: Proposal } | { readonly because: string }
  /** Takes out what was never used in time; everything when `nowMs` is infinite. */
  expire(nowMs: number): readonly Proposal[]
}

export function makeProposals(): Proposals {
  const open = new Map<string, Proposal>()
  return {
    open: (call, entry, policy, nowMs) => {
      if (open.size >= MAX_OPEN) return null
      const id = randomBytes(32).toString('base64url')
      open.set(id, { call, entry, policy, untilMs: nowMs + PROPOSAL_MS })
      return id
    },
    use: (id, call, policy, nowMs) => {
      const proposal = open.get(id)
      if (!proposal || proposal.untilMs <= nowMs) return { because: 'its authorizationId is unknown, used or expired' }
      const difference = differenceOf(proposal, call, policy)
      if (difference) return { because: `its authorizationId was given for another ${difference}` }
      open.delete(id)
      return { proposal }
    },
    expire: (nowMs) => {
      const late = [...open].filter(([, { untilMs }]) => untilMs <= nowMs)
      for (const [id] of late) open.delete(id)
      return late.map(([, proposal]) => proposal)
    },
  }
}

function differenceOf({ call: proposed, policy: proposedUnder }: Proposal, call: Call, policy: string | null): string | null {
  if (proposed.envelope.principal.id !== call.envelope.principal.id) return 'principal'
  if (proposed.envelope.server !== call.envelope.server) return 'server'
  if (proposed.envelope.tool !== call.envelope.tool) return 'tool'
  if (proposedUnder !== policy) return 'policy'
  return Buffer.compare(proposed.argumentBytes, call.argumentBytes) === 0 ? null : 'set of arguments'
}
