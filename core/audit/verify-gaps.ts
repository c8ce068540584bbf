import type { Sha256 } from '../hash'
import { documentDigest } from '../policy/digest'
import type { Entry } from './entry'
import type { Findings } from './findings'

/** What the log itself says that it does not know, counted; none of it is damage. */
export type Gaps = {
  /** Refusals that were answered while the log could not be written. */
  readonly unrecordedRefusals: number
  /** Calls that were let go and nobody can say what became of them. */
  readonly unknownEnds: number
  /** Writers whose processes died without closing them. */
  readonly lostWriters: number
  /** Policies that decided and whose text is not at hand, by digest: those of files among them. */
  readonly unresolvedPolicies: readonly string[]
  /** Values of clear text that were erased, as entries say, and by which orders; salts are gone with them, entries and commitments are not. */
  readonly erased: { readonly values: number; readonly orders: readonly ErasureTold[] }
}

/** Everything in it may be hostile. */
export type ErasureTold = { readonly what: string; readonly at: string; readonly because: string }

const POLICIES_LIMIT = 1_000
const ORDERS_LIMIT = 100

export class GapCount {
  private unrecordedRefusals = 0
  private unknownEnds = 0
  private lostWriters = 0
  private readonly policies = new Set<string>()
  private erasedValues = 0
  private readonly orders: ErasureTold[] = []

  see(entry: Entry): void {
    const { type, count, status, policy, guardrail } = entry
    if (type === 'refusals') this.unrecordedRefusals += typeof count === 'number' ? count : 0
    else if (type === 'writer.lost') this.lostWriters += 1
    else if (type === 'receipt') this.unknownEnds += status === 'unknown' ? 1 : 0
    else if (type === 'decision') {
      this.name(typeof policy === 'object' && policy !== null && 'digest' in policy ? policy.digest : null)
      this.name(guardrail)
    } else if (type.startsWith('erasure.')) this.erasure(entry)
  }

  private erasure({ type, erased, call, principalId, because, at }: Entry): void {
    if (typeof erased === 'number') this.erasedValues += erased
    if (type !== 'erasure.order' || typeof because !== 'string' || this.orders.length >= ORDERS_LIMIT) return
    this.orders.push({ what: typeof call === 'string' ? `call ${call}` : `agent ${String(principalId)}`, at, because })
  }

  private name(digest: unknown): void {
    if (typeof digest === 'string' && this.policies.size < POLICIES_LIMIT) this.policies.add(digest)
  }

  /** `texts` are the policies at hand by digest. A text that is not the one its digest names is damage. */
  finish(texts: ReadonlyMap<string, string | null>, findings: Findings, sha256: Sha256): Gaps {
    for (const digest of this.policies) {
      const text = texts.get(digest)
      if (typeof text === 'string' && documentDigest(text, sha256) !== digest)
        findings.add(null, 0, 'bad policy', `The text kept for policy ${digest} is not the one it names.`)
    }
    const { unrecordedRefusals, unknownEnds, lostWriters } = this
    const unresolvedPolicies = [...this.policies].filter((digest) => !texts.has(digest))
    const erased = { values: this.erasedValues, orders: this.orders }
    return { unrecordedRefusals, unknownEnds, lostWriters, unresolvedPolicies, erased }
  }
}
