import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { leafHash } from '../db/crypto'
import { freshDatabase } from '../db/testing'
import { type Deciders, eventually, openDeciders } from './approvals'
import { checkInvariants } from './checker'
import { type GatewayProcess, initialize, makePlace, type Place, publish, readMarks, recorder, startGateway } from './gateway'

const POLICY = `version: "1"
default: deny
rules:
  - tool: act
    action: escalate
    reason: Somebody must look
    approvers: [approver]
`

let place: Place
let marks = ''
let people: Deciders
const running: GatewayProcess[] = []
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  await publish(place, POLICY)
  people = await openDeciders(place)
})
afterEach(() => Promise.all(running.splice(0).map((gateway) => gateway.stop())))
afterAll(async () => {
  await people.close()
  await place.remove()
})

async function start(...args: string[]): Promise<GatewayProcess> {
  const gateway = startGateway(place, { upstream: recorder(marks), args })
  running.push(gateway)
  await initialize(gateway)
  return gateway
}

const effects = async (token: string): Promise<number> => (await readMarks(marks)).filter((mark) => mark.token === token).length

test('a held call waits, runs once when a person approved it, and the log tells the story in order', async () => {
  const gateway = await start()
  const answer = gateway.call('act', { token: 'plain' })
  const hold = await people.heldAs('plain')
  expect(await effects('plain')).toBe(0)
  await people.vote(people.maria, hold)
  expect(await answer).toMatchObject({ isError: false, text: 'done plain' })
  await people.until(hold, 'done')
  expect(await effects('plain')).toBe(1)
  const story = (await people.entries(hold)).map(({ type }) => type)
  expect(story).toEqual(['decision', 'hold.open', 'vote', 'hold.approved', 'hold.claimed', 'receipt'])
})

test('a client that speaks the authorization messages gets the receipt of a call that people approved', async () => {
  const gateway = startGateway(place, { upstream: recorder(marks) })
  running.push(gateway)
  const capabilities = { extensions: { 'dev.countersign/authorization': {} } }
  await gateway.request('initialize', { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'speaking', version: '1' } })
  const answer = gateway.call('act', { token: 'spoken' })
  const hold = await people.heldAs('spoken')
  await people.vote(people.maria, hold)
  expect(await answer).toMatchObject({ isError: false })
  const told = await eventually('a receipt', () => gateway.lines.find((line) => line.includes('authorization/receipt')) ?? null)
  const { receipt } = JSON.parse(told).params
  expect(receipt).toMatchObject({ status: 'executed', decision: 'require_approval', prevReceiptHash: null })
  const rows = await people.sql<{ body: string }[]>`
    select body from countersign.entries where type = 'receipt' and call = (select call from countersign.holds where id = ${hold})`
  expect(rows.map(({ body }) => leafHash(body))).toEqual([receipt.receiptHash])
})

test('a denied call is told why, and an identical one opens no hold, in this session or another', async () => {
  const gateway = await start()
  const answer = gateway.call('act', { token: 'denied' })
  const hold = await people.heldAs('denied')
  await people.vote(people.maria, hold, 'deny', 'that file is mine')
  expect(await answer).toMatchObject({ isError: true, refusal: { code: 'denied_by_person' } })
  expect((await answer).text).toContain('that file is mine')
  expect(await gateway.call('act', { token: 'denied' })).toMatchObject({ refusal: { code: 'denied_by_person', hold: null } })
  const other = await start()
  expect(await other.call('act', { token: 'denied' })).toMatchObject({ refusal: { code: 'denied_by_person' } })
  expect(await people.count('denied')).toBe(1)
  expect(await effects('denied')).toBe(0)
})

test.each([
  { what: 'more than 1 MiB', args: { text: '"'.repeat(600_000) } },
  { what: 'more than 50,000 values', args: { list: Array.from({ length: 60_000 }, () => 0) } },
])('a call of $what, which nobody could be shown, is refused and opens no hold', async ({ what, args }) => {
  const gateway = await start()
  const answer = await gateway.call('act', { token: 'vast', ...args })
  expect(answer).toMatchObject({ isError: true, refusal: { code: 'not_holdable', hold: null } })
  expect(answer.text).toContain(what)
  expect(await effects('vast')).toBe(0)
  expect(await people.sql`select from countersign.holds where octet_length(arguments) > 100000`).toHaveLength(0)
})

test('after the budget the client is told how to come back; an identical call finds its hold, and nothing runs before it', async () => {
  const gateway = await start('--hold-ms', '300')
  const { text, refusal } = await gateway.call('act', { token: 'late' })
  expect(refusal).toMatchObject({ decision: 'escalate', code: 'approval_required' })
  expect(text).toMatch(/exactly the same arguments/)
  const hold = refusal?.hold ?? ''
  expect(text).toContain(`countersign approve ${hold}`)
  await people.vote(people.maria, hold)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await effects('late')).toBe(0)
  expect(await gateway.call('act', { token: 'late' })).toMatchObject({ isError: false, text: 'done late' })
  expect(await gateway.call('act', { token: 'late' })).toMatchObject({ refusal: { code: 'approval_required' } })
  expect(await people.count('late')).toBe(2)
  expect(await effects('late')).toBe(1)
})

