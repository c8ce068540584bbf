import { approverSets } from '../approval/quorum'
import type { Entry, EntryRef } from './entry'
import type { Findings } from './findings'

/** A call was, or may have been, carried out. */
const EFFECTS: readonly unknown[] = ['done', 'failed', 'unknown']
export const isEffect = (status: unknown): boolean => EFFECTS.includes(status)

/** Where something stands in the log. */
type Place = { readonly writer: string; readonly seq: number }
/** The use of an approval, or one use of a grant: what lets an escalated call through. */
type Claim = Place & {
  readonly decision: EntryRef | null
  readonly hold: string | null
  readonly grant: string | null
  readonly binding: unknown
}
/** What a hold was opened for: the call it binds, and how many people its largest set of approvers takes at least. */
type Opened = { readonly binding: unknown; readonly needed: number }
type Effect = Place & { readonly key: string; readonly status: unknown }

/** What is asked of the rest of the log at the end: whether a decision was an escalation, and whether a chain goes no further. */
export type Rest = {
  /** Earlier entries were read by an earlier look: an approval that is not here may be there. */
  readonly isPartial: boolean
  isEscalation(decision: EntryRef): boolean
  isEnded(decision: EntryRef): boolean
  isOver(writer: string): boolean
}

export const keyOf = ({ writer, seq }: EntryRef): string => `${writer}/${seq}`

/**
 * Meaning across the entries of held calls: a call that people were asked about is carried out only under one claim of one approval that as
 * many people voted for as were asked, or one counted use of a grant, each given by a console before and neither taken back.
 */
export class HoldLedger {
  private readonly opened = new Map<string, Opened>()
  /** Of each hold, which call each person approved. */
  private readonly votes = new Map<string, Map<string, unknown>>()
  /** Holds that ended without being used. */
  private readonly over = new Set<string>()
  private readonly approved = new Set<string>()
  private readonly uses = new Map<string, number>()
  /** How often a grant was used before it ended. */
  private readonly usedTo = new Map<string, number>()
  private readonly spent = new Map<string, number>()
  private readonly claims: Claim[] = []
  private readonly effects: Effect[] = []

  constructor(private readonly findings: Findings) {}

  /** `role` is that of the chain's writer, as its certificate says: only people at a console approve. */
  see(writer: string, role: string | null, entry: Entry): void {
    const { type, hold, grant, binding, seq } = entry
    if (type === 'hold.claimed') this.claims.push({ writer, seq, decision: refOf(entry), hold: textOf(hold), grant: null, binding })
    else if (type === 'grant.used')
      this.claims.push({ writer, seq, decision: refOf(entry), hold: null, grant: textOf(grant), binding: null })
    else if (type.startsWith('grant.') && typeof grant === 'string') this.seeGrant(grant, role, entry)
    else if (typeof hold === 'string') this.seeHold(hold, role, entry)
  }

  private seeHold(hold: string, role: string | null, { type, binding, approvals, voter, verdict }: Entry): void {
    if (type === 'hold.open') this.opened.set(hold, { binding, needed: neededOf(approvals) })
    else if (UNUSED.includes(type)) this.over.add(hold)
    else if (role !== 'console') return
    else if (type === 'hold.approved') this.approved.add(hold)
    else if (type === 'vote' && verdict === 'approve' && typeof voter === 'string')
      this.votes.set(hold, (this.votes.get(hold) ?? new Map<string, unknown>()).set(voter, binding))
  }

  private seeGrant(grant: string, role: string | null, { type, uses, used }: Entry): void {
    if (type === 'grant.open' && role === 'console') this.uses.set(grant, typeof uses === 'number' ? uses : 0)
    else if ((type === 'grant.revoked' || type === 'grant.expired') && typeof used === 'number') this.usedTo.set(grant, used)
  }

  /** An escalated call was, or may have been, carried out. */
  effect(writer: string, { seq, status }: Entry, decision: EntryRef): void {
    this.effects.push({ writer, seq, status, key: keyOf(decision) })
  }

