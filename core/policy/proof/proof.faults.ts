import { expect, describe as group, test } from 'vitest'
import { compilePolicy } from '../compile'
import { evaluate, factsNeeded } from '../evaluate'
import { InexactNumber } from '../model'
import { describe, disagreement, type Engine, shrink } from './compare'
import { firstCaught, mutant } from './mutant'
import { mutations } from './mutations'

const engine: Engine = { compilePolicy, evaluate, factsNeeded, InexactNumber }

const SEEDS = 30_000

test('the compiled evaluator and the naive one agree on 120,000 hostile questions', () => {
  for (let seed = 1; seed <= 120_000; seed++) {
    const found = disagreement(engine, seed)
    if (found) expect.fail(describe(shrink(engine, found)))
  }
})

group('a mistake planted in the evaluator is seen by the comparison', () => {
  test('the list holds at least twenty', () => expect(mutations.length).toBeGreaterThanOrEqual(20))

  test.each(mutations)('$mistake', async (mutation) => {
    const seed = firstCaught(await mutant(mutation), SEEDS)
    process.stdout.write(`${seed === null ? `not within ${SEEDS} seeds` : `seed ${seed}`}: ${mutation.mistake}\n`)
    expect(seed).not.toBeNull()
  })
})
