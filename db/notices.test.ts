import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { NOTICE_EVENTS, type NoticeEvent } from '../core/notices/news'
import { connect, type Sql } from './connect'
import { listTargets, removeTarget, switchTarget, type TargetDesk } from './notice-targets'
import {
  LOUD_AGENT,
  listNotices,
  listUnknownNames,
  retryNotice,
  settleNotice,
  type TakenNotice,
  takeNotices,
  takeTest,
  tidyNotices,
} from './notices'
import { sealingKey } from './sealing'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { addTestTarget, moveTestHold, openTestHold, testKey } from './testing-notices'
import { type Person, signedIn } from './testing-people'
import type { FreshDatabase } from './testing-server'
import { openWriter, type Writer } from './writer'

let database: FreshDatabase
let sql: Sql
let gateway: Sql
let superuser: Sql
let writer: Writer
let admin: Person

beforeAll(async () => {
  database = await freshDatabase()
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test', max: 8 })
  gateway = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'test' })
  superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test' })
  writer = await openWriter({ url: database.urlFor('console'), identity: testIdentity().identity('console') })
  admin = await signedIn(sql, writer, ['admin'])
})
afterAll(async () => {
  await writer.close()
  await Promise.all([sql.end(), gateway.end(), superuser.end()])
  await database.drop()
})

beforeEach(async () => {
  await superuser`delete from countersign.notices`
  await superuser`delete from countersign.notice_targets`
})

const add = (name: string, events: readonly NoticeEvent[] = NOTICE_EVENTS) =>
  addTestTarget(sql, writer, { kind: 'webhook', name, url: 'https://hooks.example.org/', events })
const told = async (hold: string) => {
  const rows = await superuser<{ event: string; name: string }[]>`
    select n.event, t.name from countersign.notices n join countersign.notice_targets t on t.id = n.target where n.hold = ${hold}
    order by n.made_at, t.name`
  return rows.map(({ event, name }) => `${event} ${name}`)
}
const take = (over: { busy?: string[]; each?: number; leaseMs?: number } = {}) =>
  takeNotices(sql, { key: testKey, busy: [], each: 100, ...over })
const only = (taken: readonly TakenNotice[]): TakenNotice => {
  const [first] = taken
  if (!first || taken.length !== 1) throw new Error(`${taken.length} were taken`)
  return first
}
const desk = (): TargetDesk => ({ writer, actor: admin.actor, key: testKey, reach: 'private' })
const due = (id: string) => superuser`update countersign.notices set next_at = clock_timestamp() where id = ${id}`
const SENT = { ms: 3, answer: '200', error: null }
const FAILED = { ms: 3, answer: '500', error: 'It answered 500.' }

test.each([
  { ends: ['denied'], by: 'console' },
  { ends: ['expired'], by: 'gateway' },
  { ends: ['cancelled'], by: 'gateway' },
  { ends: ['approved', 'revoked'], by: 'console' },
] as const)('a hold that is $ends is told of when it opens and at each step, whoever moves it', async ({ ends, by }) => {
  await add('all')
  const hold = await openTestHold(gateway)
  for (const state of ends) await moveTestHold(by === 'console' ? sql : gateway, hold, state)
  expect(await told(hold)).toEqual(['hold.open all', ...ends.map((state) => `hold.${state} all`)])
})

test('what did not happen is not told: the notice goes with the transaction', async () => {
  await add('all')
  const back = new Error('taken back')
  await expect(
    gateway.begin(async (tx) => {
      await openTestHold(tx as unknown as Sql)
      throw back
    }),
  ).rejects.toBe(back)
  expect(await superuser`select from countersign.notices`).toHaveLength(0)
})

test.each([
  { names: [[]], reaches: ['a', 'b'] },
  { names: [['a']], reaches: ['a'] },
  { names: [['a'], ['b']], reaches: ['a', 'b'] },
  { names: [['a'], []], reaches: ['a', 'b'] },
  { names: [['nobody']], reaches: [] },
  { names: [['a', 'nobody', 'a']], reaches: ['a'] },
  { names: [['A']], reaches: [] },
])('approvals that name $names tell $reaches, once each', async ({ names, reaches }) => {
  await Promise.all([add('a'), add('b'), add('deaf', [])])
  expect((await told(await openTestHold(gateway, { notify: names }))).sort()).toEqual(reaches.map((name) => `hold.open ${name}`))
})

