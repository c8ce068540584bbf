import postgres from 'postgres'
import { AppError } from '../core/errors'
import { dialer } from './socket'

export type Sql = postgres.Sql<Record<string, never>>

/** What a verb asks its questions of: a client, or a transaction of one (the writer's, where an entry goes with the change). */
export type Queries = postgres.ISql<Record<string, never>>

/** Connections one process may hold, by purpose. The embedded server's `max_connections` follows from it (db/embedded.ts). */
export const CONNECTIONS = { writer: 1, listener: 1, gatewayPool: 2, consolePool: 8 } as const

export type Purpose = 'pool' | 'bulk' | 'listener' | 'migrate' | 'probe' | 'sealer'

/** `application` shows in pg_stat_activity; `max` bounds a pool and nothing else. */
export type ConnectOptions = { readonly purpose: Purpose; readonly application: string; readonly max?: number }

/**
 * What each purpose may wait for, in milliseconds; 0 is without limit. The server gives up first, and when even that is not heard the
 * socket does. A migration may wait for another one, and whoever reads a whole log (`bulk`) takes its time; a call waits for nobody.
 */
const WAITS = {
  pool: { statement: 2_000, lock: 1_000, answer: 3_000, connectSeconds: 2 },
  bulk: { statement: 0, lock: 1_000, answer: 0, connectSeconds: 10 },
  listener: { statement: 2_000, lock: 1_000, answer: 3_000, connectSeconds: 2 },
  migrate: { statement: 0, lock: 0, answer: 0, connectSeconds: 10 },
  probe: { statement: 2_000, lock: 1_000, answer: 3_000, connectSeconds: 2 },
  sealer: { statement: 10_000, lock: 1_000, answer: 12_000, connectSeconds: 2 },
} as const satisfies Record<Purpose, { statement: number; lock: number; answer: number; connectSeconds: number }>

/** A sealer that stops in the middle of a round keeps its place from the next one: not for long. */
const IDLE_IN_TRANSACTION: Partial<Record<Purpose, number>> = { migrate: 0, sealer: 2_000 }

/** After how long the server gives up a connection whose other end is silent. */
const GONE = { tcp_user_timeout: 10_000, tcp_keepalives_idle: 10, tcp_keepalives_interval: 5, tcp_keepalives_count: 2 }
const SOON_GONE = { tcp_user_timeout: 3_000, tcp_keepalives_idle: 1, tcp_keepalives_interval: 1, tcp_keepalives_count: 2 }

/**
 * A postgres.js client for anything but appending (db/writer.ts has its own). Both ends notice a dead peer by keepalive, the server also
 * by `tcp_user_timeout`, so that a lost host's locks come free. After a loss it dials again, at most twice a second. int8 comes as a
 * string unless the query casts it. Throws AppError('invalid') for a URL that is none.
 */
export const connect = (url: string, options: ConnectOptions): Sql => openClient(url, clientOptions(options))

/** The same with options of its own kind beside `clientOptions`. Once it is ended nothing of it is left. */
export function openClient(
  url: string,
  options: ReturnType<typeof clientOptions> & { onnotify?: (channel: string, payload: string) => void; onclose?: () => void },
): Sql {
  const sql: Sql = postgres(parseDatabaseUrl(url), options)
  const { end } = sql
  return Object.assign(sql, { end: (how?: { timeout?: number }) => end(how).finally(options.socket.hangUp) })
}

export function clientOptions({ purpose, application, max }: ConnectOptions) {
  const waits = WAITS[purpose]
  const single = purpose !== 'pool'
  return {
    max: single ? 1 : (max ?? CONNECTIONS.gatewayPool),
    max_lifetime: single ? null : 30 * 60,
    ...(single ? {} : { idle_timeout: 60 }),
    keep_alive: 5,
    connect_timeout: waits.connectSeconds,
    backoff: () => 0.5,
    fetch_types: false,
    socket: dialer(waits.answer),
    onnotice: () => undefined,
    connection: {
      application_name: `countersign ${application}`.slice(0, 63),
      search_path: 'countersign, pg_temp',
      synchronous_commit: 'on',
      statement_timeout: waits.statement,
      lock_timeout: waits.lock,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION[purpose] ?? 10_000,
      client_min_messages: 'warning',
      ...(purpose === 'sealer' ? SOON_GONE : GONE),
    },
  }
}

export function parseDatabaseUrl(url: string): string {
  const protocol = URL.canParse(url) ? new URL(url).protocol : ''
  if (protocol === 'postgres:' || protocol === 'postgresql:') return url
  throw new AppError('invalid', 'The database URL must look like postgres://user:password@host:5432/database.')
}

/**
 * What the server refused with; null for anything that is no refusal of its. By its form: the parts of a build have each their own copy of
 * postgres.js, and share what is kept for the process.
 */
const sqlStateOf = (cause: unknown): string | null =>
  cause instanceof Error && 'severity' in cause && 'code' in cause && typeof cause.code === 'string' ? cause.code : null

/** Whether the server refused with this SQLSTATE; ours begin with CS (db/migrations). */
export const isSqlState = (cause: unknown, code: string): boolean => sqlStateOf(cause) === code

/** The statement, or the lock it waited for, took longer than its purpose may wait; or the server was asked to cancel it. */
export const isTimeout = (cause: unknown): boolean => isSqlState(cause, '57014') || isSqlState(cause, '55P03')

/** No connection, or a server that ends or takes no more of them. */
export function isOutageState(cause: unknown): boolean {
  const state = sqlStateOf(cause)
  if (state !== null) return /^(?:08|57P|53)/.test(state)
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && /^(?:E[A-Z]+|CONNECT|CONNECTION_)/.test(cause.code)
}
