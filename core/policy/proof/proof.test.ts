import { readdir } from 'node:fs/promises'
import { expect, describe as group, test } from 'vitest'
import { comparison, mutant, plant, sourceOf } from './bundle'
import { mutations } from './mutations'

test('the compiled evaluator and the naive one agree on 5,000 hostile questions', { timeout: 60_000 }, async () => {
  const { firstDisagreement } = await comparison()
  expect(firstDisagreement(5_000)).toBeNull()
})

test('the naive interpreter takes nothing from core but types', async () => {
  const files = (await readdir(import.meta.dirname)).filter((file) => /^(?:naive|three-values)/.test(file))
  const imports = await Promise.all(files.map(async (file) => (await sourceOf(`proof/${file}`)).match(/^import .*$/gm) ?? []))
  expect(files.length).toBeGreaterThan(5)
  expect(imports.flat().filter((line) => !/^import type |from '\.\/(?:naive|three-values)/.test(line))).toEqual([])
})

test.each(mutations)('the evaluator still has the place for "$mistake"', async (mutation) => {
  expect(plant(mutation, await sourceOf(mutation.file))).toContain(mutation.to)
})

group('a mistake planted in the evaluator is seen by the comparison; all of them in proof.faults.ts', () => {
  test.each(mutations.slice(0, 3))('$mistake', { timeout: 60_000 }, async (mutation) => {
    const { firstCaught } = await mutant(mutation)
    expect(firstCaught(5_000)).not.toBeNull()
  })
})