test('a name that no destination has is known to whoever looks', async () => {
  await add('there')
  await openTestHold(gateway, { notify: [['there', 'not there']] })
  expect(await listUnknownNames(sql)).toContain('not there')
  expect(await listUnknownNames(sql)).not.toContain('there')
})

test('approvals of any shape hold no call up', async () => {
  await add('all')
  const shapes = ['{}', 'null', '[]', '7', '[null]', '[{"notify": "all"}]', '[{"notify": {}}]', '["x"]']
  for (const shape of shapes) {
    const [row] = await superuser<{ is: boolean }[]>`select countersign.is_told(${shape}::text::jsonb, 'all') as is`
    expect(row?.is, shape).toBe(true)
  }
})

test('a gateway’s login reads nothing of it, writes nothing into it, and keeps nothing back', async () => {
  await add('all')
  for (const statement of [
    `insert into countersign.notices (event, target) select 'test', id from countersign.notice_targets`,
    'select from countersign.notice_targets',
    'delete from countersign.notices',
    'alter table countersign.holds disable trigger holds_tell_open',
    'select countersign.tell_of_hold()',
  ])
    await expect(gateway.unsafe(statement), statement).rejects.toMatchObject({ code: expect.stringMatching(/42501|0A000/) })
})

test('it carries who, what, where and until when, and nothing of the arguments', async () => {
  await add('all')
  const hold = await openTestHold(gateway, { tool: 'write\u0000\ud800', server: 'files', principal: 'local:ada@host' })
  const notice = only(await take())
  expect(notice).toMatchObject({
    event: 'hold.open',
    attempt: 1,
    facts: { hold, server: 'files', tool: 'write\u0000\ud800', principal: 'local:ada@host', rule: 'rule-4' },
    secret: expect.stringMatching(/^whsec_/),
  })
  expect(notice.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const decideBy = notice.facts !== null && 'hold' in notice.facts ? notice.facts.decideBy : ''
  expect(new Date(decideBy).getTime() - Date.now()).toBeGreaterThan(200_000)
  expect(JSON.stringify(notice)).not.toContain('canary-argument')
})

test('of many consoles that take at once each notice is one’s, and a lease that ends gives it to another', async () => {
  await Promise.all([add('a'), add('b')])
  await Promise.all(Array.from({ length: 50 }, () => openTestHold(gateway)))
  const taken = (await Promise.all(Array.from({ length: 8 }, () => take({ each: 20 })))).flat()
  expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length)
  taken.push(...(await take()))
  expect(taken).toHaveLength(100)
  expect(await take()).toEqual([])
  await due(taken[0]?.id ?? '')
  expect(only(await take())).toMatchObject({ id: taken[0]?.id, attempt: 2 })
})

test('of each destination at most so many, and none of those at work', async () => {
  const [a] = await Promise.all([add('a'), add('b')])
  await Promise.all(Array.from({ length: 5 }, () => openTestHold(gateway)))
  const taken = await take({ each: 2, busy: [a.id] })
  expect(taken).toHaveLength(2)
  expect(taken.every(({ target }) => target.id !== a.id)).toBe(true)
})

test('what another console sealed is left to it; what is off waits until it is on', async () => {
  const { id } = await add('a')
  await openTestHold(gateway)
  expect(await takeNotices(sql, { key: sealingKey('6'.repeat(64)), busy: [], each: 10 })).toEqual([])
  const desk = { writer, actor: admin.actor, key: testKey, reach: 'private' } as const
  await switchTarget(desk, { id, revision: 1, enabled: false })
  await openTestHold(gateway)
  expect(await take()).toEqual([])
  await switchTarget(desk, { id, revision: 2, enabled: true })
  expect(await take()).toHaveLength(1)
})

