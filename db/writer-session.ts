import { type NetConnectOpts, Socket } from 'node:net'
import postgres from 'postgres'
import { AppError } from '../core/errors'
import type { Sql } from './connect'
import type { Batch } from './writer-batch'

/** How long a batch may take before its connection is given up, and a transaction of several steps. */
export const BATCH_MS = 2_000
export const TRANSACTION_MS = 5_000

/**
 * One connection of the writer. It never reconnects: the lock hangs on it, so when it is gone it is gone, and whoever waited is told
 * that the outcome is in doubt.
 */
export type Session = {
  readonly sql: Sql
  /** Which server process this is, so that the next session can end it if it lingers. */
  readonly backend: { readonly pid: number; readonly startedAt: string }
  /** Resolves when the batch is durable. Rejects with RolledBack when it is known not to be there, with anything else when nobody knows. */
  append(batch: Batch): Promise<void>
  /** Runs `work` between BEGIN and COMMIT and resolves when COMMIT was answered by COMMIT. Rejects as `append` does. */
  transact<T>(work: () => Promise<T>): Promise<T>
  /** Sends a batch inside `transact`. */
  send(batch: Batch): Promise<void>
  /** One statement beside the log; rejects when it takes too long. */
  ask<Row extends object>(text: string, parameters: readonly string[]): Promise<readonly Row[]>
  destroy(): void
  readonly isDead: boolean
}

/** Nothing of it is in the database. `cause` is what went wrong. */
export class RolledBack extends Error {
  constructor(override readonly cause: unknown) {
    super('rolled back', { cause })
  }
}

/** The server said no, so it rolled back. A fatal error may come after a commit and is no such answer. */
const isRefusal = (error: unknown): boolean => error instanceof postgres.PostgresError && error.severity === 'ERROR'

/** What the server said no with; null for anything else. */
export const sqlState = (error: unknown): string | null => (error instanceof postgres.PostgresError ? error.code : null)

const APPEND = `select countersign.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)`
const APPEND_DISCLOSING = `select countersign.append_disclosing($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18)`

type Watch = { warned: boolean; dead: boolean; socket: Socket | null }

/** Opens a direct connection (not through a transaction pooler). `attempt` picks among the hosts of the URL in turn. */
export async function openSession(url: string, attempt: number): Promise<Session> {
  const watch: Watch = { warned: false, dead: false, socket: null }
  const sql = client(url, attempt, watch)
  try {
    const [backend] = await sql<{ pid: number; startedAt: string }[]>`
      select pid, backend_start::text as "startedAt" from pg_stat_activity where pid = pg_backend_pid()`
    if (!backend) throw new AppError('unavailable', 'The database does not show this connection.')
    return session(sql, watch, backend)
  } catch (error) {
    destroy(sql, watch)
    throw error
  }
}

function client(url: string, attempt: number, watch: Watch): Sql {
  const options = {
    max: 1,
    max_lifetime: null,
    fetch_types: false,
    connect_timeout: 2,
    backoff: false,
    // Our own socket, because a connection that answers no more must be torn down from this side.
    socket: (parsed: Target) => {
      watch.socket = dial(parsed, attempt)
      return watch.socket
    },
    onclose: () => {
      watch.dead = true
    },
    onnotice: ({ severity }: postgres.Notice) => {
      if (severity === 'WARNING') watch.warned = true
    },
    connection: {
      application_name: 'countersign writer',
      // An append is the same few plans for ever: planning it anew would cost more than running it.
      plan_cache_mode: 'force_generic_plan',
      jit: 'off',
      search_path: 'countersign, pg_temp',
      synchronous_commit: 'on',
      statement_timeout: 1_500,
      lock_timeout: 1_000,
      idle_in_transaction_session_timeout: 10_000,
      client_min_messages: 'warning',
      tcp_keepalives_idle: 3,
      tcp_keepalives_interval: 2,
      tcp_keepalives_count: 2,
      tcp_user_timeout: 6_000,
    },
  }
  return postgres(url, options)
}

type Target = { readonly host: readonly string[]; readonly port: readonly number[]; readonly path?: string | false }

function dial({ host, port, path }: Target, attempt: number): Socket {
  const at = attempt % Math.max(host.length, 1)
  const where: NetConnectOpts = path ? { path } : { host: host[at] ?? 'localhost', port: port[at] ?? 5432 }
  const socket = new Socket()
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 5_000)
  // postgres.js reads `host` for the server name of TLS.
  return Object.assign(socket.connect(where), { host: host[at] })
}

function session(sql: Sql, watch: Watch, backend: Session['backend']): Session {
  const query = async <Row extends object>(text: string, parameters: readonly string[]): Promise<readonly Row[]> => {
    if (watch.dead) throw new AppError('unavailable', 'The connection to the database is gone.')
    return sql.unsafe<Row[]>(text, [...parameters], { prepare: true })
  }
  const send = async (batch: Batch): Promise<void> => {
    await query(batch.parameters.length > 14 ? APPEND_DISCLOSING : APPEND, batch.parameters)
  }
  return {
    sql,
    backend,
    ask: (text, parameters) => limited(sql, watch, BATCH_MS, () => query(text, parameters)),
    send,
    append: (batch) => limited(sql, watch, BATCH_MS, () => send(batch).catch(throwPlainly)),
    transact: (work) => limited(sql, watch, TRANSACTION_MS, () => transaction(sql, watch, work)),
    destroy: () => destroy(sql, watch),
    get isDead() {
      return watch.dead
    },
  }
}

/** A commit is never cancelled: past its time the connection is torn down, and what became of it is read back later. */
async function limited<T>(sql: Sql, watch: Watch, limitMs: number, work: () => Promise<T>): Promise<T> {
  watch.warned = false
  const timer = setTimeout(() => destroy(sql, watch), limitMs)
  try {
    const result = await work()
    // "The transaction has already committed locally, but might not have been replicated": that is no commit.
    if (watch.warned) throw new AppError('unavailable', 'The database committed with a warning.')
    return result
  } finally {
    clearTimeout(timer)
  }
}

async function transaction<T>(sql: Sql, watch: Watch, work: () => Promise<T>): Promise<T> {
  await sql.unsafe('begin')
  const result = await work().catch(async (error: unknown) => {
    if (!watch.dead) await sql.unsafe('rollback')
    throw new RolledBack(error)
  })
  const { command } = await sql.unsafe('commit').catch(throwPlainly)
  if (command === 'COMMIT') return result
  throw new RolledBack(new AppError('unavailable', `The database answered COMMIT with ${command}.`))
}

function throwPlainly(error: unknown): never {
  throw isRefusal(error) ? new RolledBack(error) : error
}

function destroy(sql: Sql, watch: Watch): void {
  watch.dead = true
  watch.socket?.destroy()
  void sql.end({ timeout: 0 })
}
