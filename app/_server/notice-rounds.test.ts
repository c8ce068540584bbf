import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { NOTICE_EVENTS } from '../../core/notices/news'
import { connect, type Sql } from '../../db/connect'
import { listNotices } from '../../db/notices'
import { freshDatabase } from '../../db/testing'
import { testIdentity } from '../../db/testing-identity'
import { addTestTarget, moveTestHold, openTestHold, testKey } from '../../db/testing-notices'
import { startMailReceiver, startWebReceiver, type WebReceiver } from '../../db/testing-receivers'
import type { FreshDatabase } from '../../db/testing-server'
import { openWriter, type Writer } from '../../db/writer'
import { makeTeller, type Teller } from './notice-rounds'
import { type Send, sender } from './notice-send'

const CONSOLE = 'https://countersign.example.org'

let database: FreshDatabase
let sql: Sql
let gateway: Sql
let superuser: Sql
let writer: Writer
const open: { close(): Promise<void> }[] = []
const connections: Sql[] = []

beforeAll(async () => {
  database = await freshDatabase()
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
  gateway = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'test' })
  superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test' })
  writer = await openWriter({ url: database.urlFor('console'), identity: testIdentity().identity('console') })
})
afterAll(async () => {
  await writer.close()
  await Promise.all([sql, gateway, superuser, ...connections].map((each) => each.end({ timeout: 5 })))
  await Promise.all(open.map((each) => each.close()))
  await database.drop()
})
beforeEach(async () => {
  await superuser`delete from countersign.notices`
  await superuser`delete from countersign.notice_targets`
})

const sendWithin = (limitMs: number): Send =>
  sender({ reach: 'private', lookup: async () => [{ address: '127.0.0.1', family: 4 }], limitMs }, CONSOLE)
const send = sendWithin(5_000)
const receiver = async (respond?: RequestListener): Promise<WebReceiver> => {
  const started = await startWebReceiver(respond ? { respond } : {})
  open.push(started)
  return started
}
const webhookTo = (name: string, { port }: WebReceiver) =>
  addTestTarget(sql, writer, { kind: 'webhook', name, url: `http://hooks.internal:${port}/`, events: NOTICE_EVENTS })

/** One console's worker, on connections of its own. */
function teller(
  over: { readonly send?: Send; readonly leaseMs?: number; readonly warn?: (sentence: string) => void } = {},
): Teller & { readonly application: string } {
  const application = `teller ${connections.length}`
  const own = connect(database.urlFor('console'), { purpose: 'pool', application })
  connections.push(own)
  return { application, ...makeTeller({ sql: own, key: testKey, send, chance: () => 0.5, warn: () => undefined, ...over }) }
}

async function until(teller: Teller, isDone: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 200; left > 0 && !(await isDone()); left--) {
    await teller.round().catch(() => 0)
    await sleep(20)
  }
  await teller.idle()
  expect(await isDone()).toBe(true)
}
const makeDue = () => superuser`update countersign.notices set next_at = clock_timestamp() where state = 'waiting'`
const ids = ({ received }: WebReceiver): readonly unknown[] => received.map(({ headers }) => headers['webhook-id'])

test('what becomes of a hold reaches a webhook, a channel and a mailbox, and none of them sees an argument', async () => {
  const [hooks, channel] = [await receiver(), await receiver()]
  const mailbox = await startMailReceiver({ authOptional: true, disabledCommands: ['STARTTLS'] })
  open.push(mailbox)
  await webhookTo('hooks', hooks)
  await addTestTarget(sql, writer, {
    kind: 'slack',
    name: 'channel',
    url: `http://hooks.internal:${channel.port}/T0/B0/x`,
    events: NOTICE_EVENTS,
  })
  const setup = { host: 'smtp.internal', port: mailbox.port, security: 'none', user: null, from: 'countersign@example.org' } as const
  await addTestTarget(sql, writer, { kind: 'email', name: 'mailbox', to: 'ops@example.org', setup, password: '', events: NOTICE_EVENTS })
  const console = teller()
  const hold = await openTestHold(gateway, { tool: 'write <!channel>' })
  await until(console, () => hooks.received.length === 1 && channel.received.length === 1 && mailbox.mails.length === 1)
  await moveTestHold(sql, hold, 'denied')
  await until(console, () => hooks.received.length === 2 && channel.received.length === 2 && mailbox.mails.length === 2)
  expect(hooks.received.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: 'hold.open', data: { hold, tool: 'write <!channel>', server: 'files', rule: 'rule-4', link: `${CONSOLE}/inbox/${hold}` } },
    { type: 'hold.denied', data: { hold } },
  ])
  expect(channel.received.map(({ path, body }) => [path, JSON.parse(body).text])).toEqual([
    ['/T0/B0/x', `\`"write &lt;!channel&gt;"\` on \`"files"\` waits for approval (${hold}) <${CONSOLE}/inbox/${hold}|Open in Countersign>`],
    ['/T0/B0/x', `\`"write &lt;!channel&gt;"\` on \`"files"\` was denied (${hold}) <${CONSOLE}/inbox/${hold}|Open in Countersign>`],
  ])
  expect(mailbox.mails.map(({ to }) => to)).toEqual([['ops@example.org'], ['ops@example.org']])
  const all = JSON.stringify([hooks.received, channel.received, mailbox.mails])
  expect(all).not.toContain('canary-argument')
  expect((await listNotices(sql, 10)).map(({ state, last }) => [state, last?.answer?.slice(0, 3), last?.error])).toEqual(
    Array.from({ length: 6 }, () => ['sent', expect.stringMatching(/^2[05]0$/), null]),
  )
})

