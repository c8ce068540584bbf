import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { errorLine } from '../core/mcp/refusals'
import type { Governor, Ruling } from './ports'
import { hashing, RelayHarness } from './relay-harness'

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

const rawId = (line: Uint8Array): Uint8Array => Buffer.from(/"id":([^,}]+)/.exec(Buffer.from(line).toString())?.[1] ?? 'null')
const refuseCalls: Partial<Governor> = {
  judge: async (_message, line): Promise<Ruling> => ({ do: 'answer', line: errorLine(rawId(line), -31001, 'no') }),
}

describe('bytes', () => {
  test('of every odd but valid message arrive as they were sent', async () => {
    const harness = relay()
    const lines = [
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"z":1.0,"a":1e2,"n":-0,"big":12345678901234567890,"2":1,"1":2}}',
      ' { "params" : { "_meta" : { "progressToken" : 1.5 } } , "method":"ping","id":"\\u0061" , "jsonrpc":"2.0" } \r',
      '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"hang","arguments":{"t":"\u2028 é 😀 \\ud83d\\ude00","e":[ ]}}}',
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"x-unknown":{"a":[1,2 ,3]}}}',
      '',
    ]
    harness.send(...lines)
    await harness.until(() => harness.forwarded.length >= Buffer.byteLength(lines.join('\n')) + 1)
    const arrived = harness.forwarded.toString().split('\n').slice(0, -1)
    expect(arrived.sort()).toEqual(lines.sort())
  })

  test('of answers arrive as they were written, cut at any place', async () => {
    const harness = relay()
    const answer = ' {"id" : 1,"result":{"b":1.0,"a":1e2,"a":2,"t":"é\u2028"},"jsonrpc":"2.0"}\r'
    harness.say(1, `${answer}\n`)
    await harness.until(() => harness.received.length > answer.length)
    expect(harness.received.toString()).toBe(`${answer}\n`)
  })

  test('of log lines on stdout pass, with one warning', async () => {
    const harness = relay()
    const log = '[info] ready\n{ level: 3 }\n2026-11-23 hello {"a":1}\n\nplain\n'
    harness.say(1, log)
    await harness.until(() => harness.received.length >= log.length)
    expect(harness.received.toString()).toBe(log)
    expect(harness.warnings.match(/no messages/g)).toHaveLength(1)
  })
})

describe('the governor', () => {
  test('that throws has refused', async () => {
    const harness = relay({ governor: { judge: () => Promise.reject(new Error('bug')) } })
    harness.call(1, 'echo')
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -32603 } })
    expect(harness.forwarded).toHaveLength(0)
  })

  test('that refuses answers with the caller’s own id, and a late answer of the upstream is dropped', async () => {
    const harness = relay({
      governor: {
        judge: async (message, line) =>
          (message.kind === 'request' && message.id.key === 'n1' ? refuseCalls.judge?.(message, line, AbortSignal.any([])) : null) ?? {
            do: 'forward',
            line,
          },
      },
    })
    harness.call(1, 'echo')
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -31001 } })
    harness.say(2, '{"jsonrpc":"2.0","id":1,"result":{"late":true}}\n')
    await harness.until(() => harness.refusals.length > 0)
    expect(harness.received.toString()).not.toContain('late')
  })

  test('hears that its caller cancelled; nothing is forwarded and nothing is answered', async () => {
    let aborted = false
    const judge: Governor['judge'] = (message, line, signal) =>
      message.kind === 'request' && message.id.key === 's a'
        ? new Promise((resolve) =>
            signal.addEventListener('abort', () => {
              aborted = true
              resolve({ do: 'forward', line })
            }),
          )
        : Promise.resolve({ do: 'forward', line })
    const harness = relay({ governor: { judge } })
    harness.call(1, 'echo')
    await harness.answerTo(1)
    harness.send('{"jsonrpc":"2.0","id":" a","method":"tools/call","params":{"name":"echo"}}')
    harness.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\\u0020a"}}')
    harness.call(2, 'echo')
    await harness.answerTo(2)
    expect(aborted).toBe(true)
    expect(harness.forwarded.toString()).not.toContain('" a"')
    expect(harness.forwarded.toString()).not.toContain('cancelled')
    expect(harness.lines).toHaveLength(2)
  })

  test('judges what the server asks, and the server hears the refusal', async () => {
    const harness = relay({
      governor: {
        judge: async (message, line) =>
          message.direction === 'server' ? { do: 'answer', line: errorLine(rawId(line), -31001, 'no') } : { do: 'forward', line },
      },
    })
    harness.say(
      1,
      '{"jsonrpc":"2.0","id":9,"method":"sampling/createMessage","params":{}}\n{"jsonrpc":"2.0","id":10,"method":"roots/list"}\n',
    )
    await harness.until(() => harness.lines.some((line) => line.includes('roots/list')))
    await harness.until(() => harness.forwarded.toString().includes('-31001'))
    expect(harness.received.toString()).not.toContain('sampling')
    harness.send('{"jsonrpc":"2.0","id":10,"result":{"roots":[]}}', '{"jsonrpc":"2.0","id":9,"result":{"stolen":1}}')
    await harness.until(() => harness.forwarded.toString().includes('"roots":[]'))
    await harness.until(() => harness.refusals.length > 0)
    expect(harness.forwarded.toString()).not.toContain('stolen')
  })

  test('judges what an input_required answer asks for', async () => {
    const judge: Governor['judge'] = async (message, line) =>
      message.direction === 'server' && Buffer.from(line).includes('evil')
        ? { do: 'answer', line: errorLine(rawId(line), -31001, 'no') }
        : { do: 'forward', line, reply: { end() {}, lost() {} } }
    const harness = relay({ governor: { judge } })
    const asks = (id: number, prompt: string): string =>
      `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"message":"${prompt}"}}}}}\n`
    harness.say(1, asks(1, 'kind'))
    expect(await harness.answerTo(1)).toMatchObject({ result: { resultType: 'input_required' } })
    harness.say(2, asks(2, 'evil'))
    expect(await harness.answerTo(2)).toMatchObject({ error: { code: -31001 } })
    expect(harness.received.toString()).not.toContain('evil')
  })
})

