import { OPEN_OBJECT } from '../core/mcp/bytes'
import { checkDeep } from '../core/mcp/deep'
import { foldKey } from '../core/mcp/keys'
import { membersOf } from '../core/mcp/members'
import type { Message } from '../core/mcp/message'
import { treatmentOf } from '../core/mcp/methods'
import { errorLine } from '../core/mcp/refusals'
import { isInputRequests } from '../core/mcp/result-notes'
import { scanLine } from '../core/mcp/scan'
import type { Connection } from './relay-connection'
import type { Asked } from './relay-requests'

/**
 * In 2026-07-28 a server asks by answering `input_required`, or with a task that waits for input. Each request inside is judged
 * like the request it carries, under the id of the request that was answered. Returns the line that takes the answer's place where one was refused, else null.
 */
export async function judgeInputs(
  connection: Connection,
  asked: Asked,
  message: Extract<Message, { kind: 'response' }>,
  line: Uint8Array,
): Promise<Uint8Array | null> {
  if (checkDeep(line, message.value.start) !== message.value.end) return refusal(asked, 'it is not strict JSON')
  const inputs = membersOf(line, message.value).find(({ name }) => isInputRequests(name))?.value
  if (inputs === undefined || line[inputs.start] === NULL) return null
  if (line[inputs.start] !== OPEN_OBJECT) return refusal(asked, 'what it asks for is no set of requests')
  for (const { value } of membersOf(line, inputs)) {
    const refused = await judgeInput(connection, asked, line.subarray(value.start, value.end))
    if (refused !== null) return refused
  }
  return null
}

/** The first byte of `null`: a task may say that it asks for nothing. */
const NULL = 0x6e

const refusal = (asked: Asked, because: string): Uint8Array =>
  errorLine(asked.raw, -32603, `The upstream's answer was refused: ${because}.`)

/** Members are read as a reader that ignores case would: none occurs twice but for its case. */
async function judgeInput(connection: Connection, asked: Asked, input: Uint8Array): Promise<Uint8Array | null> {
  const members = membersOf(input, { start: 0, end: input.length }).map(({ name, value }) => ({ name: foldKey(name), value }))
  const carried = members.filter(({ name }) => name === 'method' || name === 'params')
  const parts = carried.map(({ name, value }) => Buffer.concat([Buffer.from(`,"${name}":`), input.subarray(value.start, value.end)]))
  const request = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":'), asked.raw, ...parts, Buffer.from('}')])
  const { message } = scanLine(request, 'server')
  if (message?.kind !== 'request') return refusal(asked, 'it asks for what is no request')
  if (treatmentOf('server', 'request', message.method) !== 'judge') return null
  return connection.judging.judgeInput(message, request)
}
