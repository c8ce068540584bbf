import { randomBytes } from 'node:crypto'
import { resultLine } from '../core/mcp/refusals'
import { quote } from '../core/quote'
import type { HoldNotice, Judgement } from './call'
import type { Judged } from './conversation'
import type { HeldCall } from './held-call'
import { Legs } from './legs'
import type { Wire } from './ports'
import { askedBy, idBytes } from './reading'
import { refusalLine } from './refusal'
import type { Waited } from './waiting'

const PROGRESS_MS = 10_000
const TICK_MS = 1_000
const QUESTION = 'countersign-approval-'
/** Among the upstream's own requests in an `input_required` result there is none of this name. */
const INPUT = 'countersign_approval'

export type KeepingOptions = {
  readonly wire: Wire
  readonly monotonicMs: () => number
  /** Where people approve; null where no console has said so yet. */
  readonly consoleUrl: () => string | null
}

/** A call that waits and wants to hear of it. */
type Told = { readonly token: Uint8Array; readonly message: string; nextMs: number }

/** Keeps the client of a held call: tells it that it waits, in whatever way it understands, and how to come back when it can't wait on. */
export class Keeping {
  readonly legs: Legs
  private readonly told = new Set<Told>()
  private ticking: NodeJS.Timeout | null = null

  constructor(private readonly options: KeepingOptions) {
    this.legs = new Legs(options.monotonicMs)
  }

  /** From the moment a call waits; what is returned is called when it waits no more. */
  start(judged: Judged, held: HeldCall): (waited: Waited) => void {
    const stopTelling = this.tell(judged, held.notice)
    this.ask(judged, held)
    return (waited) => {
      stopTelling()
      if (waited.is === 'approved' || waited.is === 'ended' || waited.is === 'settled') this.close(held)
    }
  }

  /** The request was answered, whatever with: its token may serve another. */
  release({ view }: Judged): void {
    this.releaseToken(view.progressToken)
  }

  releaseToken(token: Uint8Array | null): void {
    if (token !== null && this.options.wire.progress.size > 0) this.options.wire.progress.release(token)
  }

  /** The answer to a call that can't be kept waiting any longer, and goes on waiting without its client. */
  pending(judged: Judged, judgement: Judgement, held: HeldCall, leg: number): Uint8Array {
    const notice = this.noticeOf(held)
    const { call, view } = judged
    const state = view.protocolVersion === null ? null : this.legs.next(held, returningOf(judged), leg)
    if (state === null) return refusalLine(askedBy(judged), call.id, judgement, notice)
    const inputRequests = leg === 0 ? this.inputRequests(judged, notice) : {}
    return resultLine(idBytes(judged.message, judged.line), { resultType: 'input_required', requestState: state, ...inputRequests })
  }

  stop(): void {
    this.told.clear()
    this.tickWhileNeeded()
  }

  private noticeOf({ notice }: HeldCall): HoldNotice {
    const url = this.options.consoleUrl()
    return { ...notice, url: url === null ? null : `${url.replace(/\/+$/, '')}/inbox/${notice.id}` }
  }

  /** The first bit at once, so that whoever looks at the client knows what it waits for. */
  private tell({ view }: Judged, { id }: HoldNotice): () => void {
    if (view.progressToken === null) return () => undefined
    const told: Told = { token: view.progressToken, message: `Waiting for approval ${id}`, nextMs: 0 }
    this.told.add(told)
    this.step(told, this.options.monotonicMs())
    this.tickWhileNeeded()
    return () => {
      this.told.delete(told)
      this.tickWhileNeeded()
    }
  }

  /** One timer for all. */
  private tickWhileNeeded(): void {
    if (this.told.size > 0) this.ticking ??= setInterval(() => this.tick(), TICK_MS).unref()
    else if (this.ticking) {
      clearInterval(this.ticking)
      this.ticking = null
    }
  }

  private tick(): void {
    const nowMs = this.options.monotonicMs()
    for (const told of this.told) if (told.nextMs <= nowMs) this.step(told, nowMs)
  }

  private step(told: Told, nowMs: number): void {
    const { wire } = this.options
    wire.toClient(wire.progress.next(told.token, told.message))
    told.nextMs = nowMs + PROGRESS_MS
  }

  /** Once a hold, to a client of before 2026-07-28 that can send its person to an address. What it answers decides nothing. */
  private ask({ view, client }: Judged, held: HeldCall): void {
    const { url } = this.noticeOf(held)
    if (url === null || held.question !== null || !client?.elicitsUrl || view.protocolVersion !== null) return
    held.question = QUESTION + randomBytes(16).toString('hex')
    const params = { mode: 'url', message: messageOf(held), elicitationId: held.question, url }
    this.options.wire.ask(held.question, encoded({ jsonrpc: '2.0', id: held.question, method: 'elicitation/create', params }))
  }

  private close(held: HeldCall): void {
    if (held.question === null) return
    const params = { elicitationId: held.question }
    this.options.wire.toClient(encoded({ jsonrpc: '2.0', method: 'notifications/elicitation/complete', params }))
    held.question = null
  }

  private inputRequests({ client }: Judged, { id, url }: HoldNotice) {
    if (url === null || !client?.elicitsUrl) return {}
    const params = { mode: 'url', message: `A call waits for approval ${id}.`, elicitationId: QUESTION + id, url }
    return { inputRequests: { [INPUT]: { method: 'elicitation/create', params } } }
  }
}

const returningOf = ({ call: { envelope, argumentBytes } }: Judged) => ({
  principal: envelope.principal.id,
  method: envelope.method,
  tool: envelope.tool,
  argumentBytes,
})

const messageOf = ({ notice, terms }: HeldCall): string =>
  `The call of ${quote(terms.tool)} on ${quote(terms.server)} waits for approval ${notice.id}.`

const encoded = (message: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(message))
