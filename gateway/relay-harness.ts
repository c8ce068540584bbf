import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Ending, Upstream } from './child'
import type { Governor, ReplySummary } from './ports'
import { runRelay } from './relay'

/** Forwards everything and watches nothing. */
export const allowAll: Governor = {
  judge: async (_message, line) => ({ do: 'forward', line }),
  observeHandshake: () => {},
  observeListing: () => null,
  observePolling: () => null,
  attach: () => {},
  clientEnded: () => {},
  close: async () => {},
  refused: () => {},
}

/** A governor that hashes what passes, as the log does. */
export function hashing(): { governor: Partial<Governor>; seen: { hash: string; summary: ReplySummary }[]; lost: string[] } {
  const seen: { hash: string; summary: ReplySummary }[] = []
  const lost: string[] = []
  const judge: Governor['judge'] = async (_message, line) => {
    const hash = createHash('sha256')
    return {
      do: 'forward',
      line,
      reply: {
        chunk: (bytes) => void hash.update(bytes),
        end: (summary) => void seen.push({ hash: hash.digest('hex'), summary }),
        lost: (because) => void lost.push(because),
      },
    }
  }
  return { governor: { judge }, seen, lost }
}

/** Bytes of buffers and of everything else that are still held by something. */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

const SCRIPTED = fileURLToPath(new URL('../e2e/fixtures/scripted-upstream.mjs', import.meta.url))

/** For tests: a relay in this process, in front of a scripted upstream that records what reaches it. */
export class RelayHarness {
  readonly stdin = new PassThrough()
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  readonly ended: Promise<Ending>
  readonly refusals: string[] = []
  private readonly folder = mkdtempSync(join(tmpdir(), 'countersign-relay-'))
  private readonly record = join(this.folder, 'record')
  private readonly chunks: Buffer[] = []

  constructor(
    options: {
      governor?: Partial<Governor> | (() => Promise<Governor>)
      flags?: string[]
      upstream?: Partial<Upstream>
      drainMs?: number
    } = {},
  ) {
    writeFileSync(this.record, '')
    const { governor = {}, flags = [], upstream = {}, drainMs = 300 } = options
    const refused = (because: string): void => void this.refusals.push(because)
    const whole = typeof governor === 'function' ? governor : async () => ({ ...allowAll, refused, ...governor })
    this.ended = runRelay({
      upstream: { command: 'node', args: [SCRIPTED, this.record, ...flags], env: {}, ...upstream },
      governor: whole,
      stdin: this.stdin,
      stdout: this.stdout,
      stderr: this.stderr,
      drainMs,
      graceMs: 200,
    })
    this.listen()
  }

  listen(): void {
    this.stdout.on('data', (chunk: Buffer) => this.chunks.push(chunk))
  }

  send(...lines: (string | Uint8Array)[]): void {
    for (const line of lines) {
      this.stdin.write(line)
      this.stdin.write('\n')
    }
  }

  call(id: number, name: string, args: object = {}): void {
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } }))
  }

  /** Has the upstream write exactly this text, under a call that gets no other answer. */
  say(id: number, text: string): void {
    this.call(id, 'say', { base64: Buffer.from(text).toString('base64') })
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get lines(): string[] {
    return this.received.toString().split('\n').slice(0, -1)
  }

  /** The lines that lie within the last quarter megabyte: looking for an answer must not cost what a large one weighs. */
  private get lastLines(): string[] {
    let from = this.chunks.length
    for (let size = 0; from > 0 && size < 256 * 1024; from -= 1) size += this.chunks[from - 1]?.length ?? 0
    return Buffer.concat(this.chunks.slice(from)).toString().split('\n').slice(0, -1)
  }

  get forwarded(): Buffer {
    return readFileSync(this.record)
  }

  get warnings(): string {
    return String(this.stderr.read() ?? '')
  }

  /** Waits until the client has this many lines. */
  async until(isThere: () => boolean): Promise<void> {
    const deadline = Date.now() + 20_000
    while (!isThere()) {
      if (Date.now() > deadline) throw new Error(`timed out; the client has ${this.received.subarray(0, 2_000).toString()}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async answerTo(id: number): Promise<{ result?: Record<string, unknown>; error?: { code: number; message: string } }> {
    const find = () => this.lastLines.find((line) => line.includes(`"id":${id}`) && isAnswer(line, id))
    await this.until(() => find() !== undefined)
    return JSON.parse(find() ?? '')
  }

  async close(): Promise<Ending> {
    this.stdin.end()
    const ending = await this.ended
    rmSync(this.folder, { recursive: true, force: true })
    return ending
  }
}

function isAnswer(line: string, id: number): boolean {
  try {
    const message = JSON.parse(line)
    return message.id === id && message.method === undefined
  } catch {
    return false
  }
}
