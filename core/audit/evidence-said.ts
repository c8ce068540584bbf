import { type Entry, recordedName } from './entry'
import { type Members, membersOf } from './evidence'

/** What a published version was approved by, as the log tells it. */
export type SaidPublication = {
  readonly name: string
  readonly version: number
  readonly digest: string
  readonly approvedBy: readonly string[]
}

const PUBLISHING: readonly string[] = ['policy.publish', 'policy.rollback']
const ERASING: readonly string[] = ['erasure.order', 'erasure.retention']
const HOLD_ENDS: readonly string[] = ['hold.denied', 'hold.expired', 'hold.cancelled', 'hold.revoked', 'hold.claimed']

/** What the entries say that other files of a bundle have to agree with. */
export class Said {
  /** `<hold> <voter>` -> the signature that the entry of the vote carries. */
  readonly votes = new Map<string, unknown>()
  /** What waited in each hold that was opened: its call, server and tool, as one text. */
  readonly holds = new Map<string, string>()
  /** How a hold ended: the word behind `hold.`. */
  readonly holdEnds = new Map<string, string>()
  /** Digests of the policies and guardrails that decided, and of what was published. */
  readonly policies = new Set<string>()
  /** `<digest of the text> <who> <verdict>` of every review. */
  readonly reviews = new Set<string>()
  readonly publications: SaidPublication[] = []
  /** By index: entries that say that something was erased. */
  readonly erasures = new Map<number, Members>()
  refusals = 0
  lost = 0

  hear(index: number, entry: Entry): void {
    const { type, hold, count } = entry
    if (typeof hold === 'string') this.hearHold(entry, hold)
    if (type.startsWith('policy.')) this.hearPolicy(entry)
    if (type === 'decision')
      for (const digest of [membersOf(entry.policy)?.digest, entry.guardrail]) if (typeof digest === 'string') this.policies.add(digest)
    if (ERASING.includes(type)) this.erasures.set(index, entry)
    if (type === 'refusals' && typeof count === 'number') this.refusals += count
    if (type === 'writer.lost') this.lost += 1
  }

  private hearHold({ type, voter, signature, call, server, tool }: Entry, hold: string): void {
    if (type === 'vote') this.votes.set(`${hold} ${voter}`, signature)
    if (type === 'hold.open') this.holds.set(hold, placeOfHold(call, server, tool))
    if (HOLD_ENDS.includes(type)) this.holdEnds.set(hold, type.slice('hold.'.length))
  }

  private hearPolicy({ type, name, version, digest, approvedBy, textDigest, actor, verdict }: Entry): void {
    if (type === 'policy.review') this.reviews.add(`${textDigest} ${actor} ${verdict}`)
    if (!PUBLISHING.includes(type) || typeof digest !== 'string') return
    this.policies.add(digest)
    const people = Array.isArray(approvedBy) ? approvedBy.map(String) : []
    this.publications.push({ name: String(name), version: Number(version), digest, approvedBy: people })
  }
}

/** A held call as both the log and the table tell of it: names as entries hold them. */
export const placeOfHold = (call: unknown, server: unknown, tool: unknown): string =>
  [call, server, tool].map((each) => (typeof each === 'string' ? recordedName(each) : '')).join('\n')
