import { type ChildProcess, spawn } from 'node:child_process'

const LOOK_MS = 5_000
/** Looks in a row without a word from the sealer: it was stopped, or hangs. */
const MISSED_LIMIT = 3
const FIRST_PAUSE_MS = 1_000
const PAUSE_LIMIT_MS = 30_000
/** A sealer that ran this long has started well. */
const GOOD_RUN_MS = 60_000
const STOP_LIMIT_MS = 3_000
/** How a command ends that says why it can't go on: asking again would not help. */
const REFUSED = 1

export type SealOptions = {
  /** The script of the command line, and what comes after `seal`. */
  readonly script: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** One sentence on stderr. */
  readonly note: (sentence: string) => void
}

export type SealProcess = { stop(): Promise<void> }

/** Keeps a sealer running beside us: one that ends, or says nothing any more, is started again, less and less often. */
export const startSealing = (options: SealOptions): SealProcess => new KeptSealer(options)

class KeptSealer implements SealProcess {
  private child: ChildProcess | null = null
  private startedMs = 0
  private missed = 0
  private pauseMs = FIRST_PAUSE_MS
  private again: NodeJS.Timeout | null = null
  private stopping = false
  private readonly looking: NodeJS.Timeout

  constructor(private readonly options: SealOptions) {
    this.start()
    this.looking = setInterval(() => this.look(), LOOK_MS).unref()
  }

  /** Its own group: Ctrl-C is for us, and we end it in our turn. It ends when its channel to us does. */
  private start(): void {
    const { script, args, environment } = this.options
    const child = spawn(process.execPath, [script, 'seal', ...args], {
      env: environment as NodeJS.ProcessEnv,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      detached: true,
    })
    this.child = child
    this.startedMs = performance.now()
    this.missed = 0
    child.on('message', () => {
      this.missed = 0
    })
    child.once('error', ({ message }) => this.ended(`could not be started: ${message}`, null))
    child.once('exit', (code, signal) => this.ended(signal ? `was ended by ${signal}` : `ended with ${code}`, code))
  }

  private look(): void {
    this.missed += 1
    if (this.missed > MISSED_LIMIT) this.child?.kill('SIGKILL')
  }

  private ended(how: string, code: number | null): void {
    this.child = null
    if (this.stopping) return
    if (code === REFUSED) {
      this.options.note('Nothing is sealed, for the reason above; `countersign seal` starts it once that is mended.')
      return
    }
    if (performance.now() - this.startedMs > GOOD_RUN_MS) this.pauseMs = FIRST_PAUSE_MS
    this.options.note(`The sealer ${how}; it is started again in ${this.pauseMs / 1_000} s.`)
    this.again = setTimeout(() => this.start(), this.pauseMs).unref()
    this.pauseMs = Math.min(PAUSE_LIMIT_MS, this.pauseMs * 2)
  }

  async stop(): Promise<void> {
    this.stopping = true
    clearInterval(this.looking)
    if (this.again) clearTimeout(this.again)
    const { child } = this
    if (!child) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await gone
    clearTimeout(timer)
  }
}
