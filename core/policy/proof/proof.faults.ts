import { expect, describe as group, test } from 'vitest'
import { comparison, mutant } from './bundle'
import { mutations } from './mutations'

const PAIRS = 120_000

const SEEDS = 30_000

test(`the compiled evaluator and the naive one agree on ${PAIRS} hostile questions`, async () => {
  const { firstDisagreement } = await comparison()
  const startedMs = performance.now()
  expect(firstDisagreement(PAIRS)).toBeNull()
  process.stdout.write(`seeds 1 to ${PAIRS} agree, in ${Math.round((performance.now() - startedMs) / 1000)} s\n`)
})

group('a mistake planted in the evaluator is seen by the comparison', () => {
  test('the list holds at least twenty', () => expect(mutations.length).toBeGreaterThanOrEqual(20))

  test.each(mutations)('$mistake', async (mutation) => {
    const { firstCaught } = await mutant(mutation)
    const seed = firstCaught(SEEDS)
    process.stdout.write(`${seed === null ? `not within ${SEEDS} seeds` : `seed ${seed}`}: ${mutation.mistake}\n`)
    expect(seed).not.toBeNull()
  })
})
