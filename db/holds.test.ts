import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import {
  cancelHold,
  databaseNowMs,
  expireHolds,
  findAlike,
  HOLD_STATES,
  type HoldState,
  listHolds,
  type NewHold,
  newHoldId,
  openHold,
  readHold,
} from './holds'
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
    guardrail: null,
    epoch: 3,
    rule: 'rule-2',
    nonce: 'n',
    approvals: [{ approvers: ['approver'], quorum: 1 }],
    decideByMs: (await databaseNowMs(gateway)) + 60_000,
    useWithinMs: 300_000,
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
  expect(await cancelHold(gateway, hold.id, 'the agent took it back')).toBe(true)
  expect(await cancelHold(gateway, hold.id, 'again')).toBe(false)
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
  const edges: Record<'gateway' | 'console', readonly (readonly [HoldState, HoldState])[]> = {
    gateway: [
      ['held', 'expired'],
      ['held', 'cancelled'],
      ['approved', 'claimed'],
      ['approved', 'expired'],
      ['approved', 'revoked'],
      ['claimed', 'done'],
      ['claimed', 'failed'],
      ['claimed', 'unknown'],
    ],
    console: [
      ['held', 'approved'],
      ['held', 'denied'],
      ['held', 'expired'],
      ['held', 'cancelled'],
      ['approved', 'expired'],
      ['approved', 'revoked'],
      ['claimed', 'unknown'],
    ],
  }
  const isOpen = (state: HoldState): boolean => ['held', 'approved', 'claimed'].includes(state)
  const move = (sql: Sql, id: string, to: HoldState) => sql`
    update countersign.holds set state = ${to}, decided_at = now(), use_by = now(), ended_at = ${isOpen(to) ? null : sql`now()`} where id = ${id}`

  /** Puts a hold into a state behind the machine's back, as only a superuser can. */
  async function put(id: string, state: HoldState): Promise<void> {
    await superuser.begin(async (tx) => {
      await tx`alter table countersign.holds disable trigger holds_guard`
      await tx`update countersign.holds set state = ${state}, decided_at = now(), use_by = now(), ended_at = ${isOpen(state) ? null : tx`now()`} where id = ${id}`
      await tx`alter table countersign.holds enable always trigger holds_guard`
    })
  }

  test.each(['gateway', 'console'] as const)('%s moves a hold along its own edges and no other; an ended one not at all', async (role) => {
    const sql = role === 'gateway' ? gateway : people
    const { id } = await open()
    for (const from of HOLD_STATES)
      for (const to of HOLD_STATES) {
        await put(id, from)
        const moved = await move(sql, id, to).then(
          () => true,
          (cause: { code?: string }) => (cause.code === '42501' ? false : cause),
        )
        expect({ from, to, moved }).toEqual({ from, to, moved: edges[role].some(([source, target]) => source === from && target === to) })
      }
  })

  test('a hold begins as held', async () => {
    await expect(gateway`insert into countersign.holds select (jsonb_populate_record(h, '{"id": "H-ZZZZZZZZZZ", "state": "approved"}')).*
      from countersign.holds h limit 1`).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('begins as held') })
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
