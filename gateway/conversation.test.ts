import { afterAll, expect, test } from 'vitest'
import { scanLine } from '../core/mcp/scan'
import { compilePolicy } from '../core/policy/compile'
import type { EntryDraft } from '../db/writer-batch'
import type { Ports } from './authorize'
import { Claims } from './claims'
import { Conversation, type Judged } from './conversation'
import { Keeping } from './keeping'
import { nobody } from './people-harness'
import { ProgressFloors } from './progress'
import { makeRates } from './rates'
import { readRequest, type Station } from './reading'
import { heldBytes } from './relay-harness'
import type { Supply } from './supply'

const station: Station = { server: 's', principal: { id: 'p', assurance: 'asserted' }, session: '0'.repeat(32) }
const entry = { writer: 'w', seq: 1, hash: '', at: '' }
const policy = {
  rules: {
    policy: compilePolicy({ kind: 'policy', version: '1', default: 'deny', rules: [{ tool: ['*'], action: 'allow' }] }),
    guardrail: null,
  },
  name: 'default',
  version: 1,
  digest: 'd'.repeat(64),
  guardrail: null,
  epoch: 1,
  signature: '',
}
const ports: Ports = {
  policy: () => ({ is: 'in force', policy }),
  pin: () => ({ is: 'known', pin: null, listed: false }),
  rates: makeRates(),
  sharesFileSystem: true,
  clock: { nowMs: () => 0, monotonicMs: () => 0 },
  session: () => null,
  record: async () => entry,
  recordLater: () => {},
  count: () => {},
  end: () => {},
  people: nobody,
  report: () => {},
}
const receipts: EntryDraft[] = []
const later = (draft: EntryDraft): void => void receipts.push(draft)
const supply = { writer: { later, append: async () => entry } } as unknown as Supply
const wire = { toClient: () => {}, ask: () => {}, progress: new ProgressFloors() }
const keeping = new Keeping({ wire, monotonicMs: () => 0, consoleUrl: () => null })
const claims = new Claims(supply)
const conversation = new Conversation({ ports, supply, station, keepClearText: true, keeping, claims, say: () => {} })
afterAll(() => conversation.end('done'))

const SIZE = 2_000_000
const LEGACY = ''
const MODERN = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"},'

function judged(id: number, method: string, rest: string, client: Judged['client'] = null): Judged {
  const line = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":{${rest}}}`)
  const { message } = scanLine(line, 'client')
  if (message?.kind !== 'request') throw new Error('not a request')
  const reading = readRequest(message, line, station, 0)
  if ('because' in reading) throw new Error(reading.because)
  return { message, line, ...reading, signal: new AbortController().signal, client }
}

const large = (): string => `"text":"${'x'.repeat(SIZE)}"`

test.each([
  { era: 'legacy', meta: LEGACY },
  { era: '2026-07-28', meta: MODERN },
])('a $era call that waits for its answer keeps nothing of its arguments', async ({ meta }) => {
  const before = heldBytes()
  const replies = []
  for (let id = 0; id < 20; id += 1) {
    const ruling = await conversation.judge(judged(id, 'tools/call', `${meta}"name":"x","arguments":{${large()}}`))
    replies.push(ruling.do === 'forward' ? ruling.reply : null)
  }
  await expect.poll(() => heldBytes() - before).toBeLessThan(4 * SIZE)
  for (const reply of replies) reply?.lost('it never came')
  expect(receipts.splice(0)).toHaveLength(20)
})

test('an open proposal keeps nothing of its arguments, and is still for those arguments only', async () => {
  const client: Judged['client'] = { name: '', version: '', protocolVersion: '', speaksAuthorization: true, elicitsUrl: false }
  const before = heldBytes()
  const ids: string[] = []
  for (let id = 0; id < 20; id += 1) {
    const envelope = `"envelope":{"action":{"type":"mcp.x","parameters":{"n":${id},${large()}}}}`
    const ruling = await conversation.judge(judged(id, 'authorization/propose', envelope, client))
    ids.push(ruling.do === 'answer' ? JSON.parse(Buffer.from(ruling.line).toString()).result.receiptId : '')
  }
  await expect.poll(() => heldBytes() - before).toBeLessThan(4 * SIZE)
  const under = (n: number): string => `"_meta":{"authorizationId":"${ids[0]}"},"name":"x","arguments":{"n":${n},${large()}}`
  expect(await conversation.judge(judged(30, 'tools/call', under(1), client))).toMatchObject({ do: 'answer' })
  expect(await conversation.judge(judged(31, 'tools/call', under(0), client))).toMatchObject({ do: 'forward' })
})
