import { limits } from '../core/mcp/limits'
import { ReplyScan } from '../core/mcp/reply-scan'
import type { ReplyNotes } from '../core/mcp/result-notes'
import { isTorn } from '../core/mcp/scan'
import { Pieces } from './lines'
import type { ReplyObserver, ReplySummary } from './ports'
import { type Connection, refuse, refuseAnswer } from './relay-connection'
import type { Asked } from './relay-requests'

/**
 * One line of the server that comes in pieces. An answer nobody has to see whole is passed on as it comes, all but the brace
 * that closes it: that byte and what follows wait until the whole top level has scanned clean. Where it does not, the line
 * ends unclosed, which no reader takes for a message, and who asked gets an error instead.
 */
export class ReplyStream {
  private readonly scan = new ReplyScan()
  private readonly held = new Pieces()
  /** Passed on already, but not yet seen by its observer: whose answer it is was not known. */
  private readonly unseen = new Pieces()
  private streaming = false
  /** Why nothing of the line is kept or passed any more. */
  private givenUp: string | null = null
  private endsInReturn = false
  private torn = false
  private size = 0
  private observer: ReplyObserver | null = null

  constructor(private readonly connection: Connection) {}

  part(bytes: Uint8Array): void {
    const wasClosed = this.scan.closedAt !== null
    this.scan.push(bytes)
    this.size += bytes.length
    this.torn ||= this.endsInReturn || isTorn(bytes)
    this.endsInReturn = bytes.at(-1) === RETURN
    const because = this.size > limits.lineBytes ? 'the line is too long' : this.streaming && this.torn ? TORN : null
    if (because !== null) this.giveUp(because)
    else if (this.givenUp === null) this.take(bytes, wasClosed)
  }

  /** A line that was closed before it could be streamed is not streamed: its last brace would go with the rest. */
  private take(bytes: Uint8Array, wasClosed: boolean): void {
    if (!this.streaming && !wasClosed && !this.torn && this.mayStream()) this.startStreaming()
    if (!this.streaming || wasClosed) {
      this.held.add(bytes)
      return
    }
    const { closedAt } = this.scan
    this.pass(closedAt === null ? bytes : bytes.subarray(0, closedAt))
    if (closedAt !== null) this.held.add(bytes.subarray(closedAt))
  }

  /** The line is over. Returns it where it was kept whole, for the ordinary way. */
  end(): Uint8Array | null {
    if (this.givenUp !== null) this.refuse(this.givenUp)
    else if (!this.streaming) return this.held.join()
    else this.finishStream()
    return null
  }

  private get asked(): Asked | undefined {
    return this.scan.id === null ? undefined : this.connection.client.requests.get(this.scan.id.key)
  }

  /** An answer whose id has not passed may be streamed only if whatever it turns out to be could be. */
  private mayStream(): boolean {
    const { scan, connection } = this
    if (scan.failed || scan.has('method') || !(scan.has('result') || scan.has('error'))) return false
    if (scan.id === null)
      return connection.client.requests.size > 0 && connection.client.requests.buffered === 0 && connection.judging.count === 0
    const { asked } = this
    return asked !== undefined && isPlain(asked)
  }

  private startStreaming(): void {
    this.streaming = true
    for (const piece of this.held.list) this.pass(piece)
    this.held.clear()
  }

  private pass(bytes: Uint8Array): void {
    this.connection.client.outlet.streamed(bytes)
    this.observe(bytes)
  }

  /** Every byte once and in order, as soon as it is known whose they are. */
  private observe(bytes: Uint8Array): void {
    if (this.observer) {
      this.observer.chunk?.(bytes)
      return
    }
    const observer = this.asked?.observer ?? null
    if (this.scan.id !== null && observer === null) return
    if (observer === null || observer instanceof Promise) {
      if (this.connection.client.requests.watched > 0) this.unseen.add(bytes)
      return
    }
    this.observer = observer
    for (const piece of this.unseen.list) observer.chunk?.(piece)
    this.unseen.clear()
    observer.chunk?.(bytes)
  }

  private finishStream(): void {
    const { scan, connection, asked } = this
    const { kind, ok } = scan.end()
    const because = unfit(kind, asked, scan.reply)
    if (because !== null || !asked) {
      this.cutOff()
      this.refuse(because ?? 'it was never asked for')
      return
    }
    for (const piece of this.held.list) this.pass(piece)
    connection.client.requests.take(asked.id.key)
    this.observer?.end(summaryOf(ok, scan.reply, this.size))
    connection.client.outlet.endStream(true)
  }

  /** What was passed on is left unclosed; whoever waited behind it comes next. */
  private cutOff(): void {
    this.connection.client.outlet.endStream(true)
  }

  /** From here on nothing is kept or passed on; the scan goes on, because the id may come last. */
  private giveUp(because: string): void {
    if (this.givenUp !== null) return
    this.givenUp = because
    this.held.clear()
    this.unseen.clear()
    if (this.streaming) this.cutOff()
  }

  private refuse(because: string): void {
    const { connection, asked, streaming, scan } = this
    refuse(connection, 'server', because, this.size)
    connection.warn(`A line of the upstream was ${streaming ? 'cut off before its end' : 'not passed on'}: ${because}.`)
    if (asked && (streaming || !scan.has('method'))) refuseAnswer(connection, asked, because)
  }
}

const RETURN = 0x0d
const TORN = 'the line holds a carriage return before its end'

const isPlain = (asked: Asked): boolean => !asked.buffered && !(asked.observer instanceof Promise) && !asked.observer?.rewrite

/** What an observer is told of an answer. */
export const summaryOf = (ok: boolean, { isError, resultType, taskId }: ReplyNotes, sizeBytes: number): ReplySummary => ({
  ok,
  isError,
  resultType,
  taskId,
  sizeBytes,
})

function unfit(kind: string | number, asked: Asked | undefined, { asksInput }: ReplyNotes): string | null {
  if (kind !== 'response') return 'it is not a well-formed answer'
  if (asked === undefined) return 'it answers something that was never asked'
  if (!isPlain(asked) || asksInput) return 'it should have been seen whole'
  return null
}
