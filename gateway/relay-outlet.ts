import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

const NEWLINE = Uint8Array.of(0x0a)
/** Below this many bytes one copy and one write are cheaper than many writes. */
const JOIN_BYTES = 256 * 1024

/**
 * The writing end of one direction. What is said within one turn of the event loop leaves in one write. `full` asks the
 * reader of the other end to wait; a peer that is gone swallows what is written and is reported once.
 */
export class Outlet {
  /** True while the peer has not taken what was written. */
  full = false
  /** True once the peer is gone or `end` was called. */
  closed = false
  private parts: Uint8Array[] = []
  private size = 0
  private scheduled = false
  /** A line is being streamed: others wait until it has ended. */
  private midLine = false
  private readonly waiting: Uint8Array[] = []
  private waitingBytes = 0

  constructor(
    private readonly stream: Writable,
    private readonly told: { drained(): void; gone(): void },
  ) {
    stream.on('drain', () => this.drained())
    stream.on('error', () => this.gone())
    stream.on('close', () => this.gone())
  }

  /** One whole line; the newline is added. */
  line(line: Uint8Array, newline = true): void {
    if (this.closed) return
    if (this.midLine) {
      this.waiting.push(line)
      this.waitingBytes += line.length
      return
    }
    this.add(line)
    if (newline) this.add(NEWLINE)
  }

  /** Bytes of a line that is streamed; other lines wait until `endStream`. */
  streamed(bytes: Uint8Array): void {
    this.midLine = true
    this.add(bytes)
  }

  endStream(newline: boolean): void {
    if (newline) this.add(NEWLINE)
    this.midLine = false
    this.waitingBytes = 0
    for (const line of this.waiting.splice(0)) this.line(line)
  }

  /** Bytes said but not yet taken by the peer. */
  get backlog(): number {
    return this.size + this.waitingBytes + this.stream.writableLength
  }

  flush(): void {
    if (this.size === 0 || this.closed) return
    const { parts, size } = this
    this.parts = []
    this.size = 0
    if (parts.length === 1 && parts[0]) this.full = !this.stream.write(parts[0])
    else if (size <= JOIN_BYTES) this.full = !this.stream.write(Buffer.concat(parts, size))
    else this.writeMany(parts)
  }

  /** Resolves when the peer has taken everything, or after `limitMs`. */
  async emptied(limitMs: number): Promise<void> {
    this.flush()
    for (let waitedMs = 0; this.stream.writableLength > 0 && !this.closed && waitedMs < limitMs; waitedMs += 10) await sleep(10)
  }

  end(): void {
    this.flush()
    if (this.closed) return
    this.closed = true
    this.stream.end()
  }

  private add(bytes: Uint8Array): void {
    if (this.closed) return
    this.parts.push(bytes)
    this.size += bytes.length
    if (this.scheduled) return
    this.scheduled = true
    process.nextTick(() => {
      this.scheduled = false
      this.flush()
    })
  }

  private writeMany(parts: readonly Uint8Array[]): void {
    this.stream.cork()
    for (const part of parts) this.full = !this.stream.write(part)
    this.stream.uncork()
  }

  private drained(): void {
    this.full = false
    this.told.drained()
  }

  private gone(): void {
    this.parts = []
    this.size = 0
    this.waiting.length = 0
    this.waitingBytes = 0
    this.full = false
    if (this.closed) return
    this.closed = true
    this.told.gone()
  }
}
