import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryLog } from '../db/testing-log'
import { askFor, killed, signedBy, startWitness, type WitnessProcess } from './witnesses'

const SYSCALLS = ['openat', 'write', 'pwrite64', 'writev', 'sendto', 'fsync', 'rename', 'close'] as const

const log = memoryLog()
let dataDir = ''
let size = 0
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-witness-faults-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

/** One thread does all that reaches the disk, so that its calls have an order; strace counts those of each thread by themselves. */
const start = (): Promise<WitnessProcess> => startWitness({ dataDir, logs: [log.vkey], env: { UV_THREADPOOL_SIZE: '1' } })

/** Watches a witness that runs already: what it does at its start is not what it is killed in. */
async function trace({ process: { pid } }: WitnessProcess, file: string, ...options: string[]): Promise<ChildProcess> {
  const strace = spawn('strace', ['-f', '-p', String(pid), '-e', `trace=${SYSCALLS.join()}`, '-o', file, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  for await (const chunk of strace.stderr.setEncoding('utf8')) {
    said += chunk
    if (/attached/.test(said)) break
  }
  // All threads are named in one breath.
  await new Promise((resolve) => setTimeout(resolve, 100))
  return strace
}

/** How often one thread calls what, while it signs one checkpoint. */
async function measure(): Promise<ReadonlyMap<string, number>> {
  const file = join(dataDir, 'trace')
  const witness = await start()
  const strace = await trace(witness, file)
  expect(await askFor(witness.url, size, size + 1, log)).toMatchObject({ status: 200 })
  size += 1
  await killed(witness)
  if (strace.exitCode === null) await once(strace, 'exit')
  const counts = new Map<string, Map<string, number>>()
  for (const [, thread = '', name = ''] of (await readFile(file, 'utf8')).matchAll(/^(\d+)\s+(\w+)\(/gm)) {
    const ofThread = counts.get(name) ?? counts.set(name, new Map()).get(name)
    ofThread?.set(thread, (ofThread.get(thread) ?? 0) + 1)
  }
  return new Map([...counts].map(([name, threads]) => [name, Math.max(...threads.values())]))
}

test('killed at every system call of an add-checkpoint: what it signed for anybody it never forgets', async () => {
  const fork = log.forkAfter(0)
  const deaths = [...(await measure())].flatMap(([name, count]) => Array.from({ length: count }, (_, at) => ({ name, when: at + 1 })))
  for (const needed of ['openat', 'write', 'fsync', 'rename']) expect(deaths.map(({ name }) => name)).toContain(needed)
  const ends = { answered: 0, kept: 0, lost: 0 }
  for (const { name, when } of deaths) {
    const victim = await start()
    const strace = await trace(victim, '/dev/null', '-e', `inject=${name}:signal=SIGKILL:when=${when}`)
    const answer = await askFor(victim.url, size, size + 1, log)
    await killed(victim)
    if (strace.exitCode === null) await once(strace, 'exit')
    const witness = await start()
    const kept = await signedBy(witness.url, log)
    expect([size, size + 1], `${name} ${when}`).toContain(kept)
    if (answer?.status === 200) expect(kept, `${name} ${when}`).toBe(size + 1)
    ends[answer ? 'answered' : kept > size ? 'kept' : 'lost'] += 1
    // Whatever is on the disk, no other history is signed over it, and the log goes on from there.
    expect((await askFor(witness.url, kept, kept + 1, fork))?.status, `${name} ${when}`).toBe(422)
    expect((await askFor(witness.url, kept, size + 2, log))?.status, `${name} ${when}`).toBe(200)
    size += 2
    await killed(witness)
  }
  process.stdout.write(
    `killed ${deaths.length} times: ${ends.answered} answered, ${ends.kept} kept and not answered, ${ends.lost} neither\n`,
  )
  expect(ends.kept).toBeGreaterThan(0)
  expect(ends.lost).toBeGreaterThan(0)
})
