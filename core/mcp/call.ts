import type { Argument } from '../policy/model'
import { readArgument } from './argument'
import { membersOf } from './members'
import type { Message, Span } from './message'

type Arguments = { readonly [key: string]: Argument }

/** A governed request as policy, log and holds see it. Byte ranges are views of the line. */
export type CallView = {
  readonly method: string
  /** The raw tool name; null for every method but `tools/call`. */
  readonly tool: string | null
  /** What policy judges: the arguments of a tool call, the parameters of anything else. */
  readonly args: Arguments
  /** The bytes the log commits to: the `arguments` of a tool call, the `params` of anything else; empty where there are none. */
  readonly argumentBytes: Uint8Array
  /** The whole of `params`. */
  readonly params: Arguments
  /** Raw JSON of the progress token: a string or a number; null when the caller wants no progress. */
  readonly progressToken: Uint8Array | null
  /** The proposal this call says it was granted by (DESIGN §3). */
  readonly authorizationId: string | null
  /** `_meta["io.modelcontextprotocol/protocolVersion"]`: present on every request of 2026-07-28 and later. */
  readonly protocolVersion: string | null
  /** A continuation carries what an `input_required` result asked for. */
  readonly requestState: string | null
  readonly hasInputResponses: boolean
  /** A legacy task-augmented request. */
  readonly hasTask: boolean
}

/** Why a governed request can't be judged: JSON-RPC's "invalid params". */
export type CallFault = { readonly code: -32602; readonly because: string }

export type CallReading = { readonly call: CallView; readonly fault?: never } | { readonly fault: CallFault; readonly call?: never }

/** Members of `params` that steer the exchange and are no arguments of the request. */
const STEERING = new Set(['_meta', 'task', 'inputResponses', 'requestState'])
const FOLDED = new Map([...STEERING, 'name', 'arguments'].map((member) => [member.toLowerCase(), member]))

/** A server whose JSON reader ignores case (Go's does) would take `Arguments` for the arguments, which nobody judged. */
function isDisguised(member: string): boolean {
  const meant = FOLDED.get(member.normalize('NFKC').toLowerCase())
  return meant !== undefined && meant !== member
}

const PROTOCOL_VERSION = 'io.modelcontextprotocol/protocolVersion'
const NO_BYTES = new Uint8Array(0)

/** Reads a scanned request. Numbers that a double can't hold stay literals; nothing is guessed or coerced. */
export function readCall(line: Uint8Array, message: Extract<Message, { kind: 'request' }>): CallReading {
  const params = message.params === null ? {} : asObject(readArgument(line, message.params))
  if (params === null) return invalid('params is not an object')
  const spans = new Map(message.params === null ? [] : membersOf(line, message.params).map(({ name, value }) => [name, value]))
  if (Object.keys(params).some(isDisguised)) return invalid('a member of params is one of the specification in another spelling')
  const meta = asObject(params._meta ?? {})
  if (meta === null) return invalid('_meta is not an object')
  const subject = message.method === 'tools/call' ? toolSubject(line, params, spans) : otherSubject(line, params, message.params)
  if ('code' in subject) return { fault: subject }
  return {
    call: {
      method: message.method,
      ...subject,
      params,
      progressToken: progressToken(line, meta, spans.get('_meta')),
      authorizationId: textOrNull(meta.authorizationId),
      protocolVersion: textOrNull(meta[PROTOCOL_VERSION]),
      requestState: textOrNull(params.requestState),
      hasInputResponses: Object.hasOwn(params, 'inputResponses'),
      hasTask: Object.hasOwn(params, 'task'),
    },
  }
}

type Subject = Pick<CallView, 'tool' | 'args' | 'argumentBytes'>

const fault = (because: string): CallFault => ({ code: -32602, because })
const invalid = (because: string): CallReading => ({ fault: fault(because) })

function toolSubject(line: Uint8Array, params: Arguments, spans: ReadonlyMap<string, Span>): Subject | CallFault {
  const tool = params.name
  if (typeof tool !== 'string') return fault('the call names no tool')
  const span = spans.get('arguments')
  if (span === undefined) return { tool, args: {}, argumentBytes: NO_BYTES }
  const args = asObject(params.arguments ?? null)
  return args === null ? fault('arguments is not an object') : { tool, args, argumentBytes: line.subarray(span.start, span.end) }
}

function otherSubject(line: Uint8Array, params: Arguments, span: Span | null): Subject {
  const args = Object.fromEntries(Object.entries(params).filter(([name]) => !STEERING.has(name)))
  return { tool: null, args, argumentBytes: span === null ? NO_BYTES : line.subarray(span.start, span.end) }
}

function asObject(value: Argument): Arguments | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.getPrototypeOf(value) === Object.prototype
    ? (value as Arguments)
    : null
}

const textOrNull = (value: Argument | undefined): string | null => (typeof value === 'string' ? value : null)

function progressToken(line: Uint8Array, meta: Arguments, span: Span | undefined): Uint8Array | null {
  if (span === undefined || !Object.hasOwn(meta, 'progressToken')) return null
  const token = membersOf(line, span).find(({ name }) => name === 'progressToken')?.value
  return token === undefined ? null : line.subarray(token.start, token.end)
}