describe('never forwarded, and counted', () => {
  test.each([
    { what: 'a call without an id', line: '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}', answer: null },
    { what: 'a notification of nobody’s', line: '{"jsonrpc":"2.0","method":"notifications/vendor"}', answer: null },
    { what: 'a batch', line: '[{"jsonrpc":"2.0","id":1,"method":"tools/call"}]', answer: -32600 },
    { what: 'half a message', line: '{"jsonrpc":"2.0","id":1,"method":"too', answer: -32700 },
    {
      what: 'a call whose name is there twice',
      line: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}',
      answer: -32600,
    },
    { what: 'an answer to what was never asked', line: '{"jsonrpc":"2.0","id":1,"result":{}}', answer: null },
  ])('$what from the client', async ({ line, answer }) => {
    const harness = relay()
    harness.send(line)
    harness.send('{"jsonrpc":"2.0","id":99,"method":"ping"}')
    await harness.answerTo(99)
    expect(harness.forwarded.toString()).toBe('{"jsonrpc":"2.0","id":99,"method":"ping"}\n')
    expect(harness.refusals).toHaveLength(1)
    const codes = harness.lines.map((text) => JSON.parse(text).error?.code).filter((code) => code !== undefined)
    expect(codes).toEqual(answer === null ? [] : [answer])
  })

  test.each([
    { what: 'an answer to what was never asked', text: '{"jsonrpc":"2.0","id":77,"result":{}}' },
    { what: 'a batch', text: '[{"jsonrpc":"2.0","id":2,"method":"sampling/createMessage"}]' },
    { what: 'a message behind a number', text: '12 {"jsonrpc":"2.0","id":2,"method":"sampling/createMessage"}' },
    { what: 'a notification of nobody’s', text: '{"jsonrpc":"2.0","method":"tools/call"}' },
    { what: 'a message with a member twice', text: '{"jsonrpc":"2.0","id":2,"method":"ping","method":"sampling/createMessage"}' },
    { what: 'a log line that is JSON', text: '{"level":30,"msg":"hello"}' },
  ])('$what from the server', async ({ text }) => {
    const harness = relay()
    harness.say(1, `${text}\n{"jsonrpc":"2.0","id":1,"result":{}}\n`)
    await harness.answerTo(1)
    expect(harness.lines).toEqual(['{"jsonrpc":"2.0","id":1,"result":{}}'])
    expect(harness.refusals).toHaveLength(1)
  })

  test('a request whose id is in flight; one that was answered may use it again', async () => {
    const harness = relay()
    harness.call(1, 'hang')
    harness.call(1, 'echo')
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -32600 } })
    expect(harness.forwarded.toString()).not.toContain('echo')
    harness.call(2, 'echo')
    await harness.answerTo(2)
    harness.call(2, 'echo')
    await harness.until(() => harness.lines.filter((line) => line.includes('"id":2')).length === 2)
  })

  test('an answer given twice', async () => {
    const harness = relay()
    harness.say(1, '{"jsonrpc":"2.0","id":1,"result":{"n":1}}\n{"jsonrpc":"2.0","id":1,"result":{"n":2}}\n')
    await harness.until(() => harness.refusals.length > 0)
    expect(harness.lines).toEqual(['{"jsonrpc":"2.0","id":1,"result":{"n":1}}'])
  })

  test('an answer that can’t be read: who asked gets an error instead', async () => {
    const harness = relay()
    harness.say(1, '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}\n')
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -32603 } })
  })
})

