import 'server-only'
import type { LiveData, Topic } from '../../components/live/live-data'
import type { Right } from '../../core/roles'
import { logMark } from '../../db/decisions'
import { GATEWAY_CHANNEL } from '../../db/gateways'
import { readInboxMark } from '../../db/hold-stories'
import { HOLDS_CHANNEL } from '../../db/holds'
import { type Listener, listenTo } from '../../db/listener'
import { POLICY_CHANNEL } from '../../db/publications'
import { readConfig } from './config'
import { database } from './database'
import { readGateways, readInForce } from './fleet'
import { readIntegrity } from './integrity'

/** Whoever hears a topic: what it tells, as JSON; null when it can't be read, and the stream had better end than pretend. */
type Heard = (text: string | null) => void

type Feed = {
  readonly heard: Set<Heard>
  last: { readonly text: string; readonly key: string } | null
  round: Promise<void> | null
  again: boolean
}

type Subject<T extends Topic> = {
  readonly right: Right
  readonly read: () => Promise<LiveData[T]>
  /** What must differ for it to be news. */
  readonly key: (data: LiveData[T]) => unknown
  /** Looks this often while somebody hears, for hints may be lost; the log sends none. */
  readonly everyMs: number
  readonly channels: readonly string[]
}

const holdsHere = () => readInboxMark(database())

const SUBJECTS: { readonly [T in Topic]: Subject<T> } = {
  policies: { right: 'policy.read', read: readInForce, key: (data) => data?.epoch, everyMs: 5_000, channels: [POLICY_CHANNEL] },
  gateways: {
    right: 'gateway.read',
    read: readGateways,
    key: (rows) => rows.map(({ silentMs: _, ...row }) => row),
    everyMs: 5_000,
    channels: [POLICY_CHANNEL, GATEWAY_CHANNEL],
  },
  decisions: {
    right: 'activity.read',
    read: async () => ({ mark: await logMark(database()) }),
    key: ({ mark }) => mark,
    everyMs: 1_000,
    channels: [],
  },
  holds: { right: 'hold.read', read: holdsHere, key: ({ mark }) => mark, everyMs: 2_000, channels: [HOLDS_CHANNEL] },
  integrity: {
    right: 'integrity.read',
    read: readIntegrity,
    key: (told) => (typeof told === 'object' && told ? { ...told, unsealed: null } : told),
    everyMs: 2_000,
    channels: [],
  },
}

/** Heartbeats of many gateways come in a bunch; one look answers them all. */
const SETTLE_MS = 40

type Hub = { readonly feeds: { readonly [T in Topic]: Feed }; listener: Listener | null; timers: NodeJS.Timeout[] }

const emptyFeed = (): Feed => ({ heard: new Set(), last: null, round: null, again: false })

const kept = globalThis as { countersignLive?: Hub }

/** One per process, kept where a reloaded module finds it again. */
const hub = (): Hub => {
  kept.countersignLive ??= {
    feeds: { policies: emptyFeed(), gateways: emptyFeed(), decisions: emptyFeed(), holds: emptyFeed(), integrity: emptyFeed() },
    listener: null,
    timers: [],
  }
  return kept.countersignLive
}

export const rightToHear = (topic: Topic): Right => SUBJECTS[topic].right

/** Tells at once what there is, and again at every change, until the answer is called. One connection listens for everybody. */
export function hear(topic: Topic, heard: Heard): () => void {
  const { feeds } = hub()
  const feed = feeds[topic]
  feed.heard.add(heard)
  open()
  if (feed.last) heard(feed.last.text)
  look(topic)
  return () => {
    feed.heard.delete(heard)
    if (feed.heard.size === 0) feed.last = null
    if (Object.values(feeds).every(({ heard: listeners }) => listeners.size === 0)) close()
  }
}

function open(): void {
  const here = hub()
  if (here.listener) return
  const subjects = Object.entries(SUBJECTS) as [Topic, (typeof SUBJECTS)[Topic]][]
  const channel = [...new Set(subjects.flatMap(([, { channels }]) => channels))]
  const hint = (name: string | null) => {
    for (const [topic, { channels }] of subjects) if (name === null || channels.includes(name)) setTimeout(look, SETTLE_MS, topic)
  }
  here.listener = listenTo(readConfig().databaseUrl, { application: 'console listener', channel, heard: hint })
  here.timers = subjects.map(([topic, { everyMs }]) => setInterval(look, everyMs, topic))
}

function close(): void {
  const here = hub()
  for (const timer of here.timers) clearInterval(timer)
  here.timers = []
  void here.listener?.close()
  here.listener = null
}

/** One look at a time for each topic, and one more after it if asked meanwhile. */
function look(topic: Topic): void {
  const feed = hub().feeds[topic]
  if (feed.heard.size === 0) return
  if (feed.round) {
    feed.again = true
    return
  }
  feed.round = tell(topic, feed).finally(() => {
    feed.round = null
    if (!feed.again) return
    feed.again = false
    look(topic)
  })
}

async function tell<T extends Topic>(topic: T, feed: Feed): Promise<void> {
  const subject: Subject<T> = SUBJECTS[topic]
  let data: LiveData[T]
  try {
    data = await subject.read()
  } catch (error) {
    // Said once, by the streams that end: a database that is away stays away for many looks.
    process.stderr.write(`console: ${topic} can not be read live: ${error instanceof Error ? error.message : String(error)}\n`)
    feed.last = null
    for (const heard of [...feed.heard]) heard(null)
    return
  }
  const key = JSON.stringify(subject.key(data))
  if (feed.last?.key === key) return
  feed.last = { text: JSON.stringify(data), key }
  for (const heard of [...feed.heard]) heard(feed.last.text)
}
