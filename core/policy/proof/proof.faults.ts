import { expect, describe as group, test } from 'vitest'
import { compilePolicy } from '../compile'
import { evaluate, factsNeeded } from '../evaluate'
import { InexactNumber } from '../model'
import { describe, disagreement, type Engine, shrink } from './compare'
import { mutant } from './mutant'
import { mutations } from './mutations'

const engine: Engine = { compilePolicy, evaluate, factsNeeded, InexactNumber }

test('the compiled evaluator and the naive one agree on 120,000 hostile questions', () => {
  for (let seed = 1; seed <= 120_000; seed++) {
    const found = disagreement(engine, seed)
    if (found) expect.fail(describe(shrink(engine, found)))
  }
})

const SEEDS = 30_000

/** The first seed that tells the mutant from the naive interpreter; an engine that throws is told too. */
const caughtAt = (planted: Engine): number | null => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      if (disagreement(planted, seed)) return seed
    } catch {
      return seed
    }
  }
  return null
}

group('a mistake planted in the evaluator is seen by the comparison', () => {
  test('the list holds at least twenty', () => expect(mutations.length).toBeGreaterThanOrEqual(20))

  test.each(mutations)('$mistake', async (mutation) => {
    const seed = caughtAt(await mutant(mutation))
    process.stderr.write(`${seed === null ? 'MISSED' : `seed ${seed}`}: ${mutation.mistake}\n`)
    expect(seed).not.toBeNull()
  })
})
