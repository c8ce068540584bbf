import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { DecisionFields, ReceiptFields } from '../core/audit/entry'
import { connect } from '../db/connect'
import { freshDatabase } from '../db/testing'
import { checkInvariants } from './checker'
import { fixture, type GatewayProcess, initialize, makePlace, type Place, recorder, startGateway } from './gateway'

let place: Place
let marks = ''
const running: GatewayProcess[] = []
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
})
afterEach(() => Promise.all(running.splice(0).map((gateway) => gateway.stop())))
afterAll(() => place.remove())

async function start(upstream: readonly string[], rules: string): Promise<GatewayProcess> {
  const file = join(place.dir, `policy-${Math.random()}.yaml`)
  await writeFile(file, `version: "1"\ndefault: deny\nrules:\n${rules}`)
  const gateway = startGateway(place, { upstream, args: ['--policy-file', file] })
  running.push(gateway)
  return gateway
}

type Entry = (DecisionFields | ReceiptFields) & { readonly seq: number }

/** What the log holds of one tool's calls, or of one call. */
async function entries(where: { tool?: string; call?: string }): Promise<readonly Entry[]> {
  const sql = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
  try {
    const rows = await sql<{ body: string }[]>`
      select body from countersign.entries where type in ('decision', 'receipt') and (call = ${where.call ?? null} or tool = ${where.tool ?? null}) order by recorded_at, seq`
    return rows.map(({ body }) => JSON.parse(body) as Entry)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const modern = (params: object) => ({
  ...params,
  _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } },
})
const book = modern({ name: 'book', arguments: { what: 'a table' } })
type Any = { readonly [key: string]: never } & Record<string, never>
const resultOf = (reply: unknown) =>
  (reply as { result: Any }).result as unknown as {
    resultType?: string
    requestState?: string
    isError?: boolean
    content?: { text: string }[]
  }

test('an input_required answer and its continuation are one call with one end', async () => {
  const gateway = await start(
    [process.execPath, fixture('modern.mjs')],
    '  - tool: book\n    action: allow\n  - method: elicitation/create\n    action: allow\n',
  )
  await gateway.request('server/discover', modern({}))
  const asked = resultOf(await gateway.request('tools/call', book))
  expect(asked).toMatchObject({ resultType: 'input_required', requestState: 'state-1' })
  const answer = { ...book, requestState: asked.requestState, inputResponses: { who: { action: 'accept', content: {} } } }
  expect(resultOf(await gateway.request('tools/call', answer)).content?.[0]?.text).toBe('booked a table')
  await gateway.stop()
  const [first] = await entries({ tool: 'book' })
  const story = await entries({ call: first?.call ?? '' })
  const told = story.map((entry) => (entry.type === 'decision' ? `decision ${entry.leg ?? 1}` : entry.status))
  // A receipt that nobody waits for may come after the next decision.
  expect([...told].sort()).toEqual(['continued', 'decision 1', 'decision 2', 'done', 'input_required'])
  expect(told.filter((word) => word?.startsWith('decision'))).toEqual(['decision 1', 'decision 2'])
})

test('what a server may not ask is not asked: the policy denies elicitation, the client gets a refusal in its place', async () => {
  const gateway = await start([process.execPath, fixture('modern.mjs')], '  - tool: book\n    action: allow\n')
  const refused = await gateway.request('tools/call', book)
  expect(refused).toMatchObject({ error: { code: -31001, message: expect.stringContaining('Denied') } })
  expect(JSON.stringify(refused)).not.toContain('Who is it for')
})

const speaking = {
  protocolVersion: '2025-11-25',
  capabilities: { extensions: { 'dev.countersign/authorization': {} } },
  clientInfo: { name: 't', version: '1' },
}
const propose = (token: string, tool = 'act') => ({
  envelope: {
    id: 'e-1',
    timestamp: '2026-01-01T00:00:00Z',
    action: { type: `mcp.${tool}`, resource: 'r', operation: 'execute', parameters: { token } },
    principal: {},
    context: {},
  },
})
const RULES = '  - tool: act\n    action: allow\n  - tool: ask\n    action: escalate\n'
type Decided = { readonly receiptId: string; readonly decision: { readonly outcome: string; readonly matchedRules: unknown[] } }

test('propose, decide, call, receipt: an authorizationId is good for one call, byte for byte', async () => {
  const gateway = await start(recorder(marks), RULES)
  await gateway.request('initialize', speaking)
  const decided = resultOf(await gateway.request('authorization/propose', propose('p1'))) as unknown as Decided
  expect(decided.decision).toMatchObject({ outcome: 'allow', matchedRules: [{ ruleId: 'rule-1', effect: 'allow' }] })
  const call = (token: string) => ({ name: 'act', arguments: { token }, _meta: { authorizationId: decided.receiptId } })
  const used = (reply: unknown) => resultOf(reply).isError ?? false
  expect(used(await gateway.request('tools/call', call('p2')))).toBe(true)
  expect(used(await gateway.request('tools/call', call('p1')))).toBe(false)
  expect(used(await gateway.request('tools/call', call('p1')))).toBe(true)
  await gateway.stop()
  const receipts = gateway.lines.filter((line) => line.includes('authorization/receipt')).map((line) => JSON.parse(line).params.receipt)
  expect(receipts).toMatchObject([
    { status: 'executed', decision: 'allow', prevReceiptHash: null, receiptHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ])
})

test.each([
  { proposal: 'an escalated tool', tool: 'ask', outcome: 'require_approval' },
  { proposal: 'a tool no rule names', tool: 'other', outcome: 'deny' },
])('$proposal is told as $outcome', async ({ tool, outcome }) => {
  const gateway = await start(recorder(marks), RULES)
  await gateway.request('initialize', speaking)
  const decided = resultOf(await gateway.request('authorization/propose', propose('p3', tool))) as unknown as Decided
  expect(decided.decision.outcome).toBe(outcome)
})

test('for a client that did not declare it, authorization/propose is an unknown request', async () => {
  const gateway = await start(recorder(marks), RULES)
  await initialize(gateway)
  expect(await gateway.request('authorization/propose', propose('p4'))).toMatchObject({ error: { code: -31001 } })
})

test('a cancelled call gets no answer and has one end', async () => {
  const gateway = await start(recorder(marks), RULES)
  await initialize(gateway)
  await gateway.call('act', { token: 'warm' })
  gateway.send('{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"act","arguments":{"token":"cancelled"}}}')
  gateway.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}}')
  await gateway.call('act', { token: 'after' })
  await gateway.stop()
  expect(gateway.lines.filter((line) => line.includes('"id":"c"'))).toEqual([])
})

test('all of these conversations leave a log in which every decision has exactly one end', async () => {
  expect((await checkInvariants(place, marks)).report).toMatchObject({ verdict: 'intact', findings: [] })
})
