import { hostname } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Trust } from '../core/audit/certificate'
import { AppError } from '../core/errors'
import { connect, type Sql } from '../db/connect'
import { startEmbedded } from '../db/embedded'
import { openEpochs } from '../db/epochs'
import { beat } from '../db/gateways'
import { HOLDS_CHANNEL, waitingOf } from '../db/holds'
import { identityOf, type Keys, openKeys } from '../db/keys'
import { listenTo } from '../db/listener'
import { refuseOverprivileged } from '../db/logins'
import { POLICY_CHANNEL } from '../db/publications'
import { readConsoleUrl } from '../db/settings'
import { openWriter, type Writer } from '../db/writer'
import { checkedUrl } from './database-url'
import { whyDenied } from './people-desk'
import { keepPins, type PinKeeper } from './pin-keeper'
import type { Pins } from './pins'
import { followPolicy, type PolicySource } from './policy-source'
import { startRemembering } from './remembering-desk'
import { makeLook, type Text } from './rulebook'
import { sweep } from './sweep'
import { attempt, recurring } from './upkeep'
import { WaitingRoom } from './waiting'

/** A policy that can't be read this long is as good as none, and the calls that wait are told so. */
const FIRST_LOOK_MS = 3_000
const BEAT_MS = 5_000
const SWEEP_MS = 10_000

/** What a gateway is told about itself. `upstream` is the digest of its command line. */
export type SupplyOptions = {
  readonly dataDir: string
  readonly databaseUrl: string | null
  readonly policy: string
  readonly policyFile: Text | null
  readonly server: string
  readonly upstream: string
  readonly keepClearText: boolean
  /** How long a held call waits before it is answered that it waits. */
  readonly holdMs: number
  readonly version: string
  readonly pins: Pins
  readonly warn: (sentence: string) => void
}

/** Everything of a gateway that needs the database. */
export type Supply = {
  readonly writer: Writer
  readonly policy: PolicySource
  readonly pins: PinKeeper
  readonly trust: Trust
  readonly sql: Sql
  /** The held calls of this process. */
  readonly holds: WaitingRoom
  /** Where people approve; null where no console has said so yet. */
  consoleUrl(): string | null
  close(): Promise<void>
}

/** Connects, refuses what must not be used, opens the writer and begins to follow the policy. Rejects with AppError. */
export async function bringUp(options: SupplyOptions): Promise<Supply> {
  const url = await findDatabase(options)
  const keys = await openKeys(options.dataDir)
  const sql = connect(url, { purpose: 'pool', application: 'gateway' })
  try {
    await refuseOverprivileged(sql)
    const writer = await openWriter({
      url,
      identity: identityOf(keys, 'gateway'),
      keepClearText: options.keepClearText,
      warn: options.warn,
    })
    return await supplyOrClose(options, { url, sql, writer, keys })
  } catch (error) {
    await sql.end({ timeout: 1 })
    throw unavailableUnlessForeseen(error)
  }
}

const findDatabase = async ({ databaseUrl, dataDir }: SupplyOptions): Promise<string> =>
  databaseUrl === null ? (await startEmbedded({ dataDir })).urlFor('gateway') : checkedUrl(databaseUrl)

/** Driver errors are outages: their words may hold addresses and user names, so they stay in `cause`. */
const unavailableUnlessForeseen = (error: unknown): unknown =>
  error instanceof AppError ? error : new AppError('unavailable', 'The database can not be reached.', { cause: error })

type Opened = { readonly url: string; readonly sql: Sql; readonly writer: Writer; readonly keys: Keys }

/** Whoever failed is asked again and again: a writer left open each time would use up the database's connections. */
async function supplyOrClose(options: SupplyOptions, opened: Opened): Promise<Supply> {
  try {
    return await supply(options, opened)
  } catch (error) {
    await opened.writer.close()
    throw error
  }
}

async function supply(options: SupplyOptions, { url, sql, writer, keys }: Opened): Promise<Supply> {
  const { trust } = keys
  const pins = keepPins({ sql, writer, server: options.server, upstream: options.upstream, pins: options.pins })
  await pins.reload()
  const look = makeLook({
    sql,
    name: options.policy,
    file: options.policyFile,
    trust,
    epochs: openEpochs(options.dataDir, trust.log),
    nowMs: Date.now,
  })
  let beats: ReturnType<typeof recurring> | null = null
  let sweeps: ReturnType<typeof recurring> | null = null
  let consoleUrl: string | null = null
  const policy = followPolicy({ look, warn: options.warn, monotonicMs: () => performance.now(), changed: () => beats?.soon() })
  const holds = makeRoom(sql, options, () => sweeps?.soon())
  const listener = listenTo(url, {
    application: 'gateway listener',
    channel: [POLICY_CHANNEL, HOLDS_CHANNEL],
    heard: (channel, payload) => {
      if (channel !== HOLDS_CHANNEL) policy.hint()
      if (channel !== POLICY_CHANNEL) holds.hint(payload)
    },
  })
  await Promise.race([policy.settled, sleep(FIRST_LOOK_MS, undefined, { ref: false })])
  const beating = recurring(BEAT_MS, async () => {
    await beat(sql, heartbeat(options, writer, policy))
    await pins.reload()
    consoleUrl = await readConsoleUrl(sql)
  })
  beats = beating
  const sweeping = recurring(SWEEP_MS, () => sweep(sql, writer))
  sweeps = sweeping
  const remembering = startRemembering({ dataDir: options.dataDir, keys, sql, writer, warn: options.warn })
  return {
    writer,
    policy,
    pins,
    trust,
    sql,
    holds,
    consoleUrl: () => consoleUrl,
    close: async () => {
      policy.close()
      await Promise.all([beating.stop(), sweeping.stop(), remembering.stop(), holds.stop()])
      const last = { ...heartbeat(options, writer, policy), state: 'stopped', because: null } as const
      await Promise.all([writer.close(), attempt(() => beat(sql, last))])
      await Promise.all([listener.close(), sql.end({ timeout: 1 })])
    },
  }
}

/** A denial is told with what whoever denied said of it. */
const makeRoom = (sql: Sql, { holdMs }: SupplyOptions, over: () => void): WaitingRoom =>
  new WaitingRoom({
    holdMs,
    over,
    monotonicMs: () => performance.now(),
    look: async (ids) => {
      const rows = await waitingOf(sql, ids)
      return Promise.all(
        rows.map(async ({ id, state, because }) => ({ id, state, because: state === 'denied' ? await whyDenied(sql, id) : because })),
      )
    },
  })

function heartbeat({ server, policy: name, version }: SupplyOptions, writer: Writer, policy: PolicySource) {
  const state = policy.state()
  const inForce = state.is === 'in force' ? state.policy : null
  const because = inForce ? policy.degraded() : state.is === 'refused' ? state.because : null
  return {
    id: writer.id,
    host: hostname(),
    version,
    server,
    policy: name,
    digest: inForce?.digest ?? null,
    guardrail: inForce?.guardrail ?? null,
    epoch: inForce?.epoch ?? null,
    state: inForce && because === null ? ('enforcing' as const) : ('degraded' as const),
    because,
  }
}
