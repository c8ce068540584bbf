import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../db/connect'
import { freshDatabase } from '../db/testing'
import { checkInvariants } from './checker'
import { type GatewayProcess, initialize, makePlace, type Place, publish, readMarks, recorder, startGateway } from './gateway'

let place: Place
let marks = ''
let gateway: GatewayProcess
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
  gateway = startGateway(place, { upstream: recorder(marks) })
  await initialize(gateway)
  await gateway.call('act', { token: 'before' })
})
afterAll(async () => {
  await gateway.stop()
  await place.remove()
})

const call = (params: string, id = '900') => `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`
const act = '{"name":"act","arguments":{"token":"x"}}'

/** Every row must leave no mark; a row that is answered is answered with an error or a refusal. */
const rows: readonly { attack: string; line: string | Buffer }[] = [
  { attack: 'a batch that hides a call', line: `[${call(act)}]` },
  { attack: 'a batch behind a byte order mark', line: `\ufeff[${call(act)}]` },
  { attack: 'a byte order mark', line: `\ufeff${call(act)}` },
  { attack: 'two values on one line', line: `{"jsonrpc":"2.0","method":"notifications/initialized"} ${call(act)}` },
  { attack: 'the method twice', line: `{"jsonrpc":"2.0","id":901,"method":"ping","method":"tools/call","params":${act}}` },
  { attack: 'the params twice', line: `{"jsonrpc":"2.0","id":902,"method":"tools/call","params":{},"params":${act}}` },
  { attack: 'the tool name twice', line: call('{"name":"forbidden","name":"act","arguments":{"token":"x"}}') },
  { attack: 'the arguments twice', line: call('{"name":"act","arguments":{},"arguments":{"token":"x"}}') },
  { attack: 'a key of the arguments twice', line: call('{"name":"act","arguments":{"token":"y","token":"x"}}') },
  { attack: 'a key that differs by case', line: call('{"name":"act","Name":"act","arguments":{"token":"x"}}') },
  {
    attack: 'a top-level key in another case',
    line: `{"jsonrpc":"2.0","id":903,"Method":"tools/call","method":"tools/call","params":${act}}`,
  },
  { attack: '__proto__ in the arguments', line: call('{"name":"act","arguments":{"token":"x","__proto__":{}}}') },
  { attack: 'a call as a notification', line: `{"jsonrpc":"2.0","method":"tools/call","params":${act}}` },
  { attack: 'a call with id null', line: call(act, 'null') },
  { attack: 'a call with a fractional id', line: call(act, '1.5') },
  { attack: 'a call with an object for an id', line: call(act, '{}') },
  { attack: 'params as an array', line: call('["act"]') },
  { attack: 'no jsonrpc member', line: `{"id":904,"method":"tools/call","params":${act}}` },
  { attack: 'a result beside the method', line: `{"jsonrpc":"2.0","id":905,"method":"tools/call","params":${act},"result":{}}` },
  { attack: 'UTF-16', line: Buffer.from(call(act), 'utf16le') },
  {
    attack: 'invalid UTF-8 in an argument',
    line: Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","id":906,"method":"tools/call","params":{"name":"act","arguments":{"token":"'),
      Buffer.from([0xc0, 0xaf]),
      Buffer.from('"}}}'),
    ]),
  },
  { attack: 'a lone surrogate', line: call('{"name":"act","arguments":{"token":"\\ud800"}}') },
  { attack: 'the tool in capitals', line: call('{"name":"ACT","arguments":{"token":"x"}}') },
  { attack: 'the tool with a blank', line: call('{"name":"act ","arguments":{"token":"x"}}') },
  { attack: 'the tool with a zero-width space', line: call('{"name":"a\u200bct","arguments":{"token":"x"}}') },
  { attack: 'the tool with a Cyrillic a', line: call('{"name":"\u0430ct","arguments":{"token":"x"}}') },
  { attack: 'no tool', line: call('{"arguments":{"token":"x"}}') },
  { attack: 'arguments that are no object', line: call('{"name":"act","arguments":"x"}') },
  {
    attack: 'arguments nested a million deep',
    line: call(`{"name":"act","arguments":{"token":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}}`),
  },
  {
    attack: 'arguments with a hundred thousand keys',
    line: call(`{"name":"act","arguments":{${Array.from({ length: 100_000 }, (_, at) => `"k${at}":1`).join()}}}`),
  },
  { attack: 'arguments of 10 MiB', line: call(`{"name":"act","arguments":{"token":"${'x'.repeat(10 * 1024 * 1024)}"}}`) },
  { attack: 'a tool name of a million characters', line: call(`{"name":"${'n'.repeat(1_000_000)}","arguments":{}}`) },
  { attack: 'an unknown method', line: `{"jsonrpc":"2.0","id":907,"method":"tools/callX","params":${act}}` },
  {
    attack: 'resources/read of a file',
    line: `{"jsonrpc":"2.0","id":908,"method":"resources/read","params":{"uri":"file:///etc/passwd"}}`,
  },
  { attack: 'an unknown notification', line: `{"jsonrpc":"2.0","method":"notifications/act","params":${act}}` },
  {
    attack: 'a call between two carriage returns of a notification',
    line: `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"x":\r${call(act)}\r}}`,
  },
  { attack: 'the arguments in another case', line: call('{"name":"act","Arguments":{"token":"x"}}') },
  { attack: 'a number of a hundred thousand zeros', line: call(`{"name":"acted","arguments":{"token":0.1${'0'.repeat(100_000)}1}}`) },
  { attack: 'not JSON at all', line: 'act now' },
  { attack: 'an unfinished line', line: '{"jsonrpc":"2.0","id":909' },
]

test.each(rows)('$attack is never forwarded', async ({ line }) => {
  const before = (await readMarks(marks)).length
  gateway.send(line)
  expect((await gateway.call('act', { token: 'after' })).isError).toBe(false)
  expect((await readMarks(marks)).length).toBe(before + 1)
})

test('each of them was answered with an error or a refusal, or dropped, and the log counts or records them all', async () => {
  const answers = gateway.lines.map((line) => JSON.parse(line) as { id?: number; error?: unknown; result?: { isError?: boolean } })
  for (const { id, error, result } of answers)
    if ((id ?? 0) >= 900) expect({ id, refused: error !== undefined || result?.isError === true }).toEqual({ id, refused: true })
  expect(await gateway.stop()).toBe(0)
  expect((await checkInvariants(place, marks)).wrong.filter((sentence) => !sentence.startsWith('after '))).toEqual([])
  expect(await recordedRefusals()).toBeGreaterThanOrEqual(rows.length)
})

test('the gateway stayed small while it read them', () => {
  expect(peakBytes).toBeGreaterThan(0)
  expect(peakBytes).toBeLessThan(512 * 1024 * 1024)
})

let peakBytes = 0
const watch = setInterval(() => {
  const { pid } = gateway?.process ?? {}
  if (pid) peakBytes = Math.max(peakBytes, residentBytes(pid))
}, 100)
afterAll(() => clearInterval(watch))

function residentBytes(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

/** Denied decisions, and what the refusal counts of the log add up to. */
async function recordedRefusals(): Promise<number> {
  const sql = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
  try {
    const rows = await sql<{ body: string }[]>`
      select body from countersign.entries where type = 'refusals' or (type = 'decision' and outcome = 'deny')`
    return rows.reduce((sum, { body }) => sum + ((JSON.parse(body) as { count?: number }).count ?? 1), 0)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
