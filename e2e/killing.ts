import { connect } from '../db/connect'
import { type CallState, checkInvariants } from './checker'
import { type GatewaySetup, initialize, type Place, recorder, startGateway } from './gateway'

export const CALLS = 20

/** How far the call that was in flight at the kill had come, by what the log and the upstream know of it. */
export const CLASSES = ['before commit', 'after commit', 'after forward'] as const
export type Class = (typeof CLASSES)[number]

/** Twenty calls one after another through one gateway that may die at any moment. Answers how many were answered. */
export async function runScript(place: Place, marks: string, run: string, setup: Omit<GatewaySetup, 'upstream'>): Promise<number> {
  const gateway = startGateway(place, { ...setup, upstream: recorder(marks) })
  let answered = 0
  try {
    await initialize(gateway)
    for (; answered < CALLS; answered++) await gateway.call('act', { token: tokenOf(run, answered) })
    await gateway.stop()
  } catch {
    // The gateway died, as it was meant to: what counts is what it left behind.
    await gateway.ended
  }
  return answered
}

export const tokenOf = (run: string, call: number): string => `${run}/${call}`

/** A gateway that comes after the dead ones: it closes their chains and ends what they left open. */
export async function recover(place: Place, marks: string): Promise<void> {
  await ageHeartbeats(place)
  const gateway = startGateway(place, { upstream: recorder(marks) })
  await initialize(gateway)
  await gateway.call('act', { token: `recovery/${Date.now()}` })
  const deadline = Date.now() + 20_000
  while ((await openWriters(place)) > 1 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 200))
  await gateway.stop()
}

/** A writer is somebody's orphan only after 15 silent seconds; the test sets the clock of the dead ones back instead of waiting. */
async function ageHeartbeats(place: Place): Promise<void> {
  await asSuperuser(
    place,
    (sql) => sql`update countersign.writers set heartbeat_at = heartbeat_at - interval '1 minute' where closed_at is null`,
  )
}

const openWriters = (place: Place): Promise<number> =>
  asSuperuser(place, async (sql) => {
    const [row] = await sql<{ open: number }[]>`select count(*)::int as open from countersign.writers where closed_at is null`
    return row?.open ?? 0
  })

async function asSuperuser<T>(place: Place, work: (sql: ReturnType<typeof connect>) => Promise<T>): Promise<T> {
  const sql = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'recovery' })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** The call of a killed run that was in flight: the first that nobody answered. */
export function classOf(state: CallState | undefined): Class {
  if (!state || (state.allowed === 0 && state.effects === 0)) return 'before commit'
  return state.effects === 0 ? 'after commit' : 'after forward'
}

/** Checks every run together and counts how the calls in flight ended. */
export async function judgeRuns(place: Place, marks: string, runs: ReadonlyMap<string, number>) {
  const { wrong, calls } = await checkInvariants(place, marks)
  const counts: Record<Class, number> = { 'before commit': 0, 'after commit': 0, 'after forward': 0 }
  const doubts: string[] = []
  for (const [run, answered] of runs) {
    if (answered === CALLS) continue
    const state = calls.get(tokenOf(run, answered))
    const died = classOf(state)
    counts[died] += 1
    if (died === 'after commit' && !state?.receipts.every((status) => status === 'unknown' || status === 'not_forwarded'))
      doubts.push(`${run}: a decision that was never forwarded ends as ${state?.receipts.join()}`)
  }
  return { wrong: [...wrong, ...doubts], counts }
}
