import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Direction, Message } from '../core/mcp/message'
import { errorLine } from '../core/mcp/refusals'
import type { Governor, Leaving, ReplyObserver, Ruling, Wire } from './ports'

export type Request = Extract<Message, { kind: 'request' }>

/** Where a ruling leads: on to the other side, or back to who asked. */
export type Ways = { forward(line: Uint8Array, reply: ReplyObserver | null): void; answer(line: Uint8Array): void }

/** A controller costs more to make than the rest of a call; one that nobody aborted or listens to can serve the next. */
const SPARE_KEPT = 64
const isUntouched = (signal: AbortSignal): boolean => !signal.aborted && getEventListeners(signal, 'abort').length === 0

type Open = { readonly controller: AbortController; readonly sizeBytes: number }

const abortOf = (signal: AbortSignal): Promise<null> => new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)))

export function tellUnsent(reply: ReplyObserver | null, because: string): void {
  if (reply?.notForwarded) reply.notForwarded(because)
  else reply?.lost(because)
}

/** What one connection is told of while there is nobody to tell: beyond this the governor is loaded at once. */
const UNTOLD_KEPT = 1_000

/** Requests that are with the governor. It is loaded when it is first needed: what needs it waits, nothing else does. */
export class Judging {
  /** Bytes of the lines that are being judged. */
  bytes = 0
  private governor: Governor | null = null
  private ready: Promise<Governor | null> | null = null
  private readonly untold: ((governor: Governor) => void)[] = []
  private readonly open = { client: new Map<string, Open>(), server: new Map<string, Open>() }
  private idle: (() => void)[] = []
  private readonly spare: AbortController[] = []

  constructor(
    private readonly load: () => Promise<Governor>,
    private readonly wire: Wire,
    private readonly told: { settled(): void; failed(error: unknown): void },
  ) {}

  /** Loads the governor, once. Resolves to null when it can't be loaded, which is told. */
  wake(): Promise<Governor | null> {
    this.ready ??= this.take()
    return this.ready
  }

  private async take(): Promise<Governor | null> {
    try {
      const governor = await this.load()
      governor.attach(this.wire)
      for (const say of this.untold.splice(0)) say(governor)
      this.governor = governor
      return governor
    } catch (error) {
      this.told.failed(error)
      return null
    }
  }

  /** Tells the governor something, now or as soon as it is there. */
  tell(say: (governor: Governor) => void): void {
    if (this.governor !== null) {
      say(this.governor)
      return
    }
    this.untold.push(say)
    if (this.untold.length > UNTOLD_KEPT) void this.wake().then((governor) => governor ?? this.untold.splice(0))
  }

  /** Asks the governor something that can be answered at once when it is there. */
  ask<T>(question: (governor: Governor) => T | null): T | null | Promise<T | null> {
    if (this.governor !== null) return question(this.governor)
    return this.wake().then((governor) => governor && question(governor))
  }

  has(direction: Direction, key: string): boolean {
    return this.open[direction].has(key)
  }

  get count(): number {
    return this.open.client.size + this.open.server.size
  }

  /** Ends a judgement whose request was cancelled by who asked: true if there was one. */
  cancel(direction: Direction, key: string, why: Leaving): boolean {
    const found = this.open[direction].get(key)
    found?.controller.abort(why)
    return found !== undefined
  }

  cancelAll(why: Leaving): void {
    for (const { controller } of [...this.open.client.values(), ...this.open.server.values()]) controller.abort(why)
  }

  /** Resolves when nothing is being judged. */
  async settled(): Promise<void> {
    if (this.count > 0) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  /** Puts one request to the governor and goes the way of its ruling. A cancelled one goes nowhere. */
  async judge(request: Request, line: Uint8Array, ways: Ways): Promise<void> {
    const entry = this.enter(request, line.length)
    const { signal } = entry.controller
    const ruling = await this.rule(request, line, signal)
    const isCancelled = signal.aborted
    this.leave(request, entry)
    if (ruling.do === 'forward') {
      const reply = ruling.reply ?? null
      if (isCancelled) tellUnsent(reply, 'it was cancelled before it was forwarded')
      else ways.forward(ruling.line, reply)
    } else if (ruling.do === 'answer' && !isCancelled) ways.answer(ruling.line)
    this.told.settled()
  }

  /** Judges a request that came inside an answer: null lets it pass, a line takes the answer's place. */
  async judgeInput(request: Request, line: Uint8Array): Promise<Uint8Array | null> {
    const ruling = await this.rule(request, line, new AbortController().signal)
    if (ruling.do === 'answer') return ruling.line
    if (ruling.do === 'drop') return errorLine(line.subarray(request.id.span.start, request.id.span.end), -32603, 'The answer was refused.')
    ruling.reply?.end({ ok: true, isError: false, resultType: null, taskId: null, sizeBytes: 0 })
    return null
  }

  private enter({ direction, id }: Request, sizeBytes: number): Open {
    const entry = { controller: this.spare.pop() ?? new AbortController(), sizeBytes }
    this.open[direction].set(id.key, entry)
    this.bytes += sizeBytes
    return entry
  }

  private leave({ direction, id }: Request, { controller, sizeBytes }: Open): void {
    this.bytes -= sizeBytes
    this.open[direction].delete(id.key)
    if (this.spare.length < SPARE_KEPT && isUntouched(controller.signal)) this.spare.push(controller)
    if (this.count === 0) for (const resolve of this.idle.splice(0)) resolve()
  }

  /** A governor that fails has refused. */
  private async rule(request: Request, line: Uint8Array, signal: AbortSignal): Promise<Ruling> {
    const id = line.subarray(request.id.span.start, request.id.span.end)
    try {
      const governor = this.governor ?? (await Promise.race([this.wake(), abortOf(signal)]))
      if (governor !== null) return await governor.judge(request, line, signal)
    } catch (error) {
      this.told.failed(error)
    }
    return { do: 'answer', line: errorLine(id, -32603, 'The authorization gateway failed, so nothing was forwarded.') }
  }

  /** Lets the governor finish; one that was never needed, or has not come within `limitMs`, has nothing to finish. */
  async close(because: string, limitMs: number): Promise<void> {
    if (this.ready === null) return
    const governor = this.governor ?? (await Promise.race([this.ready, sleep(limitMs, null)]))
    await governor?.close(because)
  }
}
