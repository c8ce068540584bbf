import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOLD_MOVERS, HOLD_STATES, type HoldMover, type HoldState, isEnded, mayMove } from '../core/approval/states'
import { connect, type Sql } from './connect'
import { databaseNowMs, expireHolds, findAlike, listHolds, type NewHold, newHoldId, openHold, readHold } from './holds'
import { freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let gateway: Sql
let people: Sql
let superuser: Sql
beforeAll(async () => {
  database = await freshDatabase()
  const login = (as: 'gateway' | 'console' | 'superuser') => connect(database.urlFor(as), { purpose: 'pool', application: 'test', max: 4 })
  gateway = login('gateway')
  people = login('console')
  superuser = login('superuser')
})
afterAll(async () => {
  await Promise.all([gateway, people, superuser].map((sql) => sql.end()))
  await database.drop()
})

const sha = (text: string): string => createHash('sha256').update(text).digest('hex')

async function open(over: Partial<NewHold> = {}): Promise<NewHold> {
  const hold: NewHold = {
    id: newHoldId(),
    call: randomBytes(16).toString('hex'),
    openedBy: randomBytes(16).toString('hex'),
    decisionSeq: 1,
    likeness: sha('likeness'),
    binding: randomBytes(32).toString('hex'),
    principal: 'local:ada@host',
    assurance: 'asserted',
    server: 'files',
    session: null,
    tool: 'write_file',
    arguments: Buffer.from('{"path":"/tmp/\\u0000"}'),
    params: Uint8Array.of(123, 0, 255, 125),
    pin: null,
    policy: sha('policy'),
    policyName: 'default',
    policyVersion: 1,
    guardrail: null,
    epoch: 3,
    rule: 'rule-2',
    reason: 'File writes require approval',
    owner: null,
    nonce: 'n',
    approvals: [{ approvers: ['approver'], quorum: 1 }],
    decideByMs: (await databaseNowMs(gateway)) + 60_000,
    useWithinMs: 300_000,
    keepsClear: true,
    ...over,
  }
  await openHold(gateway, hold)
  return hold
}

test('a hold keeps every byte it will forward, and its deadline to the millisecond', async () => {
  const hold = await open({ tool: 'write\0\ud800', principal: 'a\0b' })
  const [bytes] = await people<
    { arguments: Buffer; params: Buffer }[]
  >`select arguments, params from countersign.holds where id = ${hold.id}`
  expect(bytes?.arguments.equals(Buffer.from(hold.arguments))).toBe(true)
  expect(bytes?.params.equals(Buffer.from(hold.params))).toBe(true)
  const { arguments: _arguments, params: _params, ...rest } = hold
  expect(await readHold(people, hold.id)).toMatchObject({ ...rest, principal: 'a\ufffdb', state: 'held', useBy: null, endedAt: null })
  expect(await readHold(people, 'H-0000000000')).toBeNull()
})

test('an identical call finds its hold within its session while it is open, and not after', async () => {
  const likeness = sha('alike')
  const hold = await open({ likeness, session: 's1' })
  expect((await findAlike(gateway, likeness, 's1'))?.id).toBe(hold.id)
  expect(await findAlike(gateway, likeness, 's2')).toBeNull()
  expect(await findAlike(gateway, likeness, null)).toBeNull()
  const cancel = () => gateway`update countersign.holds set state = 'cancelled', ended_at = now(), because = 'the agent took it back'
    where id = ${hold.id} and state = 'held' returning id`
  expect(await cancel()).toHaveLength(1)
  expect(await cancel()).toHaveLength(0)
  expect(await findAlike(gateway, likeness, 's1')).toBeNull()
  expect((await listHolds(people, { limit: 100 })).map((row) => row.id)).not.toContain(hold.id)
  expect((await listHolds(people, { limit: 100, ended: true })).find((row) => row.id === hold.id)?.because).toBe('the agent took it back')
})

test('holds whose time is over end once, however many sweep at once; the others stay', async () => {
  const past = (await databaseNowMs(gateway)) - 1
  const over = await Promise.all(Array.from({ length: 20 }, () => open({ decideByMs: past })))
  const waiting = await open()
  const swept = await Promise.all(Array.from({ length: 4 }, () => expireHolds(gateway, 8)))
  const ended = [...swept.flat(), ...(await expireHolds(gateway))].map((hold) => hold.id)
  expect(ended.sort()).toEqual(over.map((hold) => hold.id).sort())
  expect((await readHold(people, waiting.id))?.state).toBe('held')
})

describe('the state machine', () => {
  const later = (sql: Sql) => sql`now() + interval '1 minute'`
  const fields = (sql: Sql, to: HoldState) => sql`state = ${to}, ended_at = ${isEnded(to) ? sql`now()` : null}`
  const first = (sql: Sql, from: HoldState) => (from === 'held' ? sql`, decided_at = now(), use_by = ${later(sql)}` : sql``)
  const claim = (sql: Sql, from: HoldState, to: HoldState, as: HoldMover) =>
    from === 'approved' && to === 'claimed' && as === 'gateway' ? sql`, claimed_by = repeat('a', 32), claimed_at = now()` : sql``

  /** Puts a hold into a state behind the machine's back, as only a superuser can. */
  async function put(id: string, state: HoldState): Promise<void> {
    const isDecided = !['held', 'expired', 'cancelled'].includes(state)
    const isClaimed = ['claimed', 'done', 'failed', 'unknown'].includes(state)
    await superuser.begin(async (tx) => {
      await tx`alter table countersign.holds disable trigger holds_guard`
      await tx`update countersign.holds set state = ${state}, ended_at = case when ${isEnded(state)} then now() end,
        decided_at = case when ${isDecided} then now() end, use_by = case when ${isDecided} then now() + interval '1 minute' end,
        claimed_by = case when ${isClaimed} then repeat('a', 32) end, claimed_at = case when ${isClaimed} then now() end where id = ${id}`
      await tx`alter table countersign.holds enable always trigger holds_guard`
    })
  }

  test.each(HOLD_MOVERS)('%s moves a hold along its own edges and no other; an ended one not at all', async (role) => {
    const sql = role === 'gateway' ? gateway : people
    const { id } = await open()
    for (const from of HOLD_STATES)
      for (const to of HOLD_STATES) {
        await put(id, from)
        const moved =
          await sql`update countersign.holds set ${fields(sql, to)} ${first(sql, from)} ${claim(sql, from, to, role)} where id = ${id}`.then(
            () => true,
            (cause: { code?: string }) => (cause.code === '42501' ? false : cause),
          )
        expect({ from, to, moved }).toEqual({ from, to, moved: mayMove(from, to, role) })
      }
  })

  test('not even a superuser takes a hold out of an end, deletes it or empties the table', async () => {
    const { id } = await open()
    for (const state of HOLD_STATES.filter(isEnded)) {
      await put(id, state)
      for (const to of HOLD_STATES) {
        const moved = superuser`update countersign.holds set ${fields(superuser, to)} where id = ${id}`
        await expect(moved).rejects.toMatchObject({ code: '42501' })
      }
    }
    await expect(superuser`delete from countersign.holds where id = ${id}`).rejects.toMatchObject({ code: '42501' })
    await expect(superuser`truncate countersign.holds cascade`).rejects.toMatchObject({ code: '42501' })
  })

  test('time is judged where it can not be argued with: no late approval, no longer use than the rule gives, no late claim', async () => {
    const over = await open({ decideByMs: (await databaseNowMs(gateway)) - 1 })
    const approve = (id: string, useBy: ReturnType<typeof later>) =>
      people`update countersign.holds set state = 'approved', decided_at = now(), use_by = ${useBy} where id = ${id}`
    await expect(approve(over.id, later(people))).rejects.toMatchObject({ message: expect.stringContaining('is over') })
    const hold = await open()
    await expect(approve(hold.id, people`now() + interval '1 hour'`)).rejects.toMatchObject({ message: expect.stringContaining('is over') })
    await approve(hold.id, people`now()`)
    const claimed = gateway`update countersign.holds set state = 'claimed', claimed_by = repeat('a', 32), claimed_at = now() where id = ${hold.id}`
    await expect(claimed).rejects.toMatchObject({ message: expect.stringContaining('is over') })
  })

  test('a hold begins as held', async () => {
    await expect(gateway`insert into countersign.holds select (jsonb_populate_record(h, '{"id": "H-ZZZZZZZZZZ", "state": "approved"}')).*
      from countersign.holds h limit 1`).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('begins as held') })
  })

  const EDGES = HOLD_MOVERS.flatMap((role) =>
    HOLD_STATES.flatMap((from) => HOLD_STATES.filter((to) => mayMove(from, to, role)).map((to) => ({ role, from, to }))),
  )
  const MOVING = ['state', 'ended_at', 'use_by', 'decided_at', 'claimed_by', 'claimed_at', 'arguments', 'params', 'reason']

  test.each(EDGES)(
    'from $from to $to by $role: what a call carries goes at the end if it is not to be kept, and nothing else',
    async (edge) => {
      const { role, from, to } = edge
      const sql = role === 'gateway' ? gateway : people
      const rowOf = async (id: string) => {
        const [row] = await superuser<{ carried: string; rest: unknown }[]>`
        select encode(arguments, 'escape') || encode(params, 'escape') || reason as carried,
          to_jsonb(h) - string_to_array(${MOVING.join(',')}, ',') as rest from countersign.holds h where id = ${id}`
        return row
      }
      for (const keepsClear of [true, false]) {
        const { id } = await open({ keepsClear })
        await put(id, from)
        const before = await rowOf(id)
        await sql`update countersign.holds set ${fields(sql, to)} ${first(sql, from)} ${claim(sql, from, to, role)} where id = ${id}`
        expect(before?.carried).toContain('path')
        expect(await rowOf(id)).toEqual(isEnded(to) && !keepsClear ? { ...before, carried: '' } : before)
      }
    },
  )

  test.each([
    { set: `arguments = ''` },
    { set: `params = ''` },
    { set: `reason = ''` },
    { set: 'keeps_clear = not keeps_clear' },
    { set: `arguments = '', params = '', reason = ''` },
  ])('nobody sets $set: while it waits, along an edge, or after the end', async ({ set }) => {
    const ended = await open()
    await put(ended.id, 'denied')
    const waiting = await open({ keepsClear: false })
    for (const sql of [gateway, people, superuser]) {
      await expect(sql.unsafe(`update countersign.holds set ${set} where id = '${ended.id}'`)).rejects.toMatchObject({ code: '42501' })
      await expect(sql.unsafe(`update countersign.holds set ${set} where id = '${waiting.id}'`)).rejects.toMatchObject({ code: '42501' })
      await expect(
        sql.unsafe(`update countersign.holds set state = 'expired', ended_at = now(), ${set} where id = '${waiting.id}'`),
      ).rejects.toMatchObject({ code: '42501' })
    }
  })

  test.each(['arguments', 'params', 'binding', 'policy', 'decide_by', 'approvals'])(
    'nobody changes its %s, not even along an edge',
    async (column) => {
      const { id } = await open()
      await expect(
        superuser.unsafe(`update countersign.holds set state = 'cancelled', ended_at = now(), ${column} = (
      select ${column} from (values ('x'::bytea)) v(b), lateral (select ${column === 'decide_by' ? 'now()' : column === 'approvals' ? `'[]'::jsonb` : ['arguments', 'params'].includes(column) ? 'b' : `repeat('0', 64)`} as ${column}) n) where id = '${id}'`),
      ).rejects.toMatchObject({
        code: '42501',
        message: expect.stringContaining('never changed'),
      })
    },
  )
})

test('a thousand hold ids are a thousand, and each has the form people read out', () => {
  const ids = Array.from({ length: 1000 }, newHoldId)
  expect(new Set(ids).size).toBe(1000)
  for (const id of ids) expect(id).toMatch(/^H-[0-9A-HJKMNP-TV-Z]{10}$/)
})