test('four consoles with the same work send each notice once', async () => {
  const hooks = await receiver((_request, response) => void setTimeout(() => response.end(), 10))
  await webhookTo('hooks', hooks)
  await Promise.all(Array.from({ length: 120 }, (_, n) => openTestHold(gateway, { principal: `local:agent-${n % 3}@host` })))
  const consoles = Array.from({ length: 4 }, () => teller())
  await Promise.all(consoles.map((each) => until(each, () => hooks.received.length >= 120)))
  expect(hooks.received).toHaveLength(120)
  expect(new Set(ids(hooks)).size).toBe(120)
  expect((await listNotices(sql, 200)).every(({ state, attempts }) => state === 'sent' && attempts === 1)).toBe(true)
})

test('a destination that hangs keeps no other waiting', async () => {
  const [stuck, quick] = [await receiver(() => undefined), await receiver()]
  await Promise.all([webhookTo('stuck', stuck), webhookTo('quick', quick)])
  // It is given up only when its receiver is closed: how many it is asked at once, however long the others take.
  const console = teller({ send: sendWithin(600_000), leaseMs: 600_000 })
  await Promise.all(Array.from({ length: 20 }, () => openTestHold(gateway)))
  for (let left = 200; left > 0 && quick.received.length < 20; left--) {
    await console.round()
    await sleep(10)
  }
  expect(quick.received).toHaveLength(20)
  expect(stuck.connections()).toBe(4)
  await stuck.close()
  await console.idle()
})

test('what failed is sent again later under the same id, signed anew', async () => {
  let failing = true
  const hooks = await receiver((_request, response) => response.writeHead(failing ? 503 : 204).end())
  await webhookTo('hooks', hooks)
  await openTestHold(gateway)
  const console = teller()
  await until(console, async () => (await listNotices(sql, 1))[0]?.last?.answer === '503')
  const [failed] = await listNotices(sql, 1)
  expect(failed).toMatchObject({ state: 'waiting', attempts: 1, last: { error: 'It answered 503.' } })
  expect((failed?.nextAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(5_000)
  expect(await console.round()).toBe(0)
  failing = false
  await sleep(1_100)
  await makeDue()
  await until(console, () => hooks.received.length === 2)
  const [first, second] = hooks.received.map(({ headers }) => headers)
  expect(second?.['webhook-id']).toBe(first?.['webhook-id'])
  expect(second?.['webhook-signature']).not.toBe(first?.['webhook-signature'])
  expect(await listNotices(sql, 1)).toMatchObject([{ state: 'sent', attempts: 2 }])
})

test('the database goes away between sending and keeping that it was sent: it is kept when it is back, and sent once', async () => {
  const hooks = await receiver()
  await webhookTo('hooks', hooks)
  await openTestHold(gateway)
  let console: ReturnType<typeof teller>
  const cut: Send = async (taken) => {
    const attempt = await send(taken)
    await superuser`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${`countersign ${console.application}`}`
    await superuser.unsafe(`alter database ${database.name} connection limit 0`)
    setTimeout(() => void superuser.unsafe(`alter database ${database.name} connection limit -1`).then(), 500)
    return attempt
  }
  console = teller({ send: cut })
  await until(console, async () => hooks.received.length > 0 && (await listNotices(superuser, 1))[0]?.state === 'sent')
  expect(hooks.received).toHaveLength(1)
})

test('a console that dies while it sends: another one sends again, under the same id', async () => {
  const hooks = await receiver()
  await webhookTo('hooks', hooks)
  await openTestHold(gateway)
  const dying = teller({ leaseMs: 200, send: async (taken) => send(taken).then(() => new Promise(() => undefined)) })
  await dying.round()
  const other = teller()
  await until(other, () => hooks.received.length === 2)
  expect(new Set(ids(hooks)).size).toBe(1)
  expect(await listNotices(sql, 1)).toMatchObject([{ state: 'sent', attempts: 2 }])
})

test('a secret that does not open is a failure that says what to do', async () => {
  const hooks = await receiver()
  const { id } = await webhookTo('hooks', hooks)
  await superuser`update countersign.notice_targets set address = ${`http://elsewhere.internal:${hooks.port}/`} where id = ${id}`
  await openTestHold(gateway)
  const console = teller()
  await until(console, async () => (await listNotices(sql, 1))[0]?.last !== null)
  expect(await listNotices(sql, 1)).toMatchObject([
    { state: 'waiting', last: { error: expect.stringContaining('enter its secret again') } },
  ])
  expect(hooks.connections()).toBe(0)
})

test('a bug of ours costs an attempt, is said, and does not stop the others', async () => {
  const hooks = await receiver()
  await webhookTo('hooks', hooks)
  const [first] = [await openTestHold(gateway), await openTestHold(gateway)]
  const said: string[] = []
  const broken: Send = async (taken) => {
    if (taken.facts !== null && 'hold' in taken.facts && taken.facts.hold === first) throw new TypeError('canary bug')
    return send(taken)
  }
  await until(teller({ send: broken, warn: (sentence) => said.push(sentence) }), () => hooks.received.length === 1)
  const rows = await listNotices(sql, 2)
  expect(rows.find(({ hold }) => hold === first)).toMatchObject({
    state: 'waiting',
    attempts: 1,
    last: { error: expect.stringContaining('our side') },
  })
  expect(rows.find(({ hold }) => hold !== first)).toMatchObject({ state: 'sent' })
  expect(said.join()).toContain('canary bug')
})
