import { expect, test } from 'vitest'
import { oneByOne } from './one-by-one'

test('however many ask, one is at work and one is next; each is given work that began after they asked', async () => {
  let [begun, atWork] = [0, 0]
  const ends: ((failed: boolean) => void)[] = []
  const ask = oneByOne(async () => {
    begun += 1
    atWork += 1
    expect(atWork).toBe(1)
    const mine = begun
    const failed = await new Promise<boolean>((resolve) => ends.push(resolve))
    atWork -= 1
    if (failed) throw new Error('failed')
    return mine
  })
  const first = ask()
  await expect.poll(() => ends.length).toBe(1)
  const later = Array.from({ length: 1_000 }, ask)
  ends[0]?.(true)
  await expect(first).rejects.toThrow('failed')
  await expect.poll(() => ends.length).toBe(2)
  const last = ask()
  ends[1]?.(false)
  expect(new Set(await Promise.all(later))).toEqual(new Set([2]))
  await expect.poll(() => ends.length).toBe(3)
  ends[2]?.(false)
  expect(await last).toBe(3)
})
