import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rootOf } from '../core/audit/tree'
import { toHex } from '../core/hash'
import { connect, type Sql } from '../db/connect'
import { leafHash, sha256 } from '../db/crypto'
import { identityOf, type Keys, openKeys } from '../db/keys'
import { openLogKey } from '../db/log-key'
import { runSealer } from '../db/sealer'
import { freshDatabase } from '../db/testing'
import { testDecision } from '../db/testing-entries'
import { openWriter, type Writer } from '../db/writer'
import { CLI, countersign, makePlace, type Place } from './gateway'

const SYSCALLS = ['write', 'writev', 'sendto', 'sendmsg', 'fsync', 'fdatasync', 'rename'] as const
type Death = { readonly name: (typeof SYSCALLS)[number]; readonly when: number }

let place: Place
let keys: Keys
let writer: Writer
let admin: Sql
/** Of the other machine: the log takes two, so it is the same one all the time. */
let memory = ''
beforeAll(async () => {
  memory = await mkdtemp(join(tmpdir(), 'countersign-standby-'))
  place = await makePlace(await freshDatabase())
  keys = await openKeys(place.dataDir)
  writer = await openWriter({ url: place.database.urlFor('gateway'), identity: identityOf(keys, 'gateway') })
  admin = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
})
afterAll(async () => {
  await writer.close()
  await admin.end({ timeout: 1 })
  await place.remove()
  await rm(memory, { recursive: true, force: true })
})

/** One thread works on files, so that each call's number is the same every time; the socket is the main thread's. */
function startSealer(options: readonly string[] = []) {
  const words = [...options, process.execPath, CLI, 'seal', '--data-dir', place.dataDir]
  const child = spawn(words[0] ?? '', words.slice(1), {
    env: { ...process.env, COUNTERSIGN_DATABASE_URL: place.database.urlFor('sealer'), UV_THREADPOOL_SIZE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString()
  })
  let isGone = false
  const gone = once(child, 'exit').then(() => {
    isGone = true
  })
  return { child, gone, isGone: () => isGone, stderr: () => stderr }
}

const strace = (...options: string[]): string[] => ['strace', '-D', '-f', '-e', `trace=${SYSCALLS.join()}`, ...options]

const write = (count: number): Promise<unknown> => Promise.all(Array.from({ length: count }, () => writer.append(testDecision())))

async function state(): Promise<{ fence: number; size: number }> {
  const [row] = await admin<
    { fence: number; size: number }[]
  >`select fence::float8 as fence, size::float8 as size from countersign.seal_state`
  return row ?? { fence: 0, size: 0 }
}

async function until(isSo: () => Promise<boolean> | boolean, ms: number): Promise<number> {
  const started = performance.now()
  while (performance.now() - started < ms) {
    if (await isSo()) return performance.now() - started
    await sleep(10)
  }
  return Number.POSITIVE_INFINITY
}

const isSealed = async (): Promise<boolean> => {
  const [row] = await admin<{ seq: number }[]>`select seq::float8 as seq from countersign.seal_marks where writer = ${writer.id}`
  return (row?.seq ?? 0) >= writer.stats.seq
}

/** How often each call is made by one thread, at most, from the start to where `does` is done. */
async function countsWhile(does: () => Promise<unknown>): Promise<ReadonlyMap<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-strace-'))
  const file = join(folder, 'trace')
  const { fence } = await state()
  const sealer = startSealer(strace('-o', file))
  await until(async () => (await state()).fence > fence, 30_000)
  await does()
  sealer.child.kill('SIGKILL')
  await sealer.gone
  const counts = new Map<string, number>()
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [, thread, name] = /^(\d+)\s+(\w+)\(/.exec(line) ?? []
    if (thread) counts.set(`${name} ${thread}`, (counts.get(`${name} ${thread}`) ?? 0) + 1)
  }
  await rm(folder, { recursive: true })
  const most = new Map<string, number>()
  for (const [key, count] of counts) most.set(key.split(' ')[0] ?? '', Math.max(count, most.get(key.split(' ')[0] ?? '') ?? 0))
  return most
}

/** The tree over the entries as they are is the one that was signed last. */
async function expectWhole(): Promise<void> {
  const rows = await admin<{ body: string }[]>`
    select e.body from countersign.seal_runs r join countersign.entries e on e.writer = r.writer and e.seq >= r.seq and e.seq < r.seq + r.count
    order by r.first, e.seq`
  const [last] = await admin<{ size: number; root: Uint8Array; signed: number }[]>`
    select s.size::float8 as size, s.root, (select max(size)::float8 from countersign.checkpoints) as signed from countersign.seal_state s`
  expect({ size: last?.size, signed: last?.signed }).toEqual({ size: rows.length, signed: rows.length })
  const leaves = Buffer.from(rows.map(({ body }) => leafHash(body)).join(''), 'hex')
  expect(toHex(rootOf(leaves, sha256))).toBe(toHex(last?.root ?? new Uint8Array()))
}

/** Another sealer of this log with a memory of its own, as on another machine. Where one seals already it says that it stands by. */
async function standBy(dataDir: string, saysWithinMs = 5_000) {
  const stopping = new AbortController()
  const said: string[] = []
  const url = place.database.urlFor('sealer')
  const signAs = (publicKey: string) => openLogKey(place.dataDir, keys, publicKey)
  const say = (sentence: string) => void said.push(sentence)
  const running = runSealer({ url, dataDir, trust: keys.trust, signAs, name: 'standby', say, stopped: stopping.signal })
  await until(() => said.length > 0, saysWithinMs)
  return async () => {
    stopping.abort()
    await running
  }
}

