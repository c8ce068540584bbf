import { readId } from '../core/mcp/id'
import type { Message } from '../core/mcp/message'
import { errorLine } from '../core/mcp/refusals'
import { ReplyScan } from '../core/mcp/reply-scan'
import { type ReplyNotes, readNotes } from '../core/mcp/result-notes'
import { isTorn, scanLine } from '../core/mcp/scan'
import { isTextLine } from '../core/mcp/text-line'
import type { LineSink } from './lines'
import type { ReplyObserver, ReplySummary } from './ports'
import { type Connection, refuse, refuseAnswer, refuseLine, takeCall } from './relay-connection'
import { judgeInputs } from './relay-inputs'
import type { Asked } from './relay-requests'
import { ReplyStream, summaryOf } from './relay-stream'

type Passed = { readonly observer: ReplyObserver; readonly line: Uint8Array; readonly summary: ReplySummary }
type Response = Extract<Message, { kind: 'response' }>

/** Lines from the server. Answers go to who asked; what it asks itself is judged; log lines on stdout pass with a warning. */
export class ServerLines implements LineSink {
  /** Answers that wait for somebody before they are passed on. */
  private readonly waiting = new Set<Promise<void>>()
  /** What was answered in this turn of the event loop. */
  private passed: Passed[] = []
  private stream: ReplyStream | null = null
  private warnedOfText = false

  constructor(private readonly connection: Connection) {}

  line(line: Uint8Array, newline = true): void {
    const { message, fault } = scanLine(line, 'server')
    if (fault) this.fault(line, newline, fault)
    else if (message.kind === 'response') this.response(message, line)
    else takeCall(this.connection, message, line)
  }

  part(bytes: Uint8Array): void {
    this.stream ??= new ReplyStream(this.connection)
    this.stream.part(bytes)
  }

  partsEnd(newline: boolean): void {
    const { stream } = this
    this.stream = null
    const line = stream?.end()
    if (line) this.line(line, newline)
  }

  /** Resolves when every answer that came has been passed on. */
  async settled(): Promise<void> {
    while (this.waiting.size > 0) await Promise.allSettled(this.waiting)
  }

  private fault(line: Uint8Array, newline: boolean, fault: Parameters<typeof refuseLine>[2]): void {
    const { connection } = this
    if (isTextLine(line) && !isTorn(line)) {
      if (!this.warnedOfText && line.length > 1) {
        this.warnedOfText = true
        connection.warn('The upstream writes lines that are no messages to its stdout; they are passed on as they are.')
      }
      connection.client.outlet.line(line, newline)
      return
    }
    refuseLine(connection, 'server', fault, line.length)
    connection.warn(`A line of the upstream was not passed on: ${fault.because}.`)
    if (!fault.asks && fault.id !== null) settleUnreadable(connection, fault.id, fault.because)
  }

  private response(message: Response, line: Uint8Array): void {
    const { client } = this.connection
    if (message.id === null) {
      client.outlet.line(line)
      return
    }
    const asked = client.requests.take(message.id.key)
    if (asked === undefined) {
      refuse(this.connection, 'server', 'an answer to something that was never asked', line.length)
      return
    }
    const reply = message.ok ? (readNotes(line, message.value) ?? scanNotes(line)) : NO_NOTES
    const { observer } = asked
    const isReady = !(observer instanceof Promise) && !observer?.rewrite && !reply.asksInput
    if (isReady) {
      this.deliver(asked, observer, line, summaryOf(message.ok, reply, line.length))
      return
    }
    const passing = this.deliverLater(asked, message, line, reply).finally(() => this.waiting.delete(passing))
    this.waiting.add(passing)
  }

  /** Who asked is served first: what the answer says is noted when it has left. */
  private deliver(asked: Asked, observer: ReplyObserver | null, line: Uint8Array, summary: ReplySummary): void {
    if (!asked.detached) this.connection.client.outlet.line(line)
    if (observer === null) return
    if (this.passed.length === 0) process.nextTick(() => this.note())
    this.passed.push({ observer, line, summary })
  }

  private note(): void {
    const { passed } = this
    this.passed = []
    for (const { observer, line, summary } of passed) {
      observer.chunk?.(line)
      observer.end(summary)
    }
  }

  /** Answers that are rewritten, or that ask for something which is judged first. */
  private async deliverLater(asked: Asked, message: Response, line: Uint8Array, reply: ReplyNotes): Promise<void> {
    const { connection } = this
    const observer = await asked.observer
    try {
      const refusal = reply.asksInput ? await judgeInputs(connection, asked, message, line) : null
      if (refusal !== null) {
        observer?.lost('what its answer asked for was refused')
        return connection.client.outlet.line(refusal)
      }
      const rewritten = observer?.rewrite ? await observer.rewrite(line) : line
      this.deliver(asked, observer, rewritten, summaryOf(message.ok, reply, line.length))
    } catch (error) {
      connection.warn(`An answer could not be passed on: ${String(error)}`)
      connection.client.outlet.line(errorLine(asked.raw, -32603, 'The authorization gateway failed on this answer.'))
      observer?.lost('the gateway failed on the answer')
    }
  }
}

const NO_NOTES: ReplyNotes = { isError: false, resultType: null, taskId: null, asksInput: false }

/** For results that can't be read member by member: what a reader that takes anything might see in them. */
function scanNotes(line: Uint8Array): ReplyNotes {
  const scan = new ReplyScan()
  scan.push(line)
  return scan.reply
}

/** Who asked hears that the answer can't be read; nothing of it was passed on. */
function settleUnreadable(connection: Connection, raw: Uint8Array, because: string): void {
  const id = readId(raw, 0, raw.length)
  const asked = id === null ? undefined : connection.client.requests.get(id.key)
  if (asked !== undefined) refuseAnswer(connection, asked, because)
}
