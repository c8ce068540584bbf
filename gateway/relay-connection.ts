import type { LineFault } from '../core/mcp/fault'
import { cancelledId, memberOf, membersOf } from '../core/mcp/members'
import type { Direction, Message, Span } from '../core/mcp/message'
import { treatmentOf } from '../core/mcp/methods'
import { errorLine } from '../core/mcp/refusals'
import { isInputRequests } from '../core/mcp/result-notes'
import type { Leaving, ReplyObserver } from './ports'
import type { ProgressFloors } from './progress'
import { type Judging, type Request, tellUnsent } from './relay-judging'
import type { Outlet } from './relay-outlet'
import { type Asked, loseReply, type Requests } from './relay-requests'

/** One side of the connection: what it asks, and where lines to it go. */
export type Side = {
  readonly name: Direction
  /** Lines to this side. */
  readonly outlet: Outlet
  /** What this side asked and the other side has not answered. */
  readonly requests: Requests
}

export type Connection = {
  readonly client: Side
  readonly server: Side
  readonly judging: Judging
  /** Ids of what we asked the client ourselves. */
  readonly own: Set<string>
  readonly progress: ProgressFloors
  readonly warn: (sentence: string) => void
}

export const sidesOf = (connection: Connection, direction: Direction): { from: Side; to: Side } =>
  direction === 'client' ? { from: connection.client, to: connection.server } : { from: connection.server, to: connection.client }

/** Counts a line that goes no further. */
export function refuse(connection: Connection, direction: Direction, because: string, sizeBytes: number): void {
  connection.judging.tell((governor) => governor.refused(because, sizeBytes, direction))
}

/** Refuses a line that is no message. Its sender hears of it if it may be waiting: a response that is wrong is nobody's request. */
export function refuseLine(connection: Connection, direction: Direction, fault: LineFault, sizeBytes: number): void {
  refuse(connection, direction, fault.because, sizeBytes)
  const { from } = sidesOf(connection, direction)
  if (direction === 'client' || fault.asks)
    from.outlet.line(errorLine(fault.asks ? fault.id : null, fault.code, `Refused: ${fault.because}.`))
}

/** Who asked gets an error in the place of an answer that was refused. */
export function refuseAnswer({ client }: Connection, asked: Asked, because: string): void {
  client.requests.take(asked.id.key)
  loseReply(asked, because)
  client.outlet.line(errorLine(asked.raw, -32603, `The upstream's answer was refused: ${because}.`))
}

/** A request or a notification: by the method table and in no other way. */
export function takeCall(connection: Connection, message: Exclude<Message, { kind: 'response' }>, line: Uint8Array): void {
  if (message.kind === 'request') takeRequest(connection, message, line)
  else takeNotification(connection, message, line)
}

function takeNotification(connection: Connection, message: Extract<Message, { kind: 'notification' }>, line: Uint8Array): void {
  const { direction, method, params } = message
  const { from, to } = sidesOf(connection, direction)
  const treatment = treatmentOf(direction, 'notification', method)
  if (treatment === 'drop') {
    refuse(connection, direction, 'a message without an id that is no notification of the protocol', line.length)
    return
  }
  if (direction === 'server' && params !== null && membersOf(line, params).some(({ name }) => isInputRequests(name))) {
    refuse(connection, direction, 'a notification that asks for input: only an answer can be judged for it', line.length)
    return
  }
  if (treatment === 'cancel' && cancel(connection, from, line, params)) return
  const isCounted = direction === 'server' && connection.progress.size > 0 && method === 'notifications/progress'
  if (isCounted && !connection.progress.passes(line, params)) return
  to.outlet.line(line)
}

/** True where the other side has nothing to hear of it: it never saw the request, or its answer is still wanted. */
function cancel({ judging }: Connection, from: Side, line: Uint8Array, params: Span | null): boolean {
  const id = cancelledId(line, params)
  if (id === null) return false
  const why = leavingOf(line, params)
  if (judging.cancel(from.name, id.key, why)) return true
  if (why === 'timed_out' && from.requests.detach(id.key)) return true
  from.requests.cancel(id.key)
  return false
}

/** Clients that give up waiting cancel, too, and say so in their reason; those that took the call back say something else, or nothing. */
function leavingOf(line: Uint8Array, params: Span | null): Leaving {
  const reason = memberOf(line, params, 'reason')
  const text = reason === null ? '' : Buffer.from(line.subarray(reason.start, reason.end)).toString('utf8')
  return /time[ds]?[ -]?out/i.test(text) ? 'timed_out' : 'cancelled'
}

function takeRequest(connection: Connection, message: Request, line: Uint8Array): void {
  const { direction, id, method } = message
  const { from, to } = sidesOf(connection, direction)
  const raw = idOf(message, line)
  if (from.requests.has(id.key) || connection.judging.has(direction, id.key)) {
    refuse(connection, direction, 'the id of a request is already in flight', line.length)
    from.outlet.line(errorLine(raw, -32600, 'Refused: a request with this id is already in flight.'))
    return
  }
  const treatment = treatmentOf(direction, 'request', method)
  if (treatment === 'judge') {
    judge(connection, message, line)
    return
  }
  const observer = observerOf(connection, treatment, message, line)
  from.requests.add({ id, raw, observer, buffered: treatment === 'listing' || treatment === 'polling', cancelled: false, detached: false })
  to.outlet.line(line)
}

/** A copy: what waits for an answer must not keep the line alive that it came on. */
const idOf = ({ id }: Request, line: Uint8Array): Uint8Array => Buffer.from(line.subarray(id.span.start, id.span.end))

function observerOf(connection: Connection, treatment: string, message: Request, line: Uint8Array): Asked['observer'] {
  const { judging } = connection
  if (treatment === 'handshake') judging.tell((governor) => governor.observeHandshake(message, line))
  if (treatment === 'listing') return judging.ask((governor) => governor.observeListing(message, line))
  if (treatment === 'polling') return judging.ask((governor) => governor.observePolling(message, line))
  return null
}

function judge(connection: Connection, message: Request, line: Uint8Array): void {
  const { from, to } = sidesOf(connection, message.direction)
  const raw = idOf(message, line)
  const forward = (ruled: Uint8Array, observer: ReplyObserver | null): void => {
    if (to.outlet.closed) {
      tellUnsent(observer, 'the other side is gone')
      return
    }
    const buffered = observer?.rewrite !== undefined || isModern(line)
    from.requests.add({ id: message.id, raw, observer, buffered, cancelled: false, detached: false })
    to.outlet.line(ruled)
  }
  void connection.judging.judge(message, line, { forward, answer: (answer) => from.outlet.line(answer) })
}

const MODERN_KEY = Buffer.from('io.modelcontextprotocol/protocolVersion')

/**
 * Whether a request may be answered with `input_required`, so that its answer must be seen whole. The key is looked for as
 * bytes: a false alarm costs a buffered answer, and an answer that slips through unseen is caught before its last byte.
 */
const isModern = (line: Uint8Array): boolean => Buffer.from(line.buffer, line.byteOffset, line.byteLength).includes(MODERN_KEY)
