import 'server-only'
import type { Topic } from '../../components/live/live-data'
import { AppError } from '../../core/errors'
import { hear } from './live'

/** A browser holds one stream for each tab that is looked at. */
const AT_MOST = 200
const AT_MOST_PER_SESSION = 12
const BEAT_MS = 8_000
const RECHECK_MS = 10_000
/** Whoever reads this slowly is let go, and told all of it anew when they come back. */
const UNREAD_CHUNKS = 64

const kept = globalThis as { countersignStreams?: Map<string, number> }

const counts = (): Map<string, number> => {
  kept.countersignStreams ??= new Map()
  return kept.countersignStreams
}

type StreamOptions = {
  readonly topics: readonly Topic[]
  readonly session: string
  /** Whether this session may still hear this. */
  readonly stillIn: () => Promise<boolean>
  readonly signal: AbortSignal
}

/**
 * Server-sent events: one named for each topic, `beat` while all is well, `ended` when the session is over. Throws
 * AppError('unavailable') when there are too many.
 */
export function liveStream({ topics, session, stillIn, signal }: StreamOptions): ReadableStream<Uint8Array> {
  const leave = enter(session)
  const encoder = new TextEncoder()
  const stops: (() => void)[] = [leave]
  const stop = () => {
    for (const each of stops.splice(0)) each()
  }
  const begin = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const end = () => {
      if (stops.length === 0) return
      stop()
      controller.close()
    }
    const send = (event: string, text: string) => {
      if (stops.length === 0) return
      if ((controller.desiredSize ?? 0) < -UNREAD_CHUNKS) end()
      else controller.enqueue(encoder.encode(`event: ${event}\ndata: ${text}\n\n`))
    }
    const check = async () => {
      // What can't be asked, for whatever reason, is not known: the stream ends, its browser asks again, and hears of it from a page.
      const isIn = await stillIn().catch(() => null)
      if (isIn === false) send('ended', '{}')
      if (isIn !== true) end()
    }
    signal.addEventListener('abort', end, { once: true })
    // A browser takes a stream for open when it begins, which one of topics with nothing to tell would not.
    send('beat', '{}')
    for (const topic of topics) stops.push(hear(topic, (text) => (text === null ? end() : send(topic, text))))
    const beats = setInterval(send, BEAT_MS, 'beat', '{}')
    const checks = setInterval(check, RECHECK_MS)
    stops.push(
      () => clearInterval(beats),
      () => clearInterval(checks),
    )
  }
  return new ReadableStream({ start: begin, cancel: stop })
}

/** Counts a stream in, or refuses it; answers how to count it out. */
function enter(session: string): () => void {
  const streams = counts()
  const mine = streams.get(session) ?? 0
  const all = [...streams.values()].reduce((sum, count) => sum + count, 0)
  if (mine >= AT_MOST_PER_SESSION || all >= AT_MOST) throw new AppError('unavailable', 'Too many live views are open; close some.')
  streams.set(session, mine + 1)
  return () => {
    const left = (streams.get(session) ?? 1) - 1
    if (left === 0) streams.delete(session)
    else streams.set(session, left)
  }
}
