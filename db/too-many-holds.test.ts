import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { NoticeEvent } from '../core/notices/news'
import { connect, type Sql } from './connect'
import { takeNotices } from './notices'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { addTestTarget, moveTestHold, openTestHold, testKey } from './testing-notices'
import type { FreshDatabase } from './testing-server'
import { type Crowding, listTooMany, tellOfTooMany } from './too-many-holds'
import { openWriter, type Writer } from './writer'

let database: FreshDatabase
let sql: Sql
let gateway: Sql
let superuser: Sql
let writer: Writer

beforeAll(async () => {
  database = await freshDatabase()
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
  gateway = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'test', max: 8 })
  superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test' })
  writer = await openWriter({ url: database.urlFor('console'), identity: testIdentity().identity('console') })
})
afterAll(async () => {
  await writer.close()
  await Promise.all([sql.end(), gateway.end(), superuser.end()])
  await database.drop()
})
beforeEach(async () => {
  for (const table of ['notices', 'notice_targets', 'too_many_holds']) await superuser.unsafe(`delete from countersign.${table}`)
})

const ALERT: readonly NoticeEvent[] = ['alert.too_many_holds']
const add = (name: string, events = ALERT) =>
  addTestTarget(sql, writer, { kind: 'webhook', name, url: 'https://hooks.example.org/', events })
const crowding = (over: Partial<Crowding> = {}): Crowding => ({
  ...{
    principal: 'local:ada@host',
    server: 'files',
    tool: 'write_file',
    waiting: 50,
    approvals: [{ approvers: ['approver'], notify: [] }],
  },
  ...over,
})
const told = () => superuser<{ name: string }[]>`
  select t.name from countersign.notices n join countersign.notice_targets t on t.id = n.target order by t.name`
const later = (minutes: number) => superuser`update countersign.too_many_holds set told_at = told_at - ${minutes} * interval '1 minute',
  last_at = last_at - ${minutes} * interval '1 minute'`

test('of many calls that are denied at once people hear once, and of each agent', async () => {
  await Promise.all([add('a'), add('deaf', ['hold.open'])])
  const all = await Promise.all(Array.from({ length: 40 }, () => tellOfTooMany(gateway, crowding())))
  expect(all.filter(Boolean)).toHaveLength(1)
  expect(await told()).toEqual([{ name: 'a' }])
  expect(await tellOfTooMany(gateway, crowding({ principal: 'local:bob@host' }))).toBe(true)
  expect(await told()).toHaveLength(2)
})

test('people hear again when it goes on for more than ten minutes, and not before', async () => {
  await add('a')
  await tellOfTooMany(gateway, crowding())
  await later(9)
  expect(await tellOfTooMany(gateway, crowding())).toBe(false)
  await superuser`update countersign.too_many_holds set told_at = told_at - interval '2 minutes'`
  expect(await tellOfTooMany(gateway, crowding())).toBe(true)
  expect(await told()).toHaveLength(2)
})

test('the rule that asks says who is told', async () => {
  await Promise.all([add('a'), add('b')])
  await tellOfTooMany(gateway, crowding({ approvals: [{ approvers: ['approver'], notify: ['b'] }] }))
  expect(await told()).toEqual([{ name: 'b' }])
})

test('what is told names the agent and its call, hostile or long, and nothing that the call carries', async () => {
  await add('a')
  const principal = `local:${'x'.repeat(20_000)}\u0000@host`
  await tellOfTooMany(gateway, crowding({ principal, tool: 'write\ud800' }))
  const [notice] = await takeNotices(sql, { key: testKey, busy: [], each: 5 })
  expect(notice).toMatchObject({
    event: 'alert.too_many_holds',
    facts: { server: 'files', tool: 'write\ud800', waiting: 50, principal: expect.stringContaining('local:xxx') },
  })
})

test('it is listed while calls of this agent wait, with how many were denied since it began', async () => {
  const hold = await openTestHold(gateway)
  for (let at = 0; at < 3; at++) await tellOfTooMany(gateway, crowding())
  await tellOfTooMany(gateway, crowding({ principal: 'local:nobody@waits' }))
  expect(await listTooMany(sql)).toMatchObject([{ principal: 'local:ada@host', tool: 'write_file', waiting: 50, denied: 3 }])
  await later(11)
  expect(await listTooMany(sql)).toEqual([])
  await tellOfTooMany(gateway, crowding())
  expect(await listTooMany(sql)).toMatchObject([{ denied: 1 }])
  await moveTestHold(sql, hold, 'denied')
  expect(await listTooMany(sql)).toEqual([])
})

test('a gateway’s login can neither read nor write it, and a console’s can tell of nothing', async () => {
  for (const statement of ['select from countersign.too_many_holds', 'delete from countersign.too_many_holds'])
    await expect(gateway.unsafe(statement), statement).rejects.toMatchObject({ code: '42501' })
  await expect(tellOfTooMany(sql, crowding())).rejects.toMatchObject({ code: '42501' })
})
