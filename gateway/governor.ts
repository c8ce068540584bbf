import { performance } from 'node:perf_hooks'
import type { CallView } from '../core/mcp/call'
import type { Message } from '../core/mcp/message'
import { errorLine } from '../core/mcp/refusals'
import type { ReasonCode } from '../core/policy/model'
import { randomId } from '../db/crypto'
import { denied, withoutPolicy } from './authorize'
import { Claims } from './claims'
import { Conversation, type Judged } from './conversation'
import { makePorts } from './desk'
import { type ClientSays, readClientSays } from './handshake'
import { Keeping } from './keeping'
import { Listings } from './listing'
import { makePeople } from './people-desk'
import { makePins } from './pins'
import type { Governor, ReplyObserver, Ruling, Wire } from './ports'
import { makeRates } from './rates'
import { askedBy, idBytes, type Request, readRequest, type Station } from './reading'
import { refusalLine } from './refusal'
import { readText, type Text } from './rulebook'
import { keepTrying, type Store } from './store'
import { bringUp, type Supply, type SupplyOptions } from './supply'

/** How long a call waits for a database that we are starting ourselves, and for one that is somebody else's. */
const LAUNCH_WAIT_MS = 20_000
const OUTAGE_WAIT_MS = 3_000
const CLOSE_LIMIT_MS = 4_000

export type GovernorOptions = Omit<SupplyOptions, 'pins' | 'policyFile'> & {
  /** The text of `--policy-file`, or why it can't be read. */
  readonly policyFile: { readonly text: string } | { readonly because: string } | null
  readonly principal: Station['principal']
  /** `full` keeps tools in listings that the policy denies whatever the arguments. */
  readonly list: 'cut' | 'full'
  /** How many calls of one principal may wait for people at once. */
  readonly maxHolds: number
  /** Stands between the gate and its supply; for benchmarks, which take one thing away to see what it costs. */
  readonly decorate?: (supply: Supply) => Supply
}

/** Starts without waiting for anything. */
export const startGovernor = (options: GovernorOptions): Governor => new Gatekeeper(options)

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }

/** Everything behind the relay. It is there at once; what it can't judge yet it refuses, saying why. */
class Gatekeeper implements Governor {
  private readonly station: Station
  private readonly pins = makePins()
  private readonly rates = makeRates()
  private readonly store: Store<Supply>
  private readonly listings: Listings
  private readonly startedMs = clock.monotonicMs()
  private calls = 0
  private client: ClientSays | null = null
  private conversation: Conversation | null = null
  private attachWire: (wire: Wire) => void = () => undefined
  private readonly wired = new Promise<Wire>((resolve) => {
    this.attachWire = resolve
  })
  /** Refusals that were answered before there was a log. */
  private readonly unrecorded: string[] = []
  private readonly policyFile: Text | null

  constructor(private readonly options: GovernorOptions) {
    this.policyFile = options.policyFile && readPolicyFile(options.policyFile, options.warn)
    this.station = { server: options.server, principal: options.principal, session: randomId() }
    this.store = keepTrying(() => this.bringUp(), options.warn)
    this.listings = new Listings({
      ...this.station,
      pins: this.pins,
      list: options.list,
      supply: (signal) => this.store.wait(OUTAGE_WAIT_MS, signal),
      report: this.report,
    })
  }

  attach(wire: Wire): void {
    this.attachWire(wire)
  }

  clientEnded(): void {
    this.store.current()?.holds.hurry()
  }

  judge(message: Message, line: Uint8Array, signal: AbortSignal): Ruling | Promise<Ruling> {
    if (message.kind !== 'request') return { do: 'drop' }
    const reading = readRequest(message, line, this.station, clock.nowMs())
    if ('because' in reading) return this.malformed(message, line, reading.because)
    this.calls += 1
    const { call, view } = reading
    const judged: Judged = { message, line, call, view, signal, client: this.clientOf(message, line, view) }
    return this.conversation ? this.conversation.judge(judged) : this.judgeLater(judged)
  }

  observeHandshake(message: Message, line: Uint8Array): void {
    this.client = readClientSays(message, line) ?? this.client
  }

  observeListing(message: Message, line: Uint8Array): ReplyObserver | null {
    return this.listings.observe(message, line)
  }

  observePolling(message: Message, line: Uint8Array): ReplyObserver | null {
    return this.conversation?.observePolling(message, line) ?? null
  }

  refused(because: string): void {
    const supply = this.store.current()
    if (supply) supply.writer.countRefusal(because)
    else if (this.unrecorded.length < 10_000) this.unrecorded.push(because)
  }

  async close(because: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_LIMIT_MS)
    })
    await Promise.race([this.closeStore(because), late])
    clearTimeout(timer)
  }

  /** A store that is being opened is closed as soon as it is open: its connections would keep the process alive. */
  private async closeStore(because: string): Promise<void> {
    const supply = await this.store.close()
    await this.conversation?.end(because)
    await supply?.close()
  }

  private readonly report = (error: unknown): void =>
    this.options.warn(`A bug refused a call: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)

  private async bringUp(): Promise<Supply> {
    const { decorate = (plain) => plain } = this.options
    const supply = decorate(await bringUp({ ...this.options, policyFile: this.policyFile, pins: this.pins }))
    for (const because of this.unrecorded.splice(0)) supply.writer.countRefusal(because)
    const wire = await this.wired
    const claims = new Claims(supply)
    const { maxHolds } = this.options
    const monotonicMs = clock.monotonicMs
    const people = makePeople({ supply, claims, maxHolds, monotonicMs, report: this.report })
    const ports = makePorts(
      {
        pins: this.pins,
        rates: this.rates,
        clock,
        session: () => ({ calls: this.calls, ageMs: clock.monotonicMs() - this.startedMs }),
        sharesFileSystem: true,
        report: this.report,
      },
      supply,
      people,
    )
    this.conversation = new Conversation({
      ports,
      supply,
      station: this.station,
      keepClearText: this.options.keepClearText,
      keeping: new Keeping({ wire, monotonicMs, consoleUrl: supply.consoleUrl }),
      claims,
      say: wire.toClient,
    })
    return supply
  }

  private async judgeLater(judged: Judged): Promise<Ruling> {
    await this.store.wait(this.options.databaseUrl === null ? LAUNCH_WAIT_MS : OUTAGE_WAIT_MS, judged.signal)
    if (judged.signal.aborted) return { do: 'drop' }
    return this.conversation?.judge(judged) ?? this.withoutStore(judged)
  }

  private clientOf(message: Message, line: Uint8Array, view: CallView): ClientSays | null {
    return view.protocolVersion === null ? this.client : readClientSays(message, line)
  }

  private malformed(message: Request, line: Uint8Array, because: string): Ruling {
    this.refused('malformed')
    return { do: 'answer', line: errorLine(idBytes(message, line), -32602, `Denied: ${because}. Nothing was forwarded.`) }
  }

  private withoutStore(judged: Judged): Ruling {
    const code: ReasonCode = 'store_unavailable'
    this.refused(code)
    const judgement = withoutPolicy(denied(code, this.store.because()))
    return { do: 'answer', line: refusalLine(askedBy(judged), judged.call.id, judgement, null) }
  }
}

function readPolicyFile(file: NonNullable<GovernorOptions['policyFile']>, warn: (sentence: string) => void): Text {
  const text = 'text' in file ? readText(file.text, 'the policy file') : file
  if ('because' in text) warn(`Every call is refused: ${text.because}.`)
  return text
}
