import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors'
import { limits } from '../core/mcp/limits'
import { type Child, type Ending, startChild, type Upstream } from './child'
import { LineReader } from './lines'
import type { Governor } from './ports'
import { ProgressFloors } from './progress'
import { ClientLines } from './relay-client'
import type { Connection } from './relay-connection'
import { Judging } from './relay-judging'
import { Outlet } from './relay-outlet'
import { Requests } from './relay-requests'
import { ServerLines } from './relay-server'

export type RelayOptions = {
  readonly upstream: Upstream
  /** Called once, when it is first needed or when the connection is up: only what must be judged waits for it. */
  readonly governor: () => Promise<Governor>
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** After the client's last byte: how long judgements and answers that are still open may take. */
  readonly drainMs?: number
  /** How long the upstream may take to end by itself, and again after SIGTERM. */
  readonly graceMs?: number
}

const DRAIN_MS = 10_000
const GRACE_MS = 1_000
/** An upstream that starts slowly: the governor is loaded while it does. */
const LOAD_AFTER_MS = 300
/** Waiting for an upstream that is already gone must not keep this process alive. */
const UNREF = { ref: false }
/** Lines of ours that a peer has not taken: beyond this its own lines are not read either. Above any single line. */
const BACKLOG_BYTES = limits.lineBytes + 16 * 1024 * 1024
/** How many of our own questions are remembered: a client may leave any of them unanswered. */
const OWN_KEPT = 1_000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs one upstream behind the governor until either side is gone, and tells how the upstream ended. The upstream is started
 * before anything is read; not one byte of ours comes before the client's first line. An upstream that can't be started is
 * told on stderr in one sentence and is exit code 127, as in a shell.
 */
export async function runRelay(options: RelayOptions): Promise<Ending> {
  const warn = (sentence: string): void => void options.stderr.write(`countersign: ${sentence}\n`)
  try {
    return await new Relay(options, await startChild(options.upstream), warn).run()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    warn(error.message)
    return { code: error.fault === 'forbidden' ? 126 : 127, signal: null }
  }
}

class Relay {
  private readonly connection: Connection
  private readonly clientLines: LineReader
  private readonly serverSink: ServerLines
  private readonly serverLines: LineReader
  private readonly graceMs: number
  private stopping = false
  /** It went before the upstream did. */
  private clientLeft = false

  constructor(
    private readonly options: RelayOptions,
    private readonly child: Child,
    warn: (sentence: string) => void,
  ) {
    this.graceMs = options.graceMs ?? GRACE_MS
    const flow = (): void => this.flow()
    const toClient = new Outlet(options.stdout, { drained: flow, gone: () => this.clientGone() })
    const toServer = new Outlet(child.stdin, { drained: flow, gone: flow })
    const failed = (error: unknown): void =>
      warn(`The authorization gateway failed: ${error instanceof Error ? error.message : String(error)}`)
    const own = new Set<string>()
    const progress = new ProgressFloors()
    const ask = (id: string, line: Uint8Array): void => {
      const [oldest] = own.size >= OWN_KEPT ? own : []
      if (oldest !== undefined) own.delete(oldest)
      own.add(`s${id}`)
      toClient.line(line)
    }
    const wire = { toClient: (line: Uint8Array) => toClient.line(line), ask, progress }
    const judging = new Judging(options.governor, wire, { settled: flow, failed })
    this.connection = {
      client: { name: 'client', outlet: toClient, requests: new Requests() },
      server: { name: 'server', outlet: toServer, requests: new Requests() },
      judging,
      own,
      progress,
      warn,
    }
    this.clientLines = new LineReader(new ClientLines(this.connection))
    this.serverSink = new ServerLines(this.connection)
    this.serverLines = new LineReader(this.serverSink)
  }

  async run(): Promise<Ending> {
    const { stdin } = this.options
    const { stdout } = this.child
    const { judging } = this.connection
    const handlers = SIGNALS.map((name) => ({ name, handle: () => void this.interrupt(name) }))
    for (const { name, handle } of handlers) process.on(name, handle)
    stdin.once('data', () => setTimeout(() => void judging.wake(), LOAD_AFTER_MS).unref())
    stdin.on('data', (chunk: Uint8Array) => this.read(this.clientLines, chunk))
    stdin.on('end', () => void this.clientEnds())
    stdin.on('error', () => this.clientGone())
    stdin.on('close', () => this.clientGone())
    stdout.on('data', (chunk: Uint8Array) => this.readAnswers(chunk))
    const emptied = new Promise<void>((resolve) => stdout.once('close', resolve))
    const ending = await this.child.exited
    await this.finish(emptied)
    for (const { name, handle } of handlers) process.removeListener(name, handle)
    return ending
  }