test('ten failures are the end of it, each kept with what was said; one more try is one more', async () => {
  await add('a')
  await openTestHold(gateway)
  for (let attempt = 1; attempt <= 10; attempt++) {
    const notice = only(await take())
    expect(notice).toMatchObject({ attempt, attemptsLeft: 10 - attempt })
    await settleNotice(sql, notice, FAILED, 0.5)
    expect(await take()).toEqual([])
    await due(notice.id)
  }
  expect(await take()).toEqual([])
  const [row] = await listNotices(sql, 10)
  expect(row).toMatchObject({ state: 'dead', attempts: 10, nextAt: null, last: { answer: '500', error: 'It answered 500.' } })
  await retryNotice(writer, admin.actor, row?.id ?? '')
  const again = only(await take())
  expect(again).toMatchObject({ attempt: 11, attemptsLeft: 0 })
  await expect(retryNotice(writer, admin.actor, again.id)).rejects.toMatchObject({ fault: 'conflict' })
  await settleNotice(sql, again, SENT, 0.5)
  expect(await listNotices(sql, 10)).toMatchObject([{ state: 'sent', last: { answer: '200', error: null } }])
  await expect(retryNotice(writer, admin.actor, again.id)).rejects.toMatchObject({ fault: 'conflict' })
})

test('a notice that ends whoever sends it is given up after as many attempts as one that fails', async () => {
  await add('a')
  await openTestHold(gateway)
  for (let attempt = 1; attempt <= 10; attempt++) {
    expect(only(await take({ leaseMs: 0 }))).toMatchObject({ attempt })
    if (attempt < 10) await tidyNotices(sql)
  }
  expect(await take({ leaseMs: 0 })).toEqual([])
  await tidyNotices(sql)
  const [row] = await listNotices(sql, 10)
  expect(row).toMatchObject({ state: 'dead', attempts: 10, last: { error: expect.stringContaining('ended before') } })
  await retryNotice(writer, admin.actor, row?.id ?? '')
  expect(only(await take())).toMatchObject({ attempt: 11 })
})

test('a test whose sender ended is sent by nobody else', async () => {
  const { id } = await add('a', [])
  const notice = await takeTest(writer, admin.actor, testKey, id)
  await due(notice.id)
  expect(await take()).toEqual([])
})

test('what a destination was told goes with it, and what is being sent then ends without a word', async () => {
  const { id } = await add('a')
  await openTestHold(gateway)
  const notice = only(await take())
  const [target] = await listTargets(sql, testKey)
  await removeTarget(desk(), { id, revision: target?.revision ?? 0 })
  expect(await listNotices(sql, 10)).toEqual([])
  await settleNotice(sql, notice, SENT, 0.5)
  expect(await superuser`select from countersign.notice_attempts`).toHaveLength(0)
})

test('who comes back after the lease keeps what they saw and moves nothing', async () => {
  await add('a')
  await openTestHold(gateway)
  const slow = only(await take({ leaseMs: 0 }))
  const quick = only(await take())
  expect(quick).toMatchObject({ id: slow.id, attempt: 2 })
  await settleNotice(sql, slow, FAILED, 0.5)
  expect(await take()).toEqual([])
  await settleNotice(sql, quick, SENT, 0.5)
  await settleNotice(sql, slow, FAILED, 0.5)
  expect(await listNotices(sql, 10)).toMatchObject([{ state: 'sent', attempts: 2, last: { answer: '200' } }])
})

test('the other side’s never again is believed at once', async () => {
  await add('a')
  await openTestHold(gateway)
  await settleNotice(sql, only(await take()), { ...FAILED, answer: '410', isFinal: true }, 0.5)
  expect(await listNotices(sql, 10)).toMatchObject([{ state: 'dead', attempts: 1 }])
})

