import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { takingTurns } from './embedded-lock'

let folder: string
let lock: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-lock-'))
  lock = join(folder, 'lock')
})
afterAll(() => rm(folder, { recursive: true }))

const DEAD = '999999999 0000000000000000'

/** The most of ten that were inside at once. */
async function crowd(): Promise<number> {
  let inside = 0
  let most = 0
  const work = async () => {
    inside++
    most = Math.max(most, inside)
    await sleep(5)
    inside--
  }
  await Promise.all(Array.from({ length: 10 }, () => takingTurns(lock, work)))
  return most
}

test.each([
  { left: 'nothing', prepare: async () => undefined },
  { left: 'the lock of a process that died', prepare: () => writeFile(lock, DEAD) },
  {
    left: 'a lock that is two minutes old, though its number lives',
    prepare: async () => {
      await writeFile(lock, `${process.pid} 0000000000000000`)
      await utimes(lock, 0, Date.now() / 1000 - 121)
    },
  },
])('ten come at once and find $left: one at a time, and nothing is left behind', async ({ prepare }) => {
  await prepare()
  expect(await crowd()).toBe(1)
  expect(await readdir(folder)).toEqual([])
})

test('work that fails gives the lock back', async () => {
  await expect(takingTurns(lock, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await takingTurns(lock, async () => 'next')).toBe('next')
})
