import { afterAll, expect, test } from 'vitest'
import { scanLine } from '../core/mcp/scan'
import { compilePolicy } from '../core/policy/compile'
import type { Ports } from './authorize'
import type { Call } from './call'
import type { Claims } from './claims'
import { Conversation, type Judged } from './conversation'
import { HeldCall, type Terms } from './held-call'
import { Keeping } from './keeping'
import type { People } from './people'
import { nobody } from './people-harness'
import type { Ruling } from './ports'
import { ProgressFloors } from './progress'
import { makeRates } from './rates'
import { readRequest, type Station } from './reading'
import type { Supply } from './supply'
import type { Waited } from './waiting'

const station: Station = { server: 's', principal: { id: 'p', assurance: 'asserted' }, session: '0'.repeat(32) }
const entry = { writer: 'w', seq: 1, hash: '', at: '' }
const rules = {
  policy: compilePolicy({ kind: 'policy', version: '1', default: 'deny', rules: [{ tool: ['book'], action: 'escalate' }] }),
  guardrail: null,
}
const policy = { rules, name: 'default', version: 1, digest: 'd'.repeat(64), guardrail: null, epoch: 1, signature: '' }
const META = '"io.modelcontextprotocol/protocolVersion":"2026-07-28","k":1'
const open: Conversation[] = []
afterAll(() => Promise.all(open.map((conversation) => conversation.end('done'))))

/** A conversation whose held calls come out as `waited` says; `asked` are the calls that people were asked about, `abandoned` why claims ended. */
function start(waited: readonly Waited['is'][]) {
  const asked: Call[] = []
  const abandoned: string[] = []
  let held: HeldCall | null = null
  let definition: string | null = null
  const coming = waited.map((is) => ({ is }) as Waited)
  const people: People = {
    ...nobody,
    find: () => held,
    ask: async (call, { facts, decision, pin }) => {
      asked.push(call)
      const terms = { likeness: 'l', tool: 'book', server: 's', call: call.id, pin } as Terms
      held = new HeldCall({ id: 'H-1', decideBy: '', url: null }, terms, entry, facts, decision, 1, 2)
      return { is: 'held', held }
    },
    anew: (call) => ({ ...call, id: 'd'.repeat(32) }),
    wait: async () => coming.shift() ?? { is: 'late' },
    claim: async (claimed) => ({ is: 'claimed', claim: { held: claimed, params: asked[0]?.paramBytes ?? new Uint8Array() } }),
    resume: async () => {},
    withdraw: async () => {},
    release: () => {},
  }
  const ports: Ports = {
    ...{ people, rates: makeRates(), sharesFileSystem: true, clock: { nowMs: () => 0, monotonicMs: () => 0 }, session: () => null },
    ...{ record: async () => entry, recordLater: () => {}, count: () => {}, end: () => {} },
    policy: () => ({ is: 'in force', policy }),
    pin: () => ({
      is: 'known',
      pin: definition === null ? null : { digest: definition, inputSchema: null, annotations: {} },
      listed: true,
    }),
    report: (error) => {
      throw error
    },
  }
  const claims = {
    follow: () => ({ see: () => {}, leave: () => {}, line: null, isLeft: false }),
    settle: () => {},
    abandon: (_claim: unknown, status: string) => void abandoned.push(status),
    finish: async () => {},
  } as unknown as Claims
  const supply = { writer: { later: () => {}, append: async () => entry }, holds: { byHold: () => held } } as unknown as Supply
  const wire = { toClient: () => {}, ask: () => {}, progress: new ProgressFloors() }
  const keeping = new Keeping({ wire, monotonicMs: () => 0, consoleUrl: () => null })
  const conversation = new Conversation({ ports, supply, station, keepClearText: true, keeping, claims, say: () => {} })
  open.push(conversation)
  const redefine = (digest: string): void => {
    definition = digest
  }
  return { asked, abandoned, redefine, call: (params: string) => conversation.judge(judged(params)) }
}

function judged(params: string): Judged {
  const line = Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`)
  const { message } = scanLine(line, 'client')
  if (message?.kind !== 'request') throw new Error('not a request')
  const reading = readRequest(message, line, station, 0)
  if ('because' in reading) throw new Error(reading.because)
  return { message, line, ...reading, signal: new AbortController().signal, client: null }
}

const paramsOf = (ruling: Ruling) => (ruling.do === 'forward' ? JSON.parse(Buffer.from(ruling.line).toString()).params : null)
const answerOf = (ruling: Ruling) => (ruling.do === 'answer' ? JSON.parse(Buffer.from(ruling.line).toString()).result : null)

/** The upstream answers that it wants to know something first. */
async function askBack(ruling: Ruling): Promise<void> {
  if (ruling.do !== 'forward') throw new Error('it was not forwarded')
  const line = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"state-1"}}')
  await ruling.reply?.rewrite?.(line)
  ruling.reply?.end({ ok: true, isError: false, resultType: 'input_required', taskId: null, sizeBytes: line.length })
}

const FIRST = `{"name":"book","arguments":{"n":1},"task":{"ttl":1},"_meta":{${META}}}`
const STATE = '"requestState":"state-1","inputResponses":{"who":{"action":"accept"}}'

test('a continuation of an approved call is the approved call with its state, its answers and its trace keys', async () => {
  const { call, abandoned } = start(['approved'])
  await askBack(await call(FIRST))
  const more = '"traceparent":"00-a","baggage":{"run":"rm"}'
  const continued = await call(`{"name":"book",${STATE},"arguments":{"n":1},"task":{"ttl":1},"_meta":{${META},${more}}}`)
  expect(paramsOf(continued)).toEqual({
    ...JSON.parse(FIRST),
    ...JSON.parse(`{${STATE}}`),
    _meta: { ...JSON.parse(`{${META}}`), traceparent: '00-a' },
  })
  expect(abandoned).toEqual([])
})

test.each([
  { change: 'another _meta', params: `{"name":"book",${STATE},"arguments":{"n":1},"task":{"ttl":1},"_meta":{${META},"run":"rm"}}` },
  { change: 'another task', params: `{"name":"book",${STATE},"arguments":{"n":1},"task":{"ttl":9},"_meta":{${META}}}` },
  { change: 'no task', params: `{"name":"book",${STATE},"arguments":{"n":1},"_meta":{${META}}}` },
  { change: 'a member nobody knows', params: `{"name":"book",${STATE},"arguments":{"n":1},"task":{"ttl":1},"run":"rm","_meta":{${META}}}` },
])('a continuation with $change was approved by nobody: it is refused, and the approval ends', async ({ params }) => {
  const { call, abandoned } = start(['approved'])
  await askBack(await call(FIRST))
  expect(answerOf(await call(params))).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('differs from the call') }],
  })
  expect(abandoned).toEqual(['failed'])
})

test('a call that is held anew on a leg is held, and forwarded, without what carried the leg', async () => {
  const { call, asked, redefine } = start(['late', 'approved', 'late', 'approved'])
  const { requestState } = answerOf(await call(FIRST))
  expect(requestState).toMatch(/^countersign\./)
  redefine('b'.repeat(64))
  const back = (state: string) => `${FIRST.slice(0, -1)},"requestState":"${state}","inputResponses":{"countersign_approval":{}}}`
  const again = answerOf(await call(back(requestState)))
  expect(asked.map(({ paramBytes }) => Buffer.from(paramBytes).toString())).toEqual([FIRST, FIRST])
  expect(paramsOf(await call(back(again.requestState)))).toEqual(JSON.parse(FIRST))
})
