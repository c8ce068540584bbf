import { afterEach, describe, expect, test } from 'vitest'
import { errorLine } from '../core/mcp/refusals'
import type { Governor } from './ports'
import { RelayHarness } from './relay-harness'

let open: RelayHarness[] = []
const relay = (governor: Partial<Governor> = {}, ...flags: string[]): RelayHarness => {
  const harness = new RelayHarness({ governor, flags, upstream: { env: process.env } })
  open.push(harness)
  return harness
}
afterEach(async () => {
  await Promise.all(open.map((harness) => harness.close()))
  open = []
})

const rawId = (line: Uint8Array): Uint8Array => Buffer.from(/"id":([^,}]+)/.exec(Buffer.from(line).toString())?.[1] ?? 'null')
/** Denies whatever the server asks for, as a policy without rules does. */
const denyServer: Partial<Governor> = {
  judge: async (message, line) =>
    message.direction === 'server' ? { do: 'answer', line: errorLine(rawId(line), -31001, 'no') } : { do: 'forward', line },
}
const SAMPLING = '{"jsonrpc":"2.0","id":66,"method":"sampling/createMessage","params":{}}'
const FILL = 'x'.repeat(300_000)

/** What a client sees that ends lines at carriage returns as well. */
const seenBy = (harness: RelayHarness): string[] => harness.received.toString().split(/\r\n|\r|\n/)

describe('a message between carriage returns', () => {
  test.each([
    { where: 'a request', line: `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":\r${SAMPLING}\r}}` },
    { where: 'a line of spaces', line: ' \r ' },
  ])('in $where of the client goes no further', async ({ line }) => {
    const harness = relay()
    harness.send(line, '{"jsonrpc":"2.0","id":99,"method":"ping"}')
    await harness.answerTo(99)
    expect(harness.forwarded.toString()).toBe('{"jsonrpc":"2.0","id":99,"method":"ping"}\n')
    expect(harness.refusals).toHaveLength(1)
  })

  test.each([
    { where: 'an answer', text: `{"jsonrpc":"2.0","id":1,"result":{"a":\r${SAMPLING}\r}}`, error: true },
    { where: 'a log line', text: `[info] ready\r${SAMPLING}\r`, error: false },
    { where: 'a long log line', text: `[info] ${FILL}\r${SAMPLING}\r${FILL}`, error: false },
    {
      where: 'a streamed answer',
      text: `{"jsonrpc":"2.0","id":1,"result":{"t":"${FILL}","a":\r${SAMPLING}\r,"u":"${FILL}"}}`,
      error: true,
    },
    {
      where: 'a streamed answer whose id comes last',
      text: `{"result":{"t":"${FILL}","a":\r${SAMPLING}\r},"jsonrpc":"2.0","id":1}`,
      error: true,
    },
    { where: 'a streamed string', text: `{"jsonrpc":"2.0","id":1,"result":{"t":"${FILL}\r${SAMPLING}\r"}}`, error: true },
    { where: 'the end of a streamed answer', text: `{"jsonrpc":"2.0","id":1,"result":{"t":"${FILL}"}}\r\r`, error: true },
  ])('in $where of the server goes no further', async ({ text, error }) => {
    const harness = relay(denyServer)
    harness.say(1, `${text}\n${error ? '' : '{"jsonrpc":"2.0","id":1,"result":{}}\n'}`)
    expect(await harness.answerTo(1)).toMatchObject(error ? { error: { code: -32603 } } : { result: {} })
    expect(seenBy(harness)).not.toContain(SAMPLING)
    expect(harness.refusals).toHaveLength(1)
    harness.call(2, 'echo')
    await harness.answerTo(2)
  })

  test('is nothing a carriage return at the end of a line makes', async () => {
    const harness = relay()
    const text = `[info] ready\r\n{"jsonrpc":"2.0","id":1,"result":{"t":"${FILL}"}}\r\n`
    harness.say(1, text)
    await harness.until(() => harness.received.length >= text.length)
    expect(harness.received.toString()).toBe(text)
  })
})

/** An answer that asks for something; `fill` makes it come in pieces. */
const asking = (id: number, head: string, fill = '', name = 'inputRequests'): string =>
  `{"jsonrpc":"2.0","id":${id},"result":{${head}"t":"${fill}","${name}":{"k":{"method":"sampling/createMessage","params":{"text":"evil"}}}}}`

describe('what an answer asks for is judged, whatever it answers', () => {
  const WORD = '"resultType":"input_required",'
  const TASK = '"resultType":"complete","status":"input_required",'

  test.each([
    { what: 'a ping', method: 'ping', text: asking(1, WORD) },
    { what: 'server/discover', method: 'server/discover', text: asking(1, WORD) },
    { what: 'tasks/get', method: 'tasks/get', text: asking(1, TASK) },
    { what: 'tasks/get, at length', method: 'tasks/get', text: asking(1, TASK, FILL) },
    { what: 'tasks/result', method: 'tasks/result', text: asking(1, TASK) },
    { what: 'tools/list', method: 'tools/list', text: asking(1, '"tools":[],') },
    { what: 'tools/call', method: 'tools/call', text: asking(1, '') },
    { what: 'a ping, for readers that ignore case', method: 'ping', text: asking(1, '', '', 'InputRequeſts') },
  ])('$what', async ({ method, text }) => {
    const harness = relay(denyServer, '--quiet')
    harness.send(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"name":"hang"}}`)
    await harness.until(() => harness.forwarded.includes(method))
    harness.say(2, `${text}\n`)
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -31001 } })
    expect(harness.received.toString()).not.toContain('evil')
  })

  test.each([
    { what: 'says so first', text: asking(1, WORD, FILL) },
    { what: 'says so last', text: asking(1, '', FILL) },
    { what: 'is known last', text: asking(1, WORD, FILL).replace('"id":1,', '').replace(/}$/, ',"id":1}') },
  ])('and one that was streamed is never closed: it $what', async ({ text }) => {
    const harness = relay(denyServer, '--quiet')
    harness.send('{"jsonrpc":"2.0","id":1,"method":"ping"}')
    harness.call(2, 'say', { base64: Buffer.from(`${text}\n`).toString('base64') })
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -32603 } })
    for (const line of harness.lines.filter((other) => other.includes('evil'))) expect(() => JSON.parse(line)).toThrow()
  })

  test('and passes where it is allowed', async () => {
    const harness = relay({}, '--quiet')
    harness.send('{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t"}}')
    const text = asking(1, TASK)
    harness.say(2, `${text}\n`)
    await harness.until(() => harness.lines.length > 0)
    expect(harness.lines).toEqual([text])
  })

  test.each([
    { what: 'that is no set', inputs: '[{"method":"sampling/createMessage"}]' },
    { what: 'that is no request', inputs: '{"k":{"params":{}}}' },
  ])('and something $what is refused', async ({ inputs }) => {
    const harness = relay({}, '--quiet')
    harness.send('{"jsonrpc":"2.0","id":1,"method":"ping"}')
    harness.say(2, `{"jsonrpc":"2.0","id":1,"result":{"inputRequests":${inputs}}}\n`)
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -32603 } })
  })

  test('and a notification can’t ask at all', async () => {
    const harness = relay()
    const text = '{"jsonrpc":"2.0","method":"notifications/tasks","params":{"inputRequests":{"k":{"method":"sampling/createMessage"}}}}'
    harness.say(1, `${text}\n{"jsonrpc":"2.0","id":1,"result":{}}\n`)
    await harness.answerTo(1)
    expect(harness.lines).toHaveLength(1)
    expect(harness.refusals).toHaveLength(1)
  })
})
