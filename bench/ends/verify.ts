import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../../db/connect'
import { startEmbedded, stopEmbedded } from '../../db/embedded'
import { fillLog } from '../../db/testing-big-log'

// `countersign verify` over sealed logs of three sizes, each in a database of its own. Prints JSON on its last line; times in ms.
const [cli = '', largest = '1000000'] = process.argv.slice(2)
const SIZES = [100, 10, 1].map((part) => Math.round(Number(largest) / part))
const RUNS = 3

type Run = { readonly ms: number; readonly rssMiB: number }

/** One run of the command: its time from its start to its end, and the most memory it held. */
async function runCli(dataDir: string, url: string, ...args: string[]): Promise<Run> {
  const started = performance.now()
  const child = spawn(process.execPath, [cli, 'verify', '--json', '--data-dir', dataDir, ...args], {
    env: { ...process.env, COUNTERSIGN_DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  let rssMiB = 0
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  const watch = setInterval(() => {
    rssMiB = Math.max(rssMiB, peakOf(child.pid ?? 0))
  }, 20)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearInterval(watch)
  const { verdict } = JSON.parse(out)
  if (code !== 0) throw new Error(`verify answered ${verdict}: ${out.slice(0, 1_000)}`)
  return { ms: performance.now() - started, rssMiB }
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024
  } catch {
    // It is over, or this is no Linux.
    return 0
  }
}

/** SHA-256 of as many bytes in one stream, on one thread. */
function oneStream(bytes: number): number {
  const block = Buffer.alloc(1 << 20, 'x')
  const hash = createHash('sha256')
  const started = performance.now()
  for (let left = bytes; left > 0; left -= block.length) hash.update(left >= block.length ? block : block.subarray(0, left))
  hash.digest()
  return performance.now() - started
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function several(work: () => Promise<Run>): Promise<Run> {
  const runs: Run[] = []
  for (let run = 0; run < RUNS; run++) runs.push(await work())
  return { ms: median(runs.map(({ ms }) => ms)), rssMiB: Math.max(...runs.map(({ rssMiB }) => rssMiB)) }
}

const home = mkdtempSync(join(tmpdir(), 'countersign-bench-verify-'))
try {
  const database = await startEmbedded({ dataDir: join(home, 'server') })
  const results = []
  for (const entries of SIZES) {
    const name = `bench_${entries}`
    const admin = connect(database.urlFor('superuser', 'postgres'), { purpose: 'migrate', application: 'bench' })
    await admin.unsafe(`create database ${name} template countersign`)
    await admin.end()
    const sql = connect(database.urlFor('superuser', name), { purpose: 'migrate', application: 'bench' })
    const { trust, bytes } = await fillLog(sql, entries)
    await sql.end()
    const dataDir = join(home, name)
    mkdirSync(dataDir, { mode: 0o700 })
    writeFileSync(join(dataDir, 'trust.json'), JSON.stringify(trust), { mode: 0o600 })
    const url = database.urlFor('auditor', name)
    const quick = await several(() => runCli(dataDir, url, '--quick'))
    const full = await several(() => runCli(dataDir, url))
    const floors = Array.from({ length: RUNS }, () => oneStream(bytes))
    results.push({ entries, bytes, quick, full, floorMs: median(floors) })
  }
  process.stdout.write(`${JSON.stringify(results)}\n`)
} finally {
  await stopEmbedded(join(home, 'server'))
  rmSync(home, { recursive: true, force: true })
}