test('an opening that nobody heard in time is dropped once the hold is over; its end is still told', async () => {
  await add('a')
  const hold = await openTestHold(gateway)
  const notice = only(await take())
  await settleNotice(sql, notice, FAILED, 0.5)
  await moveTestHold(sql, hold, 'denied')
  await due(notice.id)
  await tidyNotices(sql)
  expect((await listNotices(sql, 10)).map(({ state }) => state)).toEqual(['waiting', 'waiting'])
  await superuser`update countersign.notices set made_at = made_at - interval '2 minutes', next_at = clock_timestamp() where id = ${notice.id}`
  await tidyNotices(sql)
  expect(only(await take())).toMatchObject({ event: 'hold.denied' })
  await superuser`update countersign.notices set made_at = made_at - interval '31 days'`
  await tidyNotices(sql)
  expect((await listNotices(sql, 10)).map(({ event }) => event)).toEqual(['hold.denied'])
})

test('calls that were taken back before anybody was told of them are told to nobody, and hold nobody else’s news up', async () => {
  await Promise.all([add('a'), add('ends', ['hold.cancelled'])])
  for (let at = 0; at < 30; at++) await moveTestHold(gateway, await openTestHold(gateway), 'cancelled')
  const other = await openTestHold(gateway, { principal: 'local:bob@host' })
  const taken = await take({ each: 4 })
  expect(taken.filter(({ event }) => event === 'hold.open').map(({ facts }) => facts && 'hold' in facts && facts.hold)).toEqual([other])
  const [all] = (await listTargets(sql, testKey)).filter(({ name }) => name === 'a')
  expect(taken.filter(({ target }) => target.id === all?.id)).toHaveLength(1)
  expect(taken.filter(({ event }) => event === 'hold.cancelled')).toHaveLength(4)
})

test('who was told of a call, or may have been, is told that it was taken back; who approved it as well', async () => {
  await add('a')
  const [tried, approved] = [await openTestHold(gateway), await openTestHold(gateway, { principal: 'local:bob@host' })]
  await moveTestHold(sql, approved, 'approved')
  const first = await take()
  expect(first).toHaveLength(3)
  await settleNotice(sql, first.find(({ facts }) => facts && 'hold' in facts && facts.hold === tried) ?? only([]), FAILED, 0.5)
  for (const hold of [tried, approved]) await moveTestHold(gateway, hold, 'cancelled')
  expect((await take()).map(({ event }) => event)).toEqual(['hold.cancelled', 'hold.cancelled'])
})

test('an agent that calls in a loop is told of so often, others as ever, and what it still waits for comes later', async () => {
  await add('a')
  const loop = Array.from({ length: LOUD_AGENT }, () => openTestHold(gateway))
  await Promise.all(loop)
  const before = await take()
  expect(before).toHaveLength(LOUD_AGENT)
  for (const notice of before) await settleNotice(sql, notice, SENT, 0.5)
  const [quiet, other] = [await openTestHold(gateway), await openTestHold(gateway, { principal: 'local:bob@host' })]
  expect(only(await take())).toMatchObject({ facts: { hold: other } })
  await superuser`update countersign.notices set made_at = made_at - interval '11 minutes' where state = 'sent'`
  expect(only(await take())).toMatchObject({ facts: { hold: quiet } })
})

test('a test is taken by whoever asks for it, tried once, and asked for by admins alone', async () => {
  const { id } = await add('a', [])
  const notice = await takeTest(writer, admin.actor, testKey, id)
  expect(notice).toMatchObject({ event: 'test', facts: null, attempt: 1, attemptsLeft: 0, secret: expect.stringMatching(/^whsec_/) })
  expect(await take()).toEqual([])
  await settleNotice(sql, notice, FAILED, 0.5)
  expect(await listNotices(sql, 10)).toMatchObject([{ event: 'test', state: 'dead' }])
  await expect(takeTest(writer, admin.actor, testKey, 'f'.repeat(32))).rejects.toMatchObject({ fault: 'not_found' })
  const { actor } = await signedIn(sql, writer, ['auditor', 'approver'])
  await expect(takeTest(writer, actor, testKey, id)).rejects.toMatchObject({ fault: 'forbidden' })
  await expect(retryNotice(writer, actor, notice.id)).rejects.toMatchObject({ fault: 'forbidden' })
})
