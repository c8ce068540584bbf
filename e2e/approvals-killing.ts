import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { connect } from '../db/connect'
import { freshDatabase } from '../db/testing'
import { type Deciders, eventually, openDeciders } from './approvals'
import { checkInvariants } from './checker'
import { fixture, initialize, makePlace, type Place, publish, readMarks, recorder, startGateway } from './gateway'

/** More than a gateway writes between the moment it hears of a vote and the moment the receipt is kept. */
export const WRITES = 34
const LANES = 3

type Scene = { readonly place: Place; readonly marks: string; readonly people: Deciders; close(): Promise<void> }

export async function openScene(): Promise<Scene> {
  const place = await makePlace(await freshDatabase())
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: escalate\n    approvers: [approver]\n`)
  const people = await openDeciders(place)
  return {
    ...{ place, marks: join(place.dir, 'marks'), people },
    close: async () => {
      await people.close()
      await place.remove()
    },
  }
}

/**
 * One approved call of a gateway that is killed before the `at`-th write after the vote; at 0, just before it would forward the call. Answers
 * its hold.
 */
async function die({ place, marks, people }: Scene, at: number): Promise<string> {
  const trigger = join(place.dir, `voted-${at}`)
  const env = { KILL_AFTER: trigger, KILL_AT: String(at), KILL_BEFORE: at === 0 ? '"method":"tools/call"' : '' }
  const gateway = startGateway(place, { upstream: recorder(marks), node: ['--import', fixture('kill-after-shim.mjs')], env })
  await initialize(gateway)
  const answer = gateway.call('act', { token: `kill-${at}` }).catch(() => null)
  const hold = await people.heldAs(`kill-${at}`)
  await writeFile(trigger, '')
  await people.vote(people.maria, hold)
  await Promise.race([answer, gateway.ended])
  await Promise.race([gateway.ended, new Promise((resolve) => setTimeout(resolve, 3_000))])
  gateway.process.kill('SIGKILL')
  await gateway.ended
  return hold
}

/** A writer is somebody's orphan only after 15 silent seconds; the test sets the clock of the dead ones back instead of waiting. */
async function ageHeartbeats({ place, people }: Scene): Promise<void> {
  const sql = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'recovery' })
  await sql`update countersign.writers set heartbeat_at = heartbeat_at - interval '1 minute' where closed_at is null and id <> ${people.writer.id}`
  await sql.end({ timeout: 1 })
}

/** Kills a gateway before each of these writes after its vote: at most one effect, never without a claim, and unknown where nobody can tell. */
export async function killAtWrites(scene: Scene, writes: readonly number[]): Promise<void> {
  const { place, marks, people } = scene
  const holds = new Map<number, string>()
  const places = [...writes]
  const lane = async (): Promise<void> => {
    for (let at = places.pop(); at !== undefined; at = places.pop()) holds.set(at, await die(scene, at))
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  await ageHeartbeats(scene)
  const after = startGateway(place, { upstream: recorder(marks), args: ['--hold-ms', '100', '--max-holds', '200'] })
  await initialize(after)
  await eventually('no claimed hold', async () => {
    const [row] = await people.sql<{ count: number }[]>`select count(*)::int as count from countersign.holds where state = 'claimed'`
    return row?.count === 0 ? true : null
  })
  const done = await readMarks(marks)
  const ends = { 'never claimed': 0, 'claimed, and nothing ran': 0, ran: 0 }
  for (const [at, hold] of holds) {
    const effects = done.filter(({ token }) => token === `kill-${at}`).length
    const state = await people.stateOf(hold)
    const claims = (await people.entries(hold)).filter(({ type }) => type === 'hold.claimed').length
    expect({ at, effects, claims, state }).toMatchObject(
      effects === 1
        ? { claims: 1, state: expect.stringMatching(/^(unknown|done)$/) }
        : { effects: 0, state: claims === 1 ? expect.stringMatching(/^(unknown|failed)$/) : 'approved' },
    )
    ends[effects === 1 ? 'ran' : claims === 1 ? 'claimed, and nothing ran' : 'never claimed'] += 1
    expect((await after.call('act', { token: `kill-${at}` })).refusal).toMatchObject({ code: 'approval_required' })
  }
  process.stdout.write(`killed ${holds.size} times: ${JSON.stringify(ends)}\n`)
  for (const [end, count] of Object.entries(ends)) expect({ end, count }).not.toMatchObject({ count: 0 })
  await after.stop()
  expect((await readMarks(marks)).length).toBe(done.length)
  expect((await checkInvariants(place, marks, false)).report.findings).toEqual([])
}