test('a retry that differs in one byte is another call', async () => {
  const gateway = await start('--hold-ms', '200')
  const first = await gateway.call('act', { token: 'byte' })
  await people.vote(people.maria, first.refusal?.hold ?? '')
  const second = await gateway.call('act', { token: 'byte', more: 0 })
  expect(second.refusal?.hold).not.toBe(first.refusal?.hold)
  expect(await effects('byte')).toBe(0)
})

test('64 identical calls at once are one hold, one effect and 64 equal answers', async () => {
  const gateway = await start()
  const answers = Array.from({ length: 64 }, () => gateway.call('act', { token: 'crowd', delayMs: 50 }))
  const hold = await people.heldAs('crowd')
  await people.vote(people.maria, hold)
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ isError: false, text: 'done crowd' })
  expect(await people.count('crowd')).toBe(1)
  expect(await effects('crowd')).toBe(1)
})

test('two sessions that ask for the same are two holds: neither gets what the other was approved', async () => {
  const [one, two] = [await start('--hold-ms', '3000'), await start('--hold-ms', '300')]
  const answer = one.call('act', { token: 'sessions' })
  const hold = await people.heldAs('sessions')
  const other = await two.call('act', { token: 'sessions' })
  expect(other.refusal?.hold).not.toBe(hold)
  await people.vote(people.maria, hold)
  expect(await answer).toMatchObject({ isError: false })
  expect(await two.call('act', { token: 'sessions' })).toMatchObject({ refusal: { hold: other.refusal?.hold } })
  expect(await effects('sessions')).toBe(1)
})

const cancelled = (id: number, reason?: string): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, ...(reason ? { reason } : {}) } })

/** Sends a call under an id of its own; its answer, if any, is a line like any other. */
function send(gateway: GatewayProcess, id: number, args: object, meta: object = {}): void {
  gateway.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'act', arguments: args, ...meta } }))
}

const lineOf = (gateway: GatewayProcess, id: number) =>
  gateway.lines.map((line) => JSON.parse(line)).find((message) => message.id === id && message.method === undefined) ?? null

test('a client that takes its call back ends the hold', async () => {
  const gateway = await start()
  send(gateway, 901, { token: 'back' })
  const hold = await people.heldAs('back')
  gateway.send(cancelled(901, 'the user pressed escape'))
  await people.until(hold, 'cancelled')
  await expect(people.vote(people.maria, hold)).rejects.toMatchObject({ fault: 'conflict' })
  await gateway.request('ping')
  expect(lineOf(gateway, 901)).toBeNull()
})

test.each(['Error: MCP error -32001: Request timed out', 'Timeout'])(
  'a client whose time ran out (%s) only leaves: it comes back and gets the outcome',
  async (reason) => {
    const token = `gone ${reason}`
    const gateway = await start()
    send(gateway, 902, { token })
    const hold = await people.heldAs(token)
    gateway.send(cancelled(902, reason))
    await gateway.request('ping')
    await people.vote(people.maria, hold)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await effects(token)).toBe(0)
    expect(await gateway.call('act', { token })).toMatchObject({ isError: false, text: `done ${token}` })
    expect(lineOf(gateway, 902)).toBeNull()
    expect(await effects(token)).toBe(1)
  },
)

test('a client whose time ran out while its approved call ran gets the outcome when it asks again, once', async () => {
  const gateway = await start('--hold-ms', '4000')
  send(gateway, 903, { token: 'slow', delayMs: 1_000 })
  const hold = await people.heldAs('slow')
  await people.vote(people.maria, hold)
  await eventually('the effect', async () => ((await effects('slow')) > 0 ? true : null))
  gateway.send(cancelled(903, 'Request timed out'))
  expect(await gateway.call('act', { token: 'slow', delayMs: 1_000 })).toMatchObject({ text: 'done slow' })
  send(gateway, 904, { token: 'slow', delayMs: 1_000 })
  const next = await eventually('another hold', async () => ((await people.count('slow')) === 2 ? people.heldAs('slow') : null))
  expect(next).not.toBe(hold)
  gateway.send(cancelled(904))
  expect(await effects('slow')).toBe(1)
  expect(lineOf(gateway, 903)).toBeNull()
})

test('with --clear-text off nothing of what held calls carried is left in the database once they are over', async () => {
  const gateway = await start('--clear-text', 'off')
  const [used, denied] = ['canary-used', 'canary-denied']
  const answers = [gateway.call('act', { token: used }), gateway.call('act', { token: denied })]
  const holds = [await people.heldAs(used), await people.heldAs(denied)] as const
  await people.vote(people.maria, holds[0])
  await people.vote(people.maria, holds[1], 'deny')
  expect((await Promise.all(answers)).map(({ isError }) => isError)).toEqual([false, true])
  await people.until(holds[0], 'done')
  expect(await effects(used)).toBe(1)
  const kept = await people.sql<{ id: string }[]>`
    select id from countersign.holds h where h::text ~ 'canary' or encode(arguments, 'escape') ~ 'canary' or encode(params, 'escape') ~ 'canary'`
  const beside = await people.sql`select from countersign.disclosures where encode(content, 'escape') ~ 'canary'`
  expect([kept, beside]).toEqual([[], []])
  expect((await people.entries(holds[0])).map(({ type }) => type)).toContain('hold.claimed')
})

test('after all of it the log is intact', async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.stop()))
  expect((await checkInvariants(place, marks, false)).report.findings).toEqual([])
})
