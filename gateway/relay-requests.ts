import type { MessageId } from '../core/mcp/message'
import type { ReplyObserver } from './ports'

/** A request that was forwarded and whose answer has not come. */
export type Asked = {
  readonly id: MessageId
  /** The raw bytes of the id, on their own: a view would keep the whole line. */
  readonly raw: Uint8Array
  /** Who wants to see the answer; a promise while the governor is still being loaded. */
  observer: ReplyObserver | null | Promise<ReplyObserver | null>
  /** The answer must be whole before any of it is passed on. */
  readonly buffered: boolean
  cancelled: boolean
  /** Whoever asked left, and took nothing back: the answer is watched for, and not passed on. */
  detached: boolean
}

/** How many cancelled requests are remembered: the other side may answer late or, as the specification allows, never. */
const CANCELLED_KEPT = 1024

/** The unanswered requests of one side. Ids are compared as JSON values; each is answered at most once. */
export class Requests {
  private readonly open = new Map<string, Asked>()
  private readonly cancelled: Asked[] = []
  /** How many of them need their answers buffered. */
  buffered = 0
  /** How many are watched by somebody. */
  watched = 0

  get size(): number {
    return this.open.size
  }

  /** Whether an answer to this id may still come. A cancelled request's may: a second one of its id would be given it. */
  has(key: string): boolean {
    return this.open.has(key)
  }

  get(key: string): Asked | undefined {
    return this.open.get(key)
  }

  add(asked: Asked): void {
    const displaced = this.take(asked.id.key)
    if (displaced) loseReply(displaced, 'its id was used again')
    this.open.set(asked.id.key, asked)
    if (asked.buffered) this.buffered += 1
    if (asked.observer !== null) this.watched += 1
  }

  /** The request this id answers, which can't be answered again. */
  take(key: string): Asked | undefined {
    const asked = this.open.get(key)
    if (asked === undefined) return undefined
    this.open.delete(key)
    if (asked.buffered) this.buffered -= 1
    if (asked.observer !== null) this.watched -= 1
    return asked
  }

  cancel(key: string): void {
    const asked = this.open.get(key)
    if (asked === undefined || asked.cancelled) return
    asked.cancelled = true
    this.cancelled.push(asked)
    const oldest = this.cancelled.length > CANCELLED_KEPT ? this.cancelled.shift() : undefined
    if (oldest === undefined || this.open.get(oldest.id.key) !== oldest) return
    this.take(oldest.id.key)
    loseReply(oldest, 'it was cancelled and never answered')
  }

  /** Whoever asked ran out of time. True where the answer is kept for them: the other side need not hear of it. */
  detach(key: string): boolean {
    const asked = this.open.get(key)
    if (asked === undefined || asked.observer === null || asked.observer instanceof Promise || !asked.observer.askerLeft) return false
    asked.detached = true
    asked.observer.askerLeft()
    return true
  }

  /** Nothing will be answered any more. */
  lose(because: string): void {
    for (const asked of this.open.values()) loseReply(asked, because)
    this.open.clear()
    this.buffered = 0
    this.watched = 0
  }
}

/** Whoever watches this request hears that its answer will not come. */
export function loseReply(asked: Asked, because: string): void {
  const { observer } = asked
  if (observer instanceof Promise) void observer.then((found) => found?.lost(because))
  else observer?.lost(because)
}
