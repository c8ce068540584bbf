import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { rootOf } from '../../core/audit/tree'
import { AppError } from '../../core/errors'
import { toHex } from '../../core/hash'
import { connect, type Sql } from '../../db/connect'
import { randomId, sha256 } from '../../db/crypto'
import { identityOf, openKeys } from '../../db/keys'
import { openLogKey } from '../../db/log-key'
import { runSealer } from '../../db/sealer'
import { openWriter, type Writer } from '../../db/writer'

// Many writers on one log, and the sealer that follows them in a process of its own. Prints JSON.
const [dataDir = '', gatewayUrl = '', sealerUrl = '', auditorUrl = '', part = 'all'] = process.argv.slice(2)
const WRITERS = 16
const IN_FLIGHT = Number(process.env.BENCH_SEAL_WIDTH ?? 64)
const SECONDS = Number(process.env.BENCH_SEAL_SECONDS ?? 10)
/** At the same load and out of the counts: a gateway runs for days, and what compiles its code runs in its first seconds. */
const WARM_SECONDS = 4
const WRITING_PROCESSES = 2

const decision = {
  type: 'decision',
  principal: { id: 'local:bench@host', assurance: 'asserted' },
  server: 'bench',
  session: 's'.repeat(32),
  method: 'tools/call',
  tool: 'echo',
  outcome: 'deny',
  rule: 'rule-1',
  constraint: null,
  code: 'rule',
  policy: { digest: 'd'.repeat(64), version: 1, epoch: 1 },
  guardrail: null,
  pin: null,
  sizeBytes: 120,
  facts: { now: 1_700_000_000_000, listed: true },
} as const

async function seal(): Promise<void> {
  const keys = await openKeys(dataDir)
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  const signAs = (publicKey: string) => openLogKey(dataDir, keys, publicKey)
  const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)
  await runSealer({ url: sealerUrl, dataDir, trust: keys.trust, signAs, name: 'bench', say, stopped: stop.signal })
  process.stdout.write(`${process.resourceUsage().maxRSS / 1_024}\n`)
}

/** Every writer keeps so many appends in flight, once to get warm and once for the counts; all that was answered is durable. */
async function write(): Promise<void> {
  const keys = await openKeys(dataDir)
  const identity = identityOf(keys, 'gateway')
  const writers = await Promise.all(Array.from({ length: WRITERS / WRITING_PROCESSES }, () => openWriter({ url: gatewayUrl, identity })))
  const lines = createInterface(process.stdin)
  const told = lines[Symbol.asyncIterator]()
  for (const wanted of [WARM_SECONDS, SECONDS]) {
    process.stdout.write('ready\n')
    await told.next()
    const before = process.cpuUsage()
    const started = performance.now()
    const counts = await Promise.all(writers.map((writer) => keepBusy(writer, started + wanted * 1_000)))
    const seconds = (performance.now() - started) / 1_000
    const { user, system } = process.cpuUsage(before)
    process.stdout.write(
      `${JSON.stringify({ entries: counts.reduce((sum, count) => sum + count, 0), seconds, cpuMicros: user + system })}\n`,
    )
  }
  lines.close()
  await Promise.all(writers.map((writer) => writer.close()))
}

async function keepBusy(writer: Writer, until: number): Promise<number> {
  let count = 0
  // On a machine with other work an append may be refused as late: it is not counted, and the lane goes on.
  const lane = async () => {
    while (performance.now() < until) {
      const isIn = await writer.append({ ...decision, call: randomId() }).then(
        () => true,
        (error: unknown) => (error instanceof AppError && error.fault === 'unavailable' ? false : Promise.reject(error)),
      )
      if (isIn) count += 1
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return count
}

type Wrote = { readonly entries: number; readonly seconds: number; readonly cpuMicros: number }

/** CPU time of the database, with all that it started and that is over by now, in µs; a tick is 10 ms. 0 where /proc is not there. */
function databaseMicros(): number {
  const [server] = readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')
  const running = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && (pid === server || statOf(pid)[1] === server))
  return running.reduce((sum, pid) => sum + ticksOf(statOf(pid), pid === server), 0) * 10_000
}

/** The same of one process, with all its threads. */
const microsOf = (pid = 0): number => ticksOf(statOf(String(pid)), false) * 10_000

const ticksOf = (stat: readonly string[], withEnded: boolean): number =>
  (withEnded ? [11, 12, 13, 14] : [11, 12]).reduce((sum, at) => sum + Number(stat[at] ?? 0), 0)

/** The fields of a process behind its name. */
function statOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  } catch {
    return []
  }
}

