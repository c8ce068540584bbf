import { afterEach, expect, test } from 'vitest'
import type { Governor, ReplySummary, Wire } from './ports'
import { RelayHarness } from './relay-harness'

let open: RelayHarness[] = []
afterEach(async () => {
  await Promise.all(open.map((harness) => harness.close()))
  open = []
})

function relay(governor: Partial<Governor>): RelayHarness {
  const harness = new RelayHarness({ governor, upstream: { env: process.env } })
  open.push(harness)
  return harness
}

const progressOf = (harness: RelayHarness): number[] =>
  harness.lines
    .map((line) => JSON.parse(line))
    .filter(({ method }) => method === 'notifications/progress')
    .map(({ params }) => params.progress)

test('the upstream’s own progress passes only where it rises above what we told of the same token', async () => {
  const wires: Wire[] = []
  const harness = relay({ attach: (given) => void wires.push(given) })
  harness.call(1, 'echo')
  await harness.answerTo(1)
  const own = (): void => {
    for (const { toClient, progress } of wires) toClient(progress.next(Buffer.from('"t"'), 'Waiting'))
  }
  own()
  own()
  const said = (token: string, value: string) =>
    `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${value}}}`
  harness.say(2, `${['0', '0.002', '0.5', '3'].map((value) => said('"t"', value)).join('\n')}\n${said('"u"', '0.0001')}\n`)
  await harness.until(() => progressOf(harness).includes(0.0001))
  expect(progressOf(harness)).toEqual([0.001, 0.002, 0.5, 3, 0.0001])
})

test('what the client answers to a question of ours goes no further, and is no refusal', async () => {
  const wires: Wire[] = []
  const harness = relay({ attach: (given) => void wires.push(given) })
  harness.call(1, 'echo')
  await harness.answerTo(1)
  const question = Buffer.from('{"jsonrpc":"2.0","id":"countersign-approval-1","method":"elicitation/create","params":{}}')
  for (const wire of wires) wire.ask('countersign-approval-1', question)
  await harness.until(() => harness.lines.some((line) => line.includes('elicitation/create')))
  harness.send('{"jsonrpc":"2.0","id":"countersign-approval-1","result":{"action":"accept"}}')
  harness.send('{"jsonrpc":"2.0","id":"countersign-approval-1","result":{"action":"accept"}}')
  harness.call(2, 'echo')
  await harness.answerTo(2)
  expect(harness.forwarded.toString()).not.toContain('accept')
  expect(harness.refusals).toEqual(['an answer to something that was never asked'])
})

test.each([
  { params: '{"requestId":1,"reason":"McpError: MCP error -32001: Request timed out"}', why: 'timed_out' },
  { params: '{"requestId":1,"reason":"Timeout of 60 s"}', why: 'timed_out' },
  { params: '{"requestId":1,"reason":"the user changed their mind"}', why: 'cancelled' },
  { params: '{"requestId":1,"reason":7}', why: 'cancelled' },
  { params: '{"requestId":1}', why: 'cancelled' },
])('a cancellation with $params is told as $why', async ({ params, why }) => {
  const told: unknown[] = []
  let isJudged = false
  const harness = relay({
    judge: (_message, _line, signal) =>
      new Promise((resolve) => {
        isJudged = true
        signal.addEventListener('abort', () => {
          told.push(signal.reason)
          resolve({ do: 'drop' })
        })
      }),
  })
  harness.call(1, 'echo')
  await harness.until(() => isJudged)
  harness.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}`)
  await harness.until(() => told.length > 0)
  expect(told).toEqual([why])
})

const timedOut = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"timed out"}}'

test('an answer that is kept is observed and not passed on when its client’s time ran out; the upstream hears nothing of that', async () => {
  const seen: ReplySummary[] = []
  let left = 0
  const judge: Governor['judge'] = (_message, line) => ({
    do: 'forward',
    line,
    reply: {
      end: (summary) => void seen.push(summary),
      lost: () => undefined,
      askerLeft: () => void left++,
      rewrite: async (reply) => reply,
    },
  })
  const harness = relay({ judge })
  harness.call(1, 'hang')
  await harness.until(() => harness.forwarded.toString().includes('hang'))
  harness.send(timedOut)
  await harness.until(() => left === 1)
  harness.say(2, '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}\n')
  await harness.until(() => seen.length > 0)
  expect(harness.forwarded.toString()).not.toContain('cancelled')
  expect(harness.lines.filter((line) => line.includes('"id":1'))).toEqual([])
})

test('any other call that ran out of time is cancelled at the upstream as before', async () => {
  const harness = relay({})
  harness.call(1, 'hang')
  await harness.until(() => harness.forwarded.toString().includes('hang'))
  harness.send(timedOut)
  await harness.until(() => harness.forwarded.toString().includes('notifications/cancelled'))
})
