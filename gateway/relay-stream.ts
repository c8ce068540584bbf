import { limits } from '../core/mcp/limits'
import { errorLine } from '../core/mcp/refusals'
import { ReplyScan } from '../core/mcp/reply-scan'
import { Pieces } from './lines'
import type { ReplyObserver } from './ports'
import { type Connection, refuse } from './relay-connection'
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
  private tooLong = false
  private size = 0
  private observer: ReplyObserver | null = null

  constructor(private readonly connection: Connection) {}

  part(bytes: Uint8Array): void {
    const wasClosed = this.scan.closedAt !== null
    this.scan.push(bytes)
    this.size += bytes.length
    if (this.size > limits.lineBytes) {
      this.giveUp()
      return
    }
    if (!this.streaming && this.mayStream()) this.startStreaming()
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
    if (this.tooLong) this.finishTooLong()
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
    const because = unfit(kind, asked, scan.reply.resultType)
    if (because !== null || !asked) {
      this.poison(because ?? 'it was never asked for')
      return
    }
    for (const piece of this.held.list) this.pass(piece)
    connection.client.requests.take(asked.id.key)
    this.observer?.end({ ok, ...notesOf(scan), sizeBytes: this.size })
    connection.client.outlet.endStream(true)
  }

  private poison(because: string): void {
    const { connection, asked } = this
    connection.client.outlet.endStream(true)
    refuse(connection, 'server', because, this.size)
    connection.warn(`A line of the upstream was cut off before its end: ${because}.`)
    if (!asked) return
    connection.client.requests.take(asked.id.key)
    this.observer?.lost(because)
    connection.client.outlet.line(errorLine(asked.raw, -32603, `The upstream's answer was refused: ${because}.`))
  }

  /** From here on nothing is kept; the scan goes on, because the id may come last. */
  private giveUp(): void {
    this.tooLong = true
    this.held.clear()
    this.unseen.clear()
  }

  private finishTooLong(): void {
    this.scan.end()
    if (this.streaming) {
      this.poison('the line is too long')
      return
    }
    refuse(this.connection, 'server', 'the line is too long', this.size)
    const { asked } = this
    this.connection.warn('A line of the upstream was not passed on: the line is too long.')
    if (!asked || this.scan.has('method')) return
    this.connection.client.requests.take(asked.id.key)
    void Promise.resolve(asked.observer).then((observer) => observer?.lost('the line is too long'))
    this.connection.client.outlet.line(errorLine(asked.raw, -32603, "The upstream's answer was refused: the line is too long."))
  }
}

const isPlain = (asked: Asked): boolean => !asked.buffered && !(asked.observer instanceof Promise) && !asked.observer?.rewrite

const notesOf = ({ reply }: ReplyScan) => ({ isError: reply.isError, resultType: reply.resultType, taskId: reply.taskId })

function unfit(kind: string | number, asked: Asked | undefined, resultType: string | null): string | null {
  if (kind !== 'response') return 'it is not a well-formed answer'
  if (asked === undefined) return 'it answers something that was never asked'
  if (!isPlain(asked) || resultType === 'input_required') return 'it should have been seen whole'
  return null
}
