import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../db/testing'
import { type Deciders, openDeciders } from './approvals'
import { checkInvariants } from './checker'
import { fixture, type GatewayProcess, makePlace, type Place, publish, readMarks, startGateway } from './gateway'

const POLICY = `version: "1"
default: deny
rules:
  - tool: [act, book]
    action: escalate
    approvers: [approver]
  - method: elicitation/create
    action: allow
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

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'legs', version: '1' },
}

type Answer = {
  readonly resultType?: string
  readonly requestState?: string
  readonly isError?: boolean
  readonly content?: readonly { readonly text: string }[]
}

async function start(upstream: readonly string[] = [process.execPath, fixture('dual-recorder.mjs'), marks]): Promise<GatewayProcess> {
  const gateway = startGateway(place, { upstream, args: ['--hold-ms', '150'] })
  running.push(gateway)
  await gateway.request('server/discover', { _meta: META })
  return gateway
}

/** One leg of a call of 2026-07-28. */
async function leg(gateway: GatewayProcess, args: object, more: object = {}, name = 'act'): Promise<Answer> {
  const reply: unknown = await gateway.request('tools/call', { name, arguments: args, ...more, _meta: META })
  return (reply as { result: Answer }).result
}

const effects = async (token: string): Promise<number> => (await readMarks(marks)).filter((mark) => mark.token === token).length
const textOf = ({ content }: Answer): string => content?.[0]?.text ?? ''

test('a call that waits comes back with the state it was given, and runs once; the upstream never sees that state', async () => {
  const gateway = await start()
  const first = await leg(gateway, { token: 'legs' })
  expect(first).toMatchObject({ resultType: 'input_required', requestState: expect.stringMatching(/^countersign\./) })
  const second = await leg(gateway, { token: 'legs' }, { requestState: first.requestState })
  expect(second.requestState).not.toBe(first.requestState)
  await people.vote(people.maria, await people.heldAs('legs'))
  expect(textOf(await leg(gateway, { token: 'legs' }, { requestState: second.requestState }))).toBe('done legs')
  expect(await effects('legs')).toBe(1)
  expect(await people.count('legs')).toBe(1)
})

test('a state is good once, for one call, in one session', async () => {
  const [gateway, other] = [await start(), await start()]
  const { requestState } = await leg(gateway, { token: 'once' })
  const hold = await people.heldAs('once')
  await people.vote(people.maria, hold)
  expect(textOf(await leg(other, { token: 'once' }, { requestState }))).toContain('not one that this gateway gave')
  expect(textOf(await leg(gateway, { token: 'twice' }, { requestState }))).toContain('another call')
  expect(textOf(await leg(gateway, { token: 'once' }, { requestState }))).toBe('done once')
  expect(textOf(await leg(gateway, { token: 'once' }, { requestState }))).toMatch(/over|before/)
  expect(await effects('once')).toBe(1)
  expect(await effects('twice')).toBe(0)
})

test('a state that was changed in any byte is refused, and the call does not run although it was approved', async () => {
  const gateway = await start()
  const { requestState = '' } = await leg(gateway, { token: 'bent' })
  await people.vote(people.maria, await people.heldAs('bent'))
  const bent = [...requestState].map((character, at) => {
    const other = character === 'A' ? 'B' : 'A'
    return requestState.slice(0, at) + other + requestState.slice(at + 1)
  })
  const answers = await Promise.all(bent.map((state) => leg(gateway, { token: 'bent' }, { requestState: state })))
  expect(answers.filter((answer) => !textOf(answer).includes('not one that this gateway gave'))).toEqual([])
  expect(await effects('bent')).toBe(0)
  expect(textOf(await leg(gateway, { token: 'bent' }, { requestState }))).toBe('done bent')
})

test('what an approved call is asked by its upstream is its own affair: the continuation runs under the same approval', async () => {
  const gateway = await start([process.execPath, fixture('modern.mjs')])
  const { requestState } = await leg(gateway, { token: 'asked', what: 'a table' }, {}, 'book')
  await people.vote(people.maria, await people.heldAs('asked'))
  const args = { token: 'asked', what: 'a table' }
  const asked = await leg(gateway, args, { requestState }, 'book')
  expect(asked).toMatchObject({ resultType: 'input_required', requestState: 'state-1' })
  const answer = { requestState: 'state-1', inputResponses: { who: { action: 'accept', content: {} } } }
  expect(textOf(await leg(gateway, args, answer, 'book'))).toBe('booked a table')
  await people.until(await people.heldAs('asked'), 'done')
  expect(await people.count('asked')).toBe(1)
})

test('a client that comes back too often is told to call again before it gives up by itself', async () => {
  const gateway = await start()
  let answer = await leg(gateway, { token: 'patient' })
  let legs = 1
  for (; answer.resultType === 'input_required' && legs < 12; legs++)
    answer = await leg(gateway, { token: 'patient' }, { requestState: answer.requestState })
  expect(legs).toBeLessThan(10)
  expect(answer).toMatchObject({ isError: true, resultType: 'complete' })
  expect(textOf(answer)).toContain('exactly the same arguments')
})

test('after all of it the log is intact', async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.stop()))
  expect((await checkInvariants(place, marks, false)).report.findings).toEqual([])
})
