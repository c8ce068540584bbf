import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { connect } from './connect'
import type { Race, RaceResult } from './testing-claimer'
import type { FreshDatabase } from './testing-server'

const root = fileURLToPath(new URL('..', import.meta.url))
const START_LIMIT_MS = 120_000

/** For tests: the racing process as one file, in a folder that goes with `drop`. */
export async function bundleRacer(): Promise<{ readonly file: string; drop(): Promise<void> }> {
  const folder = await mkdtemp(join(root, 'node_modules', '.racer-'))
  const file = join(folder, 'racer.mjs')
  const bundle = await rolldown({
    input: join(root, 'db', 'testing-claimer.ts'),
    platform: 'node',
    external: ['postgres'],
    logLevel: 'silent',
  })
  await bundle.write({ file, format: 'esm', codeSplitting: false })
  await bundle.close()
  return { file, drop: () => rm(folder, { recursive: true, force: true }) }
}

/**
 * For tests: starts a process for each of these, waits until every one of them stands at a barrier, and lets all go in one moment: `barriers`
 * times. Answers what each of them was told, job by job.
 */
export async function race(
  racer: string,
  database: FreshDatabase,
  entrants: readonly Omit<Race, 'barrier' | 'barriers'>[],
  barriers = 1,
): Promise<readonly (readonly RaceResult[])[]> {
  const sql = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'race' })
  const barrier = Math.floor(Math.random() * 2 ** 30)
  try {
    for (let at = 0; at < barriers; at++) await sql`select pg_advisory_lock(${barrier + at})`
    const ends = entrants.map((entrant) => runRacer(racer, { ...entrant, barrier, barriers }))
    const failed = Promise.race(ends.map((end) => end.then(() => undefined)))
    for (let at = 0; at < barriers; at++) {
      await Promise.race([failed, allAtBarrier(sql, barrier + at, entrants.length)])
      await sql`select pg_advisory_unlock(${barrier + at})`
    }
    return await Promise.all(ends)
  } finally {
    await sql.end()
  }
}

async function allAtBarrier(sql: ReturnType<typeof connect>, barrier: number, count: number): Promise<void> {
  const giveUp = Date.now() + START_LIMIT_MS
  for (;;) {
    const [row] = await sql<{ waiting: number }[]>`
      select count(*)::int as waiting from pg_locks where locktype = 'advisory' and objid = ${barrier}::bigint::oid and not granted`
    if (row?.waiting === count) return
    if (Date.now() > giveUp) throw new Error(`${row?.waiting} of ${count} came to the barrier`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function runRacer(file: string, entrant: Race): Promise<readonly RaceResult[]> {
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(entrant))
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(output) as RaceResult[]) : reject(new Error(`a racer ended with ${code}`)),
    )
  })
}
