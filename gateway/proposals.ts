import { randomBytes } from 'node:crypto'
import type { EntryRef } from '../core/audit/entry'
import { toHex } from '../core/hash'
import { sha256 } from '../db/crypto'
import type { Call } from './call'

/** An authorizationId lives this long (DESIGN §3). */
export const PROPOSAL_MS = 300_000
const MAX_OPEN = 1_000

/** What an authorizationId was given for. A call under it must be the same call, byte for byte, under the same policy. */
export type Proposal = {
  /** The id of the call that was proposed. */
  readonly call: string
  readonly entry: EntryRef
  readonly policy: string
  readonly untilMs: number
  readonly terms: Terms
}

/** What must be the same, small enough to be kept: the arguments as their digest. */
type Terms = { readonly principal: string; readonly server: string; readonly tool: string | null; readonly 'set of arguments': string }

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
      open.set(id, { call: call.id, entry, policy, untilMs: nowMs + PROPOSAL_MS, terms: termsOf(call) })
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

const termsOf = ({ envelope, argumentBytes }: Call): Terms => ({
  principal: envelope.principal.id,
  server: envelope.server,
  tool: envelope.tool,
  'set of arguments': toHex(sha256(argumentBytes)),
})

const TERMS = ['principal', 'server', 'tool', 'set of arguments'] as const

function differenceOf({ terms, policy: proposedUnder }: Proposal, call: Call, policy: string | null): string | null {
  if (proposedUnder !== policy) return 'policy'
  const found = termsOf(call)
  return TERMS.find((term) => terms[term] !== found[term]) ?? null
}