  /** What could only be told once every chain was read. */
  finish(rest: Rest): void {
    const byName = new Map<string, Claim[]>()
    for (const claim of this.claims) {
      const wrong = rest.isPartial && !this.isWhollyHere(claim) ? null : this.faultOfClaim(claim, rest)
      if (wrong) this.findings.add(claim.writer, claim.seq, 'effect without right', `Entry ${claim.seq} uses ${wrong}.`)
      this.missing(claim, rest)
      for (const name of namesOf(claim)) byName.set(name, [...(byName.get(name) ?? []), claim])
    }
    for (const again of new Set([...byName.values()].flatMap((claims) => claims.slice(1)))) this.second(again)
    for (const effect of this.effects) this.judge(effect, byName.get(effect.key) ?? [])
  }

  /** A console's chain may have been sealed further than that of the gateway that asked it: an approval can lie before its own hold. */
  private isWhollyHere({ hold, grant }: Claim): boolean {
    if (grant !== null) return this.uses.has(grant)
    const id = hold ?? ''
    return this.approved.has(id) && (this.over.has(id) || (this.opened.has(id) && this.isVotedFor(id)))
  }

  /** As many people as its largest set of approvers takes said yes to the very call that was held. */
  private isVotedFor(hold: string): boolean {
    const { binding, needed } = this.opened.get(hold) ?? { binding: null, needed: 1 }
    return [...(this.votes.get(hold)?.values() ?? [])].filter((approved) => approved === binding).length >= needed
  }

  private missing({ writer, seq, decision }: Claim, rest: Rest): void {
    if (decision === null || rest.isEnded(decision) || !rest.isOver(writer)) return
    this.findings.add(writer, seq, 'missing end', `Entry ${seq} let a call through and no entry says what became of it.`)
  }

  private second({ writer, seq }: Claim): void {
    this.findings.add(writer, seq, 'second claim', `Entry ${seq} uses an approval that was used before.`)
  }

  /** Why nothing gave this right; null where it was given. */
  private faultOfClaim(claim: Claim, rest: Rest): string | null {
    const { grant, decision } = claim
    if (decision === null || !rest.isEscalation(decision)) return 'an approval for a call that asked nobody'
    return grant === null ? this.faultOfApproval(claim) : this.faultOfUse(grant, decision, claim)
  }

  private faultOfUse(grant: string, decision: EntryRef, { writer, seq }: Place): string | null {
    const spent = (this.spent.get(grant) ?? 0) + 1
    this.spent.set(grant, spent)
    if (decision.writer !== writer || decision.seq >= seq) return 'a grant for a call that was not its own'
    if (spent > (this.uses.get(grant) ?? 0)) return 'a grant that no console gave, or more often than it gave'
    return spent > (this.usedTo.get(grant) ?? spent) ? 'a grant that was over' : null
  }

  private faultOfApproval({ hold, binding }: Claim): string | null {
    if (hold === null || !this.approved.has(hold)) return 'an approval that no console gave'
    if (this.over.has(hold)) return 'an approval that was over'
    if (this.opened.get(hold)?.binding !== binding) return 'an approval of another call'
    return this.isVotedFor(hold) ? null : 'an approval that fewer people gave than were asked'
  }

  /** The claim comes first and in one chain with what became of it; only whoever closed that chain may say `unknown` in its stead. */
  private judge({ writer, seq, status }: Effect, claims: readonly Claim[]): void {
    const isRight = claims.some((claim) => (claim.writer === writer ? claim.seq < seq : status === 'unknown'))
    if (isRight) return
    this.findings.add(writer, seq, 'effect without right', `Receipt ${seq} tells of a call that was held and never approved.`)
  }
}

/** How a hold ends that nothing was forwarded under. */
const UNUSED: readonly string[] = ['hold.denied', 'hold.revoked', 'hold.expired', 'hold.cancelled']

const neededOf = (approvals: unknown): number => Math.max(1, ...approverSets(approvals).map(({ quorum }) => quorum))

/** What a claim uses up: a hold, and the decision that waits for it. Each is used once, whichever way. */
const namesOf = ({ hold, decision }: Claim): readonly string[] => [
  ...(hold === null ? [] : [`hold ${hold}`]),
  ...(decision === null ? [] : [keyOf(decision)]),
]

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** The decision that an entry is about; null where it names none that could be. */
export function refOf({ decision }: Entry): EntryRef | null {
  if (typeof decision !== 'object' || decision === null || Array.isArray(decision)) return null
  const { writer, seq } = decision as { readonly [key: string]: unknown }
  return typeof writer === 'string' && typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0 && seq < 2 ** 31
    ? { writer, seq }
    : null
}
