import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeStore } from './lock'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-store-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const DEAD = 2 ** 22 + 1
const hold = async (holder: string, agoMs = 0): Promise<void> => {
  await writeFile(join(folder, 'lock'), holder)
  const at = new Date(Date.now() - agoMs)
  await utimes(join(folder, 'lock'), at, at)
}

test.each<{ story: string; holder: string; agoMs?: number; isTaken: boolean }>([
  { story: 'a process that is gone', holder: `${DEAD} x ${hostname()}\n`, isTaken: true },
  { story: 'what was this process before the container was started again', holder: `${process.pid} x ${hostname()}\n`, isTaken: true },
  { story: 'a process that lives', holder: `${process.ppid} x ${hostname()}\n`, isTaken: false },
  {
    story: 'somebody else under the number of one that was here long ago',
    holder: `${process.ppid} x ${hostname()}\n`,
    agoMs: 90_000,
    isTaken: true,
  },
  { story: 'another machine that was heard of just now', holder: `${DEAD} x elsewhere\n`, isTaken: false },
  { story: 'another machine that was not heard of for long', holder: `${DEAD} x elsewhere\n`, agoMs: 90_000, isTaken: true },
  { story: 'one that is just writing its name', holder: '', isTaken: false },
  { story: 'a name that a crash cut short, long ago', holder: '12', agoMs: 90_000, isTaken: true },
])('a store held by $story: taken $isTaken', async ({ holder, agoMs, isTaken }) => {
  await hold(holder, agoMs)
  const taken = await takeStore(folder).catch((error: unknown) => error)
  expect(taken instanceof Error).toBe(!isTaken)
  if (taken instanceof Error) expect(taken.message).toContain('is this witness already')
  else await (taken as Awaited<ReturnType<typeof takeStore>>).release()
})

test('of ten that find the same dead holder one gets the store, and who lost it knows', async () => {
  await hold(`${DEAD} x ${hostname()}\n`)
  const taken = await Promise.allSettled(Array.from({ length: 10 }, () => takeStore(folder)))
  const locks = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const ours = await Promise.all(locks.map((lock) => lock.isOurs()))
  expect(ours.filter(Boolean)).toHaveLength(1)
  for (const lock of locks) await lock.release()
})

test('who was taken over while it was suspended neither signs nor takes the lock of the other away', async () => {
  const first = await takeStore(folder)
  await hold(`${DEAD} y elsewhere\n`)
  expect(await first.isOurs()).toBe(false)
  await first.release()
  expect(await readFile(join(folder, 'lock'), 'utf8')).toContain('elsewhere')
})
