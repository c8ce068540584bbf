import { readArgument } from '../core/mcp/argument'
import { checkDeep } from '../core/mcp/deep'
import { memberOf, membersOf } from '../core/mcp/members'
import { scanLine } from '../core/mcp/scan'
import type { Argument } from '../core/policy/model'
import { randomId } from '../db/crypto'

/** One request that a server put inside its `input_required` result. `bytes` are its raw params. */
export type InputRequest = {
  readonly id: string
  readonly method: string
  readonly args: { readonly [key: string]: Argument }
  readonly bytes: Uint8Array
}

/** `unclear`: two readers could disagree on what the result asks for, so nobody may read it. */
export type InputRequired = { readonly requests: readonly InputRequest[]; readonly requestState: string | null; readonly unclear: boolean }

const WORD = 'input_required'
const NO_BYTES = new Uint8Array()
const UNCLEAR: InputRequired = { requests: [], requestState: null, unclear: true }

/** What a 2026-07-28 result asks of the client; null for every other reply. */
export function readInputRequired(line: Uint8Array): InputRequired | null {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.length)
  // The word itself, or escapes that could spell it: everything else is passed without being read.
  if (!bytes.includes(WORD) && !bytes.includes('\\u')) return null
  const { message } = scanLine(line, 'server')
  if (message?.kind !== 'response' || !message.ok) return null
  const types = membersOf(line, message.value).filter(({ name }) => name.toLowerCase() === 'resulttype')
  if (!types.some(({ value }) => textOf(line, value) === WORD)) return null
  if (types.length > 1 || types[0]?.name !== 'resultType' || checkDeep(line, message.value.start) < 0) return UNCLEAR
  const asked = memberOf(line, message.value, 'inputRequests')
  return {
    requests: asked === null ? [] : membersOf(line, asked).map(({ value }) => readInput(line, value)),
    requestState: textOf(line, memberOf(line, message.value, 'requestState')),
    unclear: false,
  }
}

type Span = { readonly start: number; readonly end: number }

function readInput(line: Uint8Array, request: Span): InputRequest {
  const params = memberOf(line, request, 'params')
  const args = params === null ? {} : readArgument(line, params)
  const isObject = typeof args === 'object' && args !== null && !Array.isArray(args)
  return {
    id: randomId(),
    method: (isObject && textOf(line, memberOf(line, request, 'method'))) || 'unreadable',
    args: isObject ? (args as InputRequest['args']) : {},
    bytes: params === null ? NO_BYTES : line.subarray(params.start, params.end),
  }
}

function textOf(line: Uint8Array, span: Span | null): string | null {
  if (span === null) return null
  const value: unknown = JSON.parse(Buffer.from(line.subarray(span.start, span.end)).toString('utf8'))
  return typeof value === 'string' ? value : null
}
