import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { hashing, heldBytes, RelayHarness } from './relay-harness'
import { Outlet } from './relay-outlet'
import { Requests } from './relay-requests'

let open: RelayHarness[] = []
const relay = (options: ConstructorParameters<typeof RelayHarness>[0] = {}): RelayHarness => {
  const harness = new RelayHarness({ ...options, upstream: { env: process.env, ...options.upstream } })
  open.push(harness)
  return harness
}
afterEach(async () => {
  await Promise.all(open.map((harness) => harness.close()))
  open = []
})

describe('an unanswered request', () => {
  test.each([
    { what: 'that passes', request: (id: number, text: string) => ({ id, method: 'ping', params: { text } }) },
    { what: 'that lists', request: (id: number, text: string) => ({ id, method: 'tools/list', params: { text } }) },
    {
      what: 'that is judged',
      request: (id: number, text: string) => ({ id, method: 'tools/call', params: { name: 'x', arguments: { text } } }),
    },
  ])('$what keeps its id and nothing else of its line', async ({ request }) => {
    const silent = { command: 'node', args: ['-e', "process.stdin.resume(); process.stdin.on('end', () => process.exit())"] }
    const { governor, lost } = hashing()
    const harness = relay({ governor, upstream: silent, drainMs: 1 })
    const text = 'x'.repeat(2_000_000)
    const before = heldBytes()
    for (let id = 1; id <= 30; id += 1) {
      harness.send(JSON.stringify({ jsonrpc: '2.0', ...request(id, text) }))
      await harness.until(() => harness.stdin.readableLength === 0)
    }
    await harness.until(() => heldBytes() - before < 10_000_000)
    expect(lost).toHaveLength(0)
  })
})

test('what waits behind a streamed answer is counted as not yet taken', () => {
  const outlet = new Outlet(new PassThrough(), { drained: () => {}, gone: () => {} })
  outlet.streamed(Buffer.from('{'))
  outlet.line(Buffer.alloc(1_000))
  expect(outlet.backlog).toBe(1_001)
  outlet.endStream(true)
  expect(outlet.backlog).toBe(1_003)
})

test('an observer whose request is displaced is told', () => {
  const lost: string[] = []
  const requests = new Requests()
  const observer = { end: () => {}, lost: (because: string) => void lost.push(because) }
  const id = { key: 'n1', span: { start: 0, end: 1 } }
  for (let count = 0; count < 2; count += 1)
    requests.add({ id, raw: Buffer.from('1'), observer, buffered: false, cancelled: false, detached: false })
  expect(lost).toHaveLength(1)
})

test('an id that was cancelled but not answered can’t be used again; its late answer frees it', async () => {
  const { governor, seen } = hashing()
  const harness = relay({ governor })
  harness.call(5, 'hang', { n: 1 })
  await harness.until(() => harness.forwarded.includes('hang'))
  harness.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}')
  harness.call(5, 'echo', { n: 2 })
  expect(await harness.answerTo(5)).toMatchObject({ error: { code: -32600 } })
  expect(harness.forwarded.toString()).not.toContain('echo')
  harness.say(6, '{"jsonrpc":"2.0","id":5,"result":{"n":1}}\n{"jsonrpc":"2.0","id":6,"result":{}}\n')
  await harness.answerTo(6)
  expect(seen).toHaveLength(2)
  harness.call(5, 'echo', { n: 3 })
  await harness.until(() => seen.length === 3)
})
