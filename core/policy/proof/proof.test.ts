import { expect, test } from 'vitest'
import { compilePolicy } from '../compile'
import { evaluate, factsNeeded } from '../evaluate'
import { InexactNumber } from '../model'
import { describe, disagreement, shrink } from './compare'

const engine = { compilePolicy, evaluate, factsNeeded, InexactNumber }

test('the compiled evaluator and the naive one agree on 5,000 hostile questions', { timeout: 20_000 }, () => {
  for (let seed = 1; seed <= 5_000; seed++) {
    const found = disagreement(engine, seed)
    if (found) expect.fail(describe(shrink(engine, found)))
  }
})
