import { expect, test } from 'vitest'
import { dice } from '../policy/proof/dice'
import { sourceOf, testVerify, trust } from './testing-log'
import { MUTATIONS } from './testing-mutations'
import { randomLog } from './testing-random-log'
import { sha256 } from './testing-tree'
import { alarmOf, damagedLog, missIn } from './testing-trial'
import { verifyLog } from './verify'

// random-log.faults.ts does the same to a thousand of each.

test('50 logs that nobody touched raise no alarm', { timeout: 120_000 }, async () => {
  for (let seed = 1; seed <= 50; seed++) expect(await alarmOf(seed)).toBeNull()
})

test('20 logs, damaged in twelve ways each: the first bad entry is named', { timeout: 240_000 }, async () => {
  const tried = new Map<string, number>()
  for (let seed = 1; seed <= 20; seed++) {
    const trial = await damagedLog(seed)
    expect(trial.misses).toEqual([])
    expect(trial.tried).toHaveLength(12)
    for (const name of trial.tried) tried.set(name, (tried.get(name) ?? 0) + 1)
  }
  expect([...tried.keys()].sort()).toEqual(Object.keys(MUTATIONS).sort())
})

test('whoever judges the verifier notices when it says nothing, or the wrong thing', async () => {
  const log = randomLog(dice(1))
  const report = await verifyLog(sourceOf(log), { trust, sha256, verify: testVerify })
  expect(report).toMatchObject({ verdict: 'intact', findings: [] })
  const damage = { writer: 'w', seq: [3, 3], kinds: ['edited'] } as const
  const finding = { writer: 'w', seq: 3, index: null, kind: 'edited', sentence: '', since: null } as const
  expect(missIn(report, damage)).toMatch(/intact/)
  expect(missIn({ verdict: 'damaged', findings: [{ ...finding, seq: 4 }] }, damage)).toMatch(/not named/)
  expect(missIn({ verdict: 'damaged', findings: [{ ...finding, seq: 2 }, finding] }, damage)).toMatch(/named first/)
  expect(missIn({ verdict: 'damaged', findings: [finding, { ...finding, seq: 2 }] }, damage)).toMatch(/sound/)
  expect(missIn({ verdict: 'damaged', findings: [finding] }, damage)).toBeNull()
})
