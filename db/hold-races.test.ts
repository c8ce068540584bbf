import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../core/roles'
import type { RaceJob, RaceResult } from './testing-claimer'
import { type HoldBench, openHoldBench, TWO_APPROVERS } from './testing-holds'
import { bundleRacer, race } from './testing-races'

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

/** `processes` of their own, each with `writers`, let go at once: each does all the jobs. */
async function racing(role: 'gateway' | 'console', processes: number, writers: number, jobs: (process: number) => readonly RaceJob[]) {
  const entrant = { url: bench.database.urlFor(role), dataDir: bench.dataDir, writers }
  const entrants = Array.from({ length: processes }, (_, at) => ({ ...entrant, jobs: jobs(at) }))
  return (await race(racer.file, bench.database, entrants)).flat()
}

const countOf = (results: readonly RaceResult[], is: string): number => results.filter((result) => result.is === is).length

async function claimJob(hold: string): Promise<RaceJob> {
  const { verifier: _verifier, ...claim } = await bench.claiming(hold)
  return { do: 'claim', claim }
}

test('sixty-four claimers in sixteen processes: one forwards, and every other hears that it was claimed', async () => {
  const hold = await bench.held()
  await bench.vote(ann, hold)
  const job = await claimJob(hold)
  const results = await racing('gateway', 16, 4, () => [job])
  expect(results).toHaveLength(64)
  expect(countOf(results, 'claimed')).toBe(1)
  expect(results.filter(({ is }) => is !== 'claimed')).toEqual(
    Array.from({ length: 63 }, () => ({ is: 'lost', state: expect.stringMatching(/^(?:claimed|unknown)$/), because: expect.any(String) })),
  )
  expect((await bench.told('hold.claimed')).filter((entry) => entry.hold === hold)).toHaveLength(1)
}, 120_000)

test('approving and denying in two processes, 100 calls: one wins each, the other is told who, and the log agrees', async () => {
  const holds: string[] = []
  for (let at = 0; at < 100; at++) holds.push(await bench.held())
  const ballots = await Promise.all(holds.map(async (hold) => ({ yes: await bench.ballot(hold), no: await bench.ballot(hold, 'deny') })))
  const results = await racing('console', 2, 1, (process) =>
    ballots.map(({ yes, no }) => (process === 0 ? { do: 'vote', actor: ann, ballot: yes } : { do: 'vote', actor: bob, ballot: no })),
  )
  const [approved, denied] = [countOf(results, 'approved'), countOf(results, 'denied')]
  expect({ won: approved + denied, lost: countOf(results, 'conflict') }).toEqual({ won: 100, lost: 100 })
  for (const { because } of results.filter(({ is }) => is === 'conflict'))
    expect(because).toMatch(/^Too late: "(?:Ann" approved|Bob" denied) this call at 2\S+Z\.$/)
  const told = await bench.told('hold.approved', 'hold.denied')
  for (const hold of holds) expect(told.filter((entry) => entry.hold === hold)).toHaveLength(1)
}, 120_000)

test('one person in eight browsers at once is one vote of the two that are needed', async () => {
  const hold = await bench.held({ approvals: TWO_APPROVERS })
  const ballot = await bench.ballot(hold)
  const results = await racing('console', 4, 2, () => [{ do: 'vote', actor: ann, ballot }])
  expect({ held: countOf(results, 'held'), told: countOf(results, 'conflict') }).toEqual({ held: 1, told: 7 })
  expect(await bench.stateOf(hold)).toBe('held')
}, 120_000)

test('the log of all this is intact', async () => {
  expect(await bench.verify()).toMatchObject({ findings: [] })
})
