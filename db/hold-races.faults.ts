import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../core/roles'
import type { RaceJob } from './testing-claimer'
import { type HoldBench, openHoldBench } from './testing-holds'
import { bundleRacer, race } from './testing-races'

const ROUNDS = 20
const CLAIMERS = 64
const PAIRS = 500

let bench: HoldBench
let racer: Awaited<ReturnType<typeof bundleRacer>>
let ann: Actor
let bob: Actor
beforeAll(async () => {
  bench = await openHoldBench()
  racer = await bundleRacer()
  ann = await bench.person(['approver'], 'Ann')
  bob = await bench.person(['approver'], 'Bob')
})
afterAll(async () => {
  await racer.drop()
  await bench.close()
})

const entrant = (role: 'gateway' | 'console', jobs: readonly RaceJob[]) => ({
  url: bench.database.urlFor(role),
  dataDir: bench.dataDir,
  writers: 1,
  jobs,
})

test(`${CLAIMERS} processes claim at once, ${ROUNDS} times: each approval is used once`, async () => {
  const jobs: RaceJob[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const hold = await bench.held()
    await bench.vote(ann, hold)
    const { verifier: _verifier, ...claim } = await bench.claiming(hold)
    jobs.push({ do: 'claim', claim })
  }
  const told = await race(
    racer.file,
    bench.database,
    Array.from({ length: CLAIMERS }, () => entrant('gateway', jobs)),
    ROUNDS,
  )
  for (let round = 0; round < ROUNDS; round++) {
    const results = told.map((one) => one[round]?.is)
    expect({ round, won: results.filter((is) => is === 'claimed').length }).toEqual({ round, won: 1 })
    // Sixty-four writers on a small machine may have to wait longer than a call does: then they forward nothing.
    expect(results.filter((is) => is !== 'claimed' && is !== 'lost' && is !== 'unavailable')).toEqual([])
    expect(results.filter((is) => is === 'lost').length).toBeGreaterThan(CLAIMERS / 2)
  }
})

test(`${PAIRS} calls are approved and denied at once: one wins each, the other is told who`, async () => {
  const [yes, no]: [RaceJob[], RaceJob[]] = [[], []]
  for (let pair = 0; pair < PAIRS; pair++) {
    const ballot = await bench.ballot(await bench.held())
    yes.push({ do: 'vote', actor: ann, ballot })
    no.push({ do: 'vote', actor: bob, ballot: { ...ballot, verdict: 'deny' } })
  }
  const [approving = [], denying = []] = await race(racer.file, bench.database, [entrant('console', yes), entrant('console', no)], PAIRS)
  for (let pair = 0; pair < PAIRS; pair++) {
    const [approval, denial] = [approving[pair], denying[pair]]
    const isApproved = approval?.is === 'approved'
    expect({ pair, approval: approval?.is, denial: denial?.is }).toEqual({
      pair,
      ...(isApproved ? { approval: 'approved', denial: 'conflict' } : { approval: 'conflict', denial: 'denied' }),
    })
    expect((isApproved ? denial : approval)?.because).toMatch(isApproved ? /^Too late: "Ann" approved/ : /^Too late: "Bob" denied/)
  }
})

test('the log of all this is intact', async () => {
  expect(await bench.verify()).toMatchObject({ findings: [] })
})