  /** Everything one chunk leads to at once leaves in one write per direction. */
  private read(lines: LineReader, chunk: Uint8Array): void {
    lines.push(chunk)
    this.connection.server.outlet.flush()
    this.connection.client.outlet.flush()
    this.flow()
  }

  /** Once something was answered the connection is up: from here on, loading the governor delays nobody's start. */
  private readAnswers(chunk: Uint8Array): void {
    const { requests } = this.connection.client
    const unanswered = requests.size
    this.read(this.serverLines, chunk)
    if (requests.size < unanswered) void this.connection.judging.wake()
  }

  /** Each direction waits for its own reader only: a client that does not read answers can still cancel. */
  private flow(): void {
    const { client, server, judging } = this.connection
    const isCrowded = client.outlet.backlog > BACKLOG_BYTES || judging.bytes > BACKLOG_BYTES
    setPaused(this.options.stdin, server.outlet.full || isCrowded)
    setPaused(this.child.stdout, client.outlet.full || server.outlet.backlog > BACKLOG_BYTES)
  }

  /** The client said all it had to say: what is under way is finished, then the upstream hears the same. */
  private async clientEnds(): Promise<void> {
    const { judging, server, client } = this.connection
    this.clientLines.end()
    this.clientLeft = true
    judging.tell((governor) => governor.clientEnded())
    const deadline = sleep(this.options.drainMs ?? DRAIN_MS, null, { ref: false }).then(() => judging.cancelAll('client_left'))
    await Promise.race([judging.settled(), deadline])
    await within(judging.settled(), this.graceMs)
    server.outlet.end()
    for (let waitedMs = 0; client.requests.size > 0 && waitedMs < (this.options.drainMs ?? DRAIN_MS); waitedMs += 20) await sleep(20)
    await this.stop('SIGTERM')
  }

  private clientGone(): void {
    if (this.options.stdin.readableEnded && !this.connection.client.outlet.closed) return
    this.clientLeft = true
    this.connection.judging.cancelAll('client_left')
    this.connection.server.outlet.end()
    void this.stop('SIGTERM')
  }

  /** A signal is the upstream's to handle; one that is ignored is followed by force. */
  private async interrupt(signal: NodeJS.Signals): Promise<void> {
    this.clientLeft = true
    this.connection.judging.cancelAll('client_left')
    this.child.signal(signal)
    await this.stop('SIGKILL')
  }

  /** Gives the upstream time to end by itself, then ends its process group. */
  private async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.stopping && signal === 'SIGTERM') return
    this.stopping = true
    await sleep(this.graceMs, undefined, UNREF)
    this.child.signal(signal)
    if (signal === 'SIGKILL') return
    await sleep(this.graceMs, undefined, UNREF)
    this.child.signal('SIGKILL')
  }

  /** The upstream has exited: what it wrote is passed on, what it owes is lost, what it left behind is ended. */
  private async finish(emptied: Promise<void>): Promise<void> {
    const { judging, client, server } = this.connection
    const { graceMs } = this
    await within(emptied, graceMs)
    this.serverLines.end()
    judging.cancelAll(this.clientLeft ? 'client_left' : 'upstream_ended')
    server.outlet.end()
    await within(judging.settled(), graceMs)
    await within(this.serverSink.settled(), graceMs)
    client.requests.lose('the upstream ended')
    server.requests.lose('the upstream ended')
    await this.child.sweep(graceMs)
    await client.outlet.emptied(graceMs)
    this.options.stdin.pause()
    await judging.close('the upstream ended', graceMs)
  }
}

function setPaused(source: Readable, paused: boolean): void {
  if (paused === source.isPaused()) return
  if (paused) source.pause()
  else source.resume()
}

/** Waits for `work`, but not longer, and leaves no timer behind. */
async function within(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
