import { checkDeep } from '../core/mcp/deep'
import { memberOf, membersOf } from '../core/mcp/members'
import type { Message } from '../core/mcp/message'
import { treatmentOf } from '../core/mcp/methods'
import { errorLine } from '../core/mcp/refusals'
import { scanLine } from '../core/mcp/scan'
import type { Connection } from './relay-connection'
import type { Asked } from './relay-requests'

/**
 * In 2026-07-28 a server asks by answering `input_required`. Each request inside is judged like the request it carries, under
 * the id of the call it belongs to. Returns the line that takes the answer's place where one was refused, else null.
 */
export async function judgeInputs(
  connection: Connection,
  asked: Asked,
  message: Extract<Message, { kind: 'response' }>,
  line: Uint8Array,
): Promise<Uint8Array | null> {
  if (checkDeep(line, message.value.start) !== message.value.end) {
    return errorLine(asked.raw, -32603, "The upstream's answer was refused: it is not strict JSON.")
  }
  const inputs = memberOf(line, message.value, 'inputRequests')
  for (const { value } of inputs === null ? [] : membersOf(line, inputs)) {
    const refusal = await judgeInput(connection, asked, line.subarray(value.start, value.end))
    if (refusal !== null) return refusal
  }
  return null
}

async function judgeInput(connection: Connection, asked: Asked, input: Uint8Array): Promise<Uint8Array | null> {
  const members = membersOf(input, { start: 0, end: input.length }).filter(({ name }) => name === 'method' || name === 'params')
  const parts = members.map(({ name, value }) => Buffer.concat([Buffer.from(`,"${name}":`), input.subarray(value.start, value.end)]))
  const request = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":'), asked.raw, ...parts, Buffer.from('}')])
  const { message } = scanLine(request, 'server')
  if (message?.kind !== 'request') return errorLine(asked.raw, -32603, "The upstream's answer was refused: it asks for what is no request.")
  if (treatmentOf('server', 'request', message.method) !== 'judge') return null
  return connection.judging.judgeInput(message, request)
}
