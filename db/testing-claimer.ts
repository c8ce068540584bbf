import { json } from 'node:stream/consumers'
import type { Actor } from '../core/roles'
import { type Claim, claimHold } from './claims'
import { connect } from './connect'
import { verifyEd25519 } from './crypto'
import { identityOf, openKeys } from './keys'
import { type Ballot, castHoldVote } from './votes'
import { openWriter } from './writer'

/**
 * What one racing process does, as JSON on its stdin: `writers` of its own each do `jobs`, one after the other. The first `barriers` of
 * these wait at a barrier of their own, numbered from `barrier`.
 */
export type Race = {
  readonly url: string
  readonly dataDir: string
  readonly barrier: number
  readonly barriers: number
  readonly writers: number
  readonly jobs: readonly RaceJob[]
}
export type RaceJob =
  | { readonly do: 'claim'; readonly claim: Omit<Claim, 'verifier'> }
  | { readonly do: 'vote'; readonly actor: Actor; readonly ballot: Ballot }

/** What came of one job: what it answered, or the fault and the sentence that it was refused with. */
export type RaceResult = { readonly is: string; readonly state?: string; readonly because?: string }

async function run({ url, dataDir, barrier, barriers, writers, jobs }: Race): Promise<void> {
  const keys = await openKeys(dataDir)
  const role = jobs[0]?.do === 'vote' ? 'console' : 'gateway'
  const open = await Promise.all(
    Array.from({ length: writers }, () => patiently(() => openWriter({ url, identity: identityOf(keys, role) }))),
  )
  const verifier = { trust: keys.trust, verify: verifyEd25519 }
  const work = async (writer: (typeof open)[number], job: RaceJob): Promise<RaceResult> => {
    try {
      if (job.do === 'claim') return summary(await untilHeard(() => claimHold(writer, { ...job.claim, verifier })))
      return { is: (await castHoldVote(writer, job.actor, job.ballot)).state }
    } catch (error) {
      const { fault, message } = error as { fault?: string; message?: string }
      return { is: fault ?? 'failed', because: message ?? '' }
    }
  }
  const gate = await patiently(async () => {
    const sql = connect(url, { purpose: 'migrate', application: 'racer' })
    await sql`select`
    return sql
  })
  const results: RaceResult[] = []
  for (const [at, job] of jobs.entries()) {
    if (at < barriers) await gate`select pg_advisory_lock_shared(${barrier + at})`
    results.push(...(await Promise.all(open.map((writer) => work(writer, job)))))
  }
  await gate.end()
  await Promise.all(open.map((writer) => writer.close()))
  process.stdout.write(JSON.stringify(results))
}

/** A claimer that the log had no time for asks again, as the next waiter of its gateway would: in the end each hears whether it won. */
async function untilHeard<T>(claim: () => Promise<T>): Promise<T> {
  for (let left = 20; ; left--) {
    try {
      return await claim()
    } catch (error) {
      if (left === 0 || (error as { fault?: string }).fault !== 'unavailable') throw error
    }
  }
}

/** Dozens of processes that start at once on a busy machine wait for each other. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 60; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}

const summary = (claimed: Awaited<ReturnType<typeof claimHold>>): RaceResult =>
  claimed.is === 'lost' ? { is: 'lost', state: claimed.state, because: claimed.because } : { is: claimed.is }

await run((await json(process.stdin)) as Race)
