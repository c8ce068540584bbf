import type { RequestFields } from '../core/audit/entry'
import { networkOf } from './throttle'

/** How often the log is told of refusals of one kind. */
const TELL_MS = 60_000
/** How many kinds of refusals, and whoever they came from, are told apart at once. */
const MOST_KINDS = 50

export type RequestRefused = Omit<RequestFields, 'type' | 'count' | 'since'>

type Kind = { readonly refused: RequestRefused; count: number; sinceMs: number; toldMs: number | null }

/**
 * Refused requests on their way into the log: the first of a kind is due at once, those that follow are one entry a minute. Whoever sends
 * them from many addresses fills neither the log nor this memory: from then on they are counted together. What was counted and not told
 * yet is lost with the process, as far as `all` was not asked for.
 */
export class RefusedRequests {
  private readonly kinds = new Map<string, Kind>()

  count(refused: RequestRefused, nowMs: number): void {
    const kind = this.kindOf(refused, nowMs)
    if (kind.count === 0) kind.sinceMs = nowMs
    kind.count += 1
  }

  /** What the log should hear now. Counted anew from here on, unless given back. */
  due(nowMs: number): readonly RequestFields[] {
    const due = [...this.kinds.values()].filter(({ count, toldMs }) => count > 0 && (toldMs === null || nowMs - toldMs >= TELL_MS))
    return due.map((kind) => this.take(kind, nowMs))
  }

  /** Everything there is to tell, at the end of the process. */
  all(nowMs: number): readonly RequestFields[] {
    return [...this.kinds.values()].filter(({ count }) => count > 0).map((kind) => this.take(kind, nowMs))
  }

  /** What could not be written after all. */
  giveBack(entries: readonly RequestFields[], nowMs: number): void {
    for (const { type: _, count, since, ...refused } of entries) {
      const kind = this.kindOf(refused, nowMs)
      kind.count += count
      kind.sinceMs = Math.min(kind.sinceMs, Date.parse(since))
      kind.toldMs = null
    }
  }

  private take(kind: Kind, nowMs: number): RequestFields {
    const { refused, count, sinceMs } = kind
    kind.count = 0
    kind.toldMs = nowMs
    return { type: 'request.refused', ...refused, count, since: new Date(sinceMs).toISOString() }
  }

  private kindOf(refused: RequestRefused, nowMs: number): Kind {
    const known = this.kinds.get(keyOf(refused))
    if (known) return known
    if (this.kinds.size >= MOST_KINDS) this.forgetQuiet(nowMs)
    const told = this.kinds.size < MOST_KINDS ? refused : { ...refused, address: null, right: null }
    const kind = this.kinds.get(keyOf(told)) ?? { refused: told, count: 0, sinceMs: nowMs, toldMs: null }
    this.kinds.set(keyOf(told), kind)
    return kind
  }

  private forgetQuiet(nowMs: number): void {
    for (const [key, { count, toldMs }] of this.kinds)
      if (count === 0 && toldMs !== null && nowMs - toldMs >= TELL_MS) this.kinds.delete(key)
  }
}

const keyOf = ({ because, right, actor, address }: RequestRefused): string =>
  JSON.stringify([because, right, actor, address === null ? null : networkOf(address)])
