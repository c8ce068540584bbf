import type { Engine, Run, Settings } from './engine'
import type { Answered, Question } from './engine-wire'

type Asked = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }

/** A text is put to the engine at once while that is quick; a large one waits for a pause in typing. */
const QUICK_MS = 150
const PAUSE_MS = 120
/** Rounds of practice after the first text, each while nobody types: an engine is slow until it has run for a while. */
const PRACTICE = 30
const PRACTICE_AFTER_MS = 80
/** What was read in part is read as a whole once nobody types. */
const SETTLE_MS = 500

/** The editor's side of the worker. Texts that were overtaken by a newer one are skipped. */
export class EngineClient {
  private readonly worker = new Worker(new URL('./policy.worker.ts', import.meta.url), { type: 'module', name: 'policy' })
  private readonly asked = new Map<number, Asked>()
  private last = 0
  private lastMs = 0
  private running = false
  private next: { readonly text: string; readonly at: number } | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private settling: ReturnType<typeof setTimeout> | undefined
  private current: string | null = null
  private practised = 0
  private practice: ReturnType<typeof setTimeout> | undefined

  constructor(
    settings: Settings,
    private readonly onRun: (run: Run, text: string, changedAt: number) => void,
    private readonly onFailure: (because: string) => void,
  ) {
    this.worker.onmessage = ({ data }: MessageEvent<Answered>) => this.answered(data)
    this.worker.onerror = (event) => this.onFailure(event.message || 'the worker that judges policies could not be started')
    this.ask('open', settings).catch((error: Error) => this.onFailure(error.message))
  }

  ask<Name extends keyof Engine>(name: Name, ...given: Parameters<Engine[Name]>): Promise<ReturnType<Engine[Name]>> {
    const id = ++this.last
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.worker.postMessage({ id, ask: name, with: given } satisfies Question)
    })
  }

  /** A new text; `at` is when it became so. */
  update(text: string, at = performance.now()): void {
    this.current = text
    this.next = { text, at }
    clearTimeout(this.settling)
    if (this.running) return
    clearTimeout(this.timer)
    if (this.lastMs <= QUICK_MS) this.start()
    else this.timer = setTimeout(() => this.start(), Math.max(PAUSE_MS, this.lastMs))
  }

  /** The same text again, after samples changed. */
  again(): void {
    if (this.current !== null) this.update(this.current)
  }

  close(): void {
    clearTimeout(this.timer)
    clearTimeout(this.settling)
    clearTimeout(this.practice)
    this.worker.terminate()
  }

  private start(whole = false): void {
    const { next } = this
    if (!next) return
    this.next = null
    this.running = true
    this.ask('run', next.text, whole)
      .then((run) => this.finished(run, next))
      .catch((error: Error) => this.onFailure(error.message))
      .finally(() => {
        this.running = false
        if (this.next) this.update(this.next.text, this.next.at)
      })
  }

  private finished(run: Run, { text, at }: { readonly text: string; readonly at: number }): void {
    this.lastMs = run.ms
    this.onRun(run, text, at)
    this.practise()
    if (!run.provisional || this.next) return
    this.settling = setTimeout(() => {
      this.next = { text, at: performance.now() }
      if (!this.running) this.start(true)
    }, SETTLE_MS)
  }

  private practise(): void {
    clearTimeout(this.practice)
    if (this.practised === PRACTICE) return
    this.practice = setTimeout(() => {
      this.practised++
      this.ask('practise').then(
        () => this.practise(),
        () => undefined,
      )
    }, PRACTICE_AFTER_MS)
  }

  private answered(answer: Answered): void {
    const asked = this.asked.get(answer.id)
    this.asked.delete(answer.id)
    if ('failed' in answer) asked?.reject(new Error(answer.failed))
    else asked?.resolve(answer.value)
  }
}
