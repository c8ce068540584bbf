import { limits } from '../core/mcp/limits'
import type { Message } from '../core/mcp/message'
import { errorLine } from '../core/mcp/refusals'
import { ReplyScan } from '../core/mcp/reply-scan'
import { scanLine } from '../core/mcp/scan'
import { type LineSink, Pieces } from './lines'
import { type Connection, refuse, refuseLine, takeCall } from './relay-connection'

const SPACE_ONLY = /^[ \t]*\r?$/

/** Lines from the client. Nothing that does not scan is passed on. */
export class ClientLines implements LineSink {
  private readonly pieces = new Pieces()
  /** Set while a line that is too long goes by: only its id is of interest. */
  private tooLong: ReplyScan | null = null

  constructor(private readonly connection: Connection) {}

  line(line: Uint8Array): void {
    const { message, fault } = scanLine(line, 'client')
    if (fault) this.fault(line, fault)
    else if (message.kind === 'response') this.response(message, line)
    else takeCall(this.connection, message, line)
  }

  part(bytes: Uint8Array): void {
    if (this.tooLong) {
      this.tooLong.push(bytes)
      return
    }
    this.pieces.add(bytes)
    if (this.pieces.size <= limits.lineBytes) return
    this.tooLong = new ReplyScan()
    for (const piece of this.pieces.list) this.tooLong.push(piece)
    this.pieces.clear()
  }

  partsEnd(): void {
    const { tooLong, pieces } = this
    if (tooLong) {
      this.tooLong = null
      tooLong.end()
      refuse(this.connection, 'client', 'the line is too long', limits.lineBytes)
      const id = tooLong.has('method') ? (tooLong.id?.raw ?? null) : null
      this.connection.client.outlet.line(errorLine(id, -32600, 'Refused: the line is too long.'))
      return
    }
    const line = pieces.join()
    pieces.clear()
    this.line(line)
  }

  private fault(line: Uint8Array, fault: Parameters<typeof refuseLine>[2]): void {
    if (line.length < 16 && SPACE_ONLY.test(Buffer.from(line).toString('latin1'))) this.connection.server.outlet.line(line)
    else refuseLine(this.connection, 'client', fault, line.length)
  }

  /** The client answers something the server asked. */
  private response(message: Extract<Message, { kind: 'response' }>, line: Uint8Array): void {
    const { server } = this.connection
    const asked = message.id === null ? undefined : server.requests.take(message.id.key)
    if (message.id !== null && asked === undefined) {
      if (this.connection.own.delete(message.id.key)) return
      refuse(this.connection, 'client', 'an answer to something that was never asked', line.length)
      return
    }
    const observer = asked?.observer
    if (observer && !(observer instanceof Promise)) {
      observer.chunk?.(line)
      observer.end({ ok: message.ok, isError: false, resultType: null, taskId: null, sizeBytes: line.length })
    }
    server.outlet.line(line)
  }
}