function start(which: string) {
  const child = spawn(process.execPath, [process.argv[1] ?? '', dataDir, gatewayUrl, sealerUrl, auditorUrl, which], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const waiting: ((line: string) => void)[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) {
      const next = waiting.shift()
      if (next) next(line)
      else lines.push(line)
    }
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // One that dies early says nothing more: whoever waits for its word must not wait for ever.
  child.once('exit', (code) => (code ? process.exit(code) : undefined))
  const said = () => new Promise<string>((resolve) => (lines.length > 0 ? resolve(lines.shift() ?? '') : waiting.push(resolve)))
  return { child, said, gone }
}

async function all(): Promise<void> {
  const sql = connect(auditorUrl, { purpose: 'bulk', application: 'bench' })
  const sealer = start('seal')
  await settled(sql)
  const writing = Array.from({ length: WRITING_PROCESSES }, () => start('write'))
  const round = async () => {
    for (const { said } of writing) await said()
    for (const { child } of writing) child.stdin.write('go\n')
    return Promise.all(writing.map(async ({ said }) => JSON.parse(await said()) as Wrote))
  }
  await round()
  await settled(sql)
  const [before] = await sql<{ size: number }[]>`select size::float8 as size from countersign.seal_state`
  const first = before?.size ?? 0
  const [databaseBefore, sealerBefore] = [databaseMicros(), microsOf(sealer.child.pid)]
  const wrote = await round()
  await Promise.all(writing.map(({ gone }) => gone))
  const sealedMs = await settled(sql)
  const sealerMicros = microsOf(sealer.child.pid) - sealerBefore
  sealer.child.kill('SIGTERM')
  const rssMiB = Number(await sealer.said())
  await sealer.gone
  const perSecond = wrote.reduce((sum, { entries, seconds }) => sum + entries / seconds, 0)
  const entries = wrote.reduce((sum, { entries }) => sum + entries, 0)
  const cpu = {
    sealer: sealerMicros / entries,
    writers: wrote.reduce((sum, each) => sum + each.cpuMicros, 0) / entries,
    database: (databaseMicros() - databaseBefore) / entries,
  }
  process.stdout.write(
    `${JSON.stringify({ writers: WRITERS, perSecond, sealedMs, cpu, rssMiB, ...(await lags(sql, first)), ...(await faults(sql)) })}\n`,
  )
  await sql.end({ timeout: 1 })
  rmSync(join(dataDir, 'log'), { recursive: true, force: true })
}

/** Resolves once nothing is unsealed any more, with how long that took. */
async function settled(sql: Sql): Promise<number> {
  const started = performance.now()
  for (;;) {
    const [behind] = await sql<{ unsealed: number }[]>`
      select coalesce(sum(w.head_seq - coalesce(m.seq, 0)), 0)::float8 as unsealed
      from countersign.writers w left join countersign.seal_marks m on m.writer = w.id`
    if (behind?.unsealed === 0) return performance.now() - started
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** From an entry's commit to the checkpoint that covers it, by the database's clock. */
async function lags(sql: Sql, first: number): Promise<{ p50: number; p99: number; most: number; rounds: number }> {
  const [lag] = await sql<{ p50: number; p99: number; most: number; rounds: number }[]>`
    with rounds as (select coalesce(lag(size) over (order by size), 0) as start, size, signed_at from countersign.checkpoints),
    waited as (
      select extract(epoch from k.signed_at - e.recorded_at)::float8 * 1000 as ms
      from rounds k join countersign.seal_runs r on r.first >= k.start and r.first < k.size
      join countersign.entries e on e.writer = r.writer and e.seq >= r.seq and e.seq < r.seq + r.count
      where k.start >= ${first}
    )
    select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99, max(ms) as most,
      (select count(*)::int from rounds where start >= ${first}) as rounds from waited`
  return lag ?? { p50: 0, p99: 0, most: 0, rounds: 0 }
}

/** Gaps: entries that no run covers. Forks: a tree over the entries, read anew, that is not the one that was signed. */
async function faults(sql: Sql): Promise<{ gaps: number; forks: number; alarms: number }> {
  const leaves: string[] = []
  let next = 0
  let gaps = 0
  const runs = await sql<{ first: number; writer: string; seq: number; count: number }[]>`
    select first::float8 as first, writer, seq::float8 as seq, count from countersign.seal_runs order by first`
  for (const { first, writer, seq, count } of runs) {
    if (first !== next) gaps += 1
    next = first + count
    const rows = await sql<{ hash: string }[]>`
      select encode(sha256('\\x00'::bytea || convert_to(body, 'UTF8')), 'hex') as hash from countersign.entries
      where writer = ${writer} and seq >= ${seq} and seq < ${seq + count} order by seq`
    if (rows.length !== count) gaps += 1
    for (const { hash } of rows) leaves.push(hash)
  }
  const [state] = await sql<{ root: Uint8Array; alarms: number }[]>`
    select root, (select count(*)::int from countersign.seal_alarms) as alarms from countersign.seal_state`
  const root = toHex(rootOf(Buffer.from(leaves.join(''), 'hex'), sha256))
  return { gaps, forks: state && root === toHex(state.root) ? 0 : 1, alarms: state?.alarms ?? 0 }
}

const parts: { readonly [name: string]: () => Promise<void> } = { seal, write, all }
await parts[part]?.()
