import type { Actor } from '../core/roles'
import { type Claim, claimHold } from './claims'
import { connect } from './connect'
import { verifyEd25519 } from './crypto'
import { identityOf, openKeys } from './keys'
import { type Ballot, castHoldVote } from './votes'
import { openWriter } from './writer'

/** What one racing process does, as JSON in its last argument: `writers` of its own each do `jobs` when the barrier opens. */
export type Race = {
  readonly url: string
  readonly dataDir: string
  readonly barrier: number
  readonly writers: number
  readonly jobs: readonly RaceJob[]
}
export type RaceJob =
  | { readonly do: 'claim'; readonly claim: Omit<Claim, 'verifier'> }
  | { readonly do: 'vote'; readonly actor: Actor; readonly ballot: Ballot }

/** What came of one job: what it answered, or the fault and the sentence that it was refused with. */
export type RaceResult = { readonly is: string; readonly state?: string; readonly because?: string }

async function run({ url, dataDir, barrier, writers, jobs }: Race): Promise<void> {
  const keys = await openKeys(dataDir)
  const role = jobs[0]?.do === 'vote' ? 'console' : 'gateway'
  const open = await Promise.all(Array.from({ length: writers }, () => openWriter({ url, identity: identityOf(keys, role) })))
  const verifier = { trust: keys.trust, verify: verifyEd25519 }
  const work = async (writer: (typeof open)[number], job: RaceJob): Promise<RaceResult> => {
    try {
      if (job.do === 'claim') return summary(await claimHold(writer, { ...job.claim, verifier }))
      return { is: (await castHoldVote(writer, job.actor, job.ballot)).state }
    } catch (error) {
      const { fault, message } = error as { fault?: string; message?: string }
      return { is: fault ?? 'failed', because: message ?? '' }
    }
  }
  await atBarrier(url, barrier)
  const results = await Promise.all(
    open.map(async (writer) => {
      const own: RaceResult[] = []
      for (const job of jobs) own.push(await work(writer, job))
      return own
    }),
  )
  await Promise.all(open.map((writer) => writer.close()))
  process.stdout.write(JSON.stringify(results.flat()))
}

const summary = (claimed: Awaited<ReturnType<typeof claimHold>>): RaceResult =>
  claimed.is === 'lost' ? { is: 'lost', state: claimed.state, because: claimed.because } : { is: claimed.is }

/** Waits with all the others for a lock that whoever started the race holds, and lets go of at once for everybody. */
async function atBarrier(url: string, barrier: number): Promise<void> {
  const sql = connect(url, { purpose: 'migrate', application: 'racer' })
  await sql`select pg_advisory_lock_shared(${barrier})`
  await sql.end()
}

await run(JSON.parse(process.argv.at(-1) ?? '{}') as Race)
