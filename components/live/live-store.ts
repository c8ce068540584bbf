import type { LiveData, Topic } from './live-data'

/** `lost` since when we stopped hearing; `ended` when the server ended it for good: the session is over. */
export type LiveStatus =
  | { readonly is: 'connecting' }
  | { readonly is: 'live' }
  | { readonly is: 'lost'; readonly sinceMs: number }
  | { readonly is: 'ended' }

/** The server says something at least every 10 s; twice that and a little is silence. */
const SILENCE_MS = 25_000
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 15_000
/** A tab that nobody looks at gives its connection back: a browser has few for one host. */
const HIDDEN_MS = 20_000
const SETTLE_MS = 30
const ATTENDED_MS = 10 * 60_000

type Heard = (data: unknown) => void

const heard = new Map<Topic, Set<Heard>>()
/** What each topic told last over this connection: whoever comes later hears that first. */
const last = new Map<Topic, unknown>()
const watchers = new Set<() => void>()
let status: LiveStatus = { is: 'connecting' }
let source: EventSource | null = null
let open = ''
let retries = 0
const timers: { settle?: number; retry?: number; silence?: number; hidden?: number } = {}

let inputMs = 0

/** Whether somebody touched this page lately: a page that asks by itself must not keep a session from going idle. */
export const isAttended = (): boolean => Date.now() - inputMs < ATTENDED_MS

export const liveStatus = (): LiveStatus => status

export function watchStatus(changed: () => void): () => void {
  watchers.add(changed)
  return () => watchers.delete(changed)
}

/** Hears what a topic tells, at once and at every change, over one connection for the whole tab. Answers how to stop. */
export function listenLive<T extends Topic>(topic: T, listener: (data: LiveData[T]) => void): () => void {
  const each: Heard = (data) => listener(data as LiveData[T])
  const listeners = heard.get(topic) ?? new Set()
  heard.set(topic, listeners.add(each))
  if (last.has(topic)) each(last.get(topic))
  settle()
  return () => {
    listeners.delete(each)
    if (listeners.size === 0) heard.delete(topic)
    settle()
  }
}

/** Parts of a page come and go together; one look at what they want in the end. */
function settle(): void {
  clearTimeout(timers.settle)
  timers.settle = window.setTimeout(connect, SETTLE_MS)
}

function connect(): void {
  const wanted = [...heard.keys()].sort().join(',')
  if (wanted === open && source !== null) return
  disconnect()
  // Whoever leaves the frame and signs in again begins anew.
  if (wanted === '') become({ is: 'connecting' })
  if (wanted === '' || status.is === 'ended') return
  open = wanted
  source = new EventSource(`/api/live/${wanted}`)
  source.addEventListener('error', () => void refusedOrLost(wanted))
  source.addEventListener('ended', () => end())
  source.addEventListener('beat', alive)
  for (const topic of heard.keys())
    source.addEventListener(topic, ({ data }: MessageEvent<string>) => {
      alive()
      const told: unknown = JSON.parse(data)
      last.set(topic, told)
      for (const each of heard.get(topic) ?? []) each(told)
    })
  timers.silence = window.setTimeout(() => lose(), SILENCE_MS)
}

/** An event source can't tell a refusal from an outage, so a plain request asks once more. */
async function refusedOrLost(wanted: string): Promise<void> {
  const wasRefused = source?.readyState === EventSource.CLOSED
  lose()
  if (!wasRefused) return
  const stop = new AbortController()
  // An outage is no refusal: it is lost already, and tried again.
  const answer = await fetch(`/api/live/${wanted}`, { signal: stop.signal }).catch(() => null)
  stop.abort()
  if (answer?.status === 401) end()
}

function disconnect(): void {
  source?.close()
  source = null
  open = ''
  last.clear()
  clearTimeout(timers.retry)
  clearTimeout(timers.silence)
}

function alive(): void {
  const aliveMs = Date.now()
  retries = 0
  clearTimeout(timers.silence)
  timers.silence = window.setTimeout(() => lose(aliveMs), SILENCE_MS)
  become({ is: 'live' })
}

/** Twice as long after each failure, and not in step with every other tab. */
function lose(sinceMs = Date.now()): void {
  disconnect()
  become(status.is === 'lost' ? status : { is: 'lost', sinceMs })
  const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** retries) * (0.75 + Math.random() / 2)
  retries += 1
  timers.retry = window.setTimeout(connect, waitMs)
}

function end(): void {
  disconnect()
  become({ is: 'ended' })
}

function become(next: LiveStatus): void {
  if (next.is === status.is) return
  status = next
  for (const changed of watchers) changed()
}

function lookAgain(): void {
  clearTimeout(timers.hidden)
  if (document.visibilityState === 'hidden') timers.hidden = window.setTimeout(disconnect, HIDDEN_MS)
  else connect()
}

if (typeof document !== 'undefined') {
  const touched = () => {
    inputMs = Date.now()
  }
  touched()
  for (const event of ['pointerdown', 'keydown', 'wheel', 'touchmove']) document.addEventListener(event, touched, { passive: true })
  document.addEventListener('visibilitychange', lookAgain)
  window.addEventListener('online', connect)
}