/** From the death of the sealer until what was written after it is sealed. */
async function survive(death: Death, memory: string): Promise<number> {
  const { fence } = await state()
  const { name, when } = death
  const sealer = startSealer(strace('-o', '/dev/null', '-e', `inject=${name}:signal=SIGKILL:when=${when}`))
  await until(async () => sealer.isGone() || (await state()).fence > fence, 30_000)
  const leave = await standBy(memory)
  for (const giveUp = performance.now() + 30_000; !sealer.isGone() && performance.now() < giveUp; ) {
    await write(3)
    await sleep(50)
  }
  if (!sealer.isGone()) throw new Error(`${name} ${when} never came`)
  await write(3)
  const took = await until(isSealed, 15_000)
  await leave()
  return took
}

test('killed at every write, fsync and rename of its first rounds: the log fits, and sealing goes on elsewhere within 5 s', async () => {
  // What was written before is no part of the counts.
  await countsWhile(() => until(isSealed, 20_000))
  const idle = await countsWhile(() => sleep(100))
  const busy = await countsWhile(async () => {
    for (let round = 0; round < 2; round++) {
      await write(5)
      await until(isSealed, 20_000)
    }
  })
  const deaths = SYSCALLS.flatMap((name): Death[] => {
    const [before, after] = [idle.get(name) ?? 0, busy.get(name) ?? 0]
    return Array.from({ length: Math.max(0, after - before) }, (_, at) => ({ name, when: before + at + 1 }))
  })
  expect(deaths.length).toBeGreaterThan(15)
  const took: number[] = []
  for (const death of deaths) {
    took.push(await survive(death, memory))
    await expectWhole()
  }
  process.stdout.write(`killed ${deaths.length} times; sealed elsewhere after ${Math.round(Math.max(...took))} ms at most\n`)
  expect(Math.max(...took)).toBeLessThan(5_000)
  expect(await admin`select kind, sentence from countersign.seal_alarms where kind <> 'silent writer'`).toEqual([])
  expect((await countersign(place, 'auditor', ['verify'])).stdout).not.toContain('Damaged')
}, 1_200_000)

/** Three writers, each with more than one thread takes from it, and none of it sealed. */
async function backlog(writers: readonly Writer[]): Promise<void> {
  await Promise.all(writers.flatMap((each) => Array.from({ length: 1_500 }, () => each.append(testDecision()))))
}

/** The connections of the sealer that runs: its own, and one of each thread. */
async function sealing(): Promise<number> {
  const [row] = await admin<{ count: number }[]>`
    select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'countersign sealer'`
  return row?.count ?? 0
}

const areSealed = async (writers: readonly Writer[]): Promise<boolean> => {
  const marks = await admin<{ writer: string; seq: number }[]>`select writer, seq::float8 as seq from countersign.seal_marks`
  const sealed = new Map(marks.map(({ writer: of, seq }) => [of, seq]))
  return writers.every(({ id, stats }) => (sealed.get(id) ?? 0) >= stats.seq)
}

test.runIf(availableParallelism() > 1)(
  'killed while threads read for it, at moments spread over a round: the log fits, and sealing goes on elsewhere within 5 s',
  async () => {
    const identity = identityOf(keys, 'gateway')
    const url = place.database.urlFor('gateway')
    const writers = await Promise.all([1, 2, 3].map(() => openWriter({ url, identity })))
    const took: number[] = []
    let cut = 0
    for (let death = 0; death < 12; death++) {
      await backlog(writers)
      const sealer = startSealer()
      expect(await until(async () => (await sealing()) >= 4, 30_000)).toBeLessThan(30_000)
      await sleep(death * 25)
      sealer.child.kill('SIGKILL')
      await sealer.gone
      const diedAt = performance.now()
      cut += (await areSealed(writers)) ? 0 : 1
      const leave = await standBy(memory, 0)
      await writers[0]?.append(testDecision())
      const isOver = await until(() => areSealed(writers), 15_000)
      took.push(Number.isFinite(isOver) ? performance.now() - diedAt : isOver)
      await leave()
      await expectWhole()
    }
    process.stdout.write(
      `killed 12 times beside threads, ${cut} with a round to go; sealed elsewhere after ${Math.round(Math.max(...took))} ms at most\n`,
    )
    expect(cut).toBeGreaterThan(0)
    expect(Math.max(...took)).toBeLessThan(5_000)
    expect(await admin`select kind, sentence from countersign.seal_alarms where kind <> 'silent writer'`).toEqual([])
    await Promise.all(writers.map((each) => each.close()))
    const verdict = await countersign(place, 'auditor', ['verify', '--deep'])
    expect(verdict.stdout).toMatch(/^(?:Intact|Could not tell): /m)
  },
  600_000,
)

test('one that was stopped for a while finds that it is no longer its turn, and signs nothing', async () => {
  const { fence } = await state()
  const sealer = startSealer()
  await until(async () => (await state()).fence > fence, 30_000)
  await write(3)
  await until(isSealed, 10_000)
  const leave = await standBy(memory)
  sealer.child.kill('SIGSTOP')
  await write(3)
  expect(await until(isSealed, 15_000)).toBeLessThan(5_000)
  sealer.child.kill('SIGCONT')
  await until(() => sealer.stderr().includes('took over'), 10_000)
  expect(sealer.stderr()).toContain('Another sealer took over, or the log key was rotated; this one stands by.')
  await write(3)
  expect(await until(isSealed, 10_000)).toBeLessThan(5_000)
  await expectWhole()
  await leave()
  sealer.child.kill('SIGTERM')
  await sealer.gone
  expect(await admin`select kind from countersign.seal_alarms where kind <> 'silent writer'`).toEqual([])
}, 120_000)
