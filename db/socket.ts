import { type NetConnectOpts, Socket } from 'node:net'

type Done = (error?: Error | null) => void

/** The part of postgres.js's parsed options that says where to connect. */
export type Target = { readonly host: readonly string[]; readonly port: readonly number[]; readonly path?: string | false }

/**
 * The socket of a pooled connection, mending two things in postgres.js 3.4.9.
 *
 * A server that stops answering without closing would hold a query for ever: whatever we send is answered within `answerMs`, or the
 * connection is destroyed (0 waits without limit). TLS writes past this check; there keepalive has to do.
 *
 * A connection that closes while a write is buffered never sends again (porsager/postgres#1154): `close` is told one turn of the event
 * loop later, when the buffer has been flushed into the void, and as an unexpected end, so that every waiting query is rejected.
 */
export class PatientSocket extends Socket {
  private deadline: NodeJS.Timeout | null = null
  private wasOpen = false
  private failure: unknown = null

  constructor(private readonly answerMs: number) {
    super()
    this.once('connect', () => {
      this.wasOpen = true
    })
    this.on('data', () => this.settle())
  }

  // Not `write`: `connect` puts net.Socket's own back.
  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    this.expectAnswer()
    super._write(chunk, encoding, done)
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    this.expectAnswer()
    super._writev?.(chunks, done)
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === 'error') this.failure = values[0]
    else if (event === 'close') this.endLater(values[0])
    else return super.emit(event, ...values)
    return true
  }

  /** Both in one turn: a query that a caller repeats at once must find the connection closed, not closing. */
  private endLater(hadError: unknown): void {
    this.settle()
    setImmediate(() => {
      if (this.failure !== null) super.emit('error', this.failure)
      super.emit('close', this.wasOpen ? false : hadError)
    })
  }

  private expectAnswer(): void {
    if (this.answerMs > 0) this.deadline ??= setTimeout(() => this.giveUp(), this.answerMs)
  }

  private settle(): void {
    if (this.deadline) clearTimeout(this.deadline)
    this.deadline = null
  }

  private giveUp(): void {
    const error = new Error(`no answer from the database within ${this.answerMs} ms`)
    this.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
  }
}

/** After `hangUp` nothing is left of the client that dialled, and it reaches nobody any more. */
export type Dial = ((target: Target) => Socket) & { hangUp(): void }

/**
 * Dials the hosts of a URL in turn, a next one at each attempt. postgres.js forgets that a client was ended while it waited to dial again:
 * it would be connected later, with nobody to use it, and keep the process alive for ever.
 */
export function dialer(answerMs: number): Dial {
  let attempt = 0
  let isOver = false
  const open = new Set<Socket>()
  const dial = ({ host, port, path }: Target): Socket => {
    const at = attempt++ % Math.max(host.length, 1)
    const where: NetConnectOpts = path ? { path } : { host: host[at] ?? 'localhost', port: port[at] ?? 5432 }
    const socket = new PatientSocket(answerMs)
    socket.setNoDelay(true)
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    // postgres.js reads `host` for the server name of TLS.
    return Object.assign(isOver ? socket.destroy() : socket.connect(where), { host: host[at] })
  }
  const hangUp = () => {
    isOver = true
    for (const socket of open) if (!socket.writableEnded) socket.destroy()
  }
  return Object.assign(dial, { hangUp })
}