describe('large lines', () => {
  test.each([{ idLast: true }, { idLast: false }])('of 50 MB pass whole and are seen once (id last: $idLast)', async ({ idLast }) => {
    const { governor, seen } = hashing()
    const harness = relay({ governor })
    harness.call(1, 'big', { size: 50_000_000, idLast })
    await harness.until(() => seen.length === 1 && harness.stdout.readableLength === 0)
    const line = harness.received.subarray(0, -1)
    expect(seen[0]).toEqual({
      hash: createHash('sha256').update(line).digest('hex'),
      summary: { ok: true, isError: false, resultType: null, taskId: null, sizeBytes: line.length },
    })
  })

  test('that turn out wrong at their end never become a message, and who asked gets an error', async () => {
    const { governor, lost } = hashing()
    const harness = relay({ governor })
    const wrong = `{"jsonrpc":"2.0","id":1,"result":{"t":"${'x'.repeat(300_000)}"},"result":{}}`
    harness.say(1, `${wrong}\n`)
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -32603 } })
    expect(lost).toHaveLength(1)
    expect(harness.lines.filter((line) => line.includes('"result"') && line.endsWith('}'))).toHaveLength(1)
    expect(() => JSON.parse(harness.lines[0] ?? '')).toThrow()
  })

  test('beyond 64 MiB are refused by their id, and the next line is read', async () => {
    const harness = relay()
    const piece = Buffer.alloc(1024 * 1024, 0x78)
    harness.stdin.write('{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo","arguments":{"t":"')
    for (let count = 0; count < 66; count += 1) harness.stdin.write(piece)
    harness.stdin.write('"}},"id":5}\n')
    expect(await harness.answerTo(5)).toMatchObject({ error: { code: -32600 } })
    harness.call(6, 'echo')
    expect(await harness.answerTo(6)).toMatchObject({ result: {} })
    expect(harness.forwarded.toString()).not.toContain('xxx')
  })

  test('beyond 64 MiB from the server end in an error for who asked', async () => {
    const harness = relay()
    harness.call(1, 'big', { size: 70_000_000, idLast: true })
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -32603 } })
    harness.call(2, 'echo')
    expect(await harness.answerTo(2)).toMatchObject({ result: {} })
  })
})

test('a client that does not read answers can still be heard', async () => {
  const harness = relay()
  harness.stdout.removeAllListeners('data')
  harness.stdout.pause()
  harness.call(1, 'big', { size: 20_000_000 })
  await new Promise((resolve) => setTimeout(resolve, 300))
  harness.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}')
  await harness.until(() => harness.forwarded.toString().includes('cancelled'))
  harness.listen()
  harness.stdout.resume()
  await harness.until(() => harness.received.length > 20_000_000)
})

test('what is under way when the client has said all is still answered', async () => {
  const governor: Partial<Governor> = {
    judge: (_message, line) => new Promise((resolve) => setTimeout(() => resolve({ do: 'forward', line }), 200)),
  }
  const harness = relay({ governor })
  harness.call(1, 'echo')
  harness.stdin.end()
  expect(await harness.answerTo(1)).toMatchObject({ result: {} })
})

test('the end of the upstream is told to whoever waits', async () => {
  const { governor, lost } = hashing()
  const harness = relay({ governor })
  harness.call(1, 'hang')
  harness.call(2, 'exit', { code: 42 })
  expect(await harness.ended).toEqual({ code: 42, signal: null })
  expect(lost).toHaveLength(2)
})
