import type { Json } from '../json'
import { textOf } from './bytes'

/** The key under which a refused tool call tells why, with the field names of the structured-denial draft (SEP-2643). */
export const AUTHORIZATION_META = 'dev.countersign/authorization'

/** Outside every range that JSON-RPC, MCP or its extensions reserve. */
export const REFUSED_CODE = -31001

export type Refusal = {
  /** One sentence a model can act on. */
  readonly sentence: string
  readonly reason: string
  readonly remediation: 'available' | 'unavailable' | 'undisclosed'
  readonly authorizationContextId: string
  readonly remediationHints: readonly Json[]
  readonly decision: 'deny' | 'escalate'
  readonly code: string
  readonly rule: string | null
  readonly hold: string | null
}

const encoder = new TextEncoder()

/** A line that answers `id`, echoed as the raw bytes that came. `members` is JSON text without its braces. */
const answer = (id: Uint8Array | null, members: string): Uint8Array =>
  encoder.encode(`{"jsonrpc":"2.0","id":${id === null ? 'null' : textOf(id, 0, id.length)},${members}}`)

const dataOf = ({ sentence: _, ...data }: Refusal): Json => data

/** A refused `tools/call`: a tool result, so that the model reads it. `modern` adds the `resultType` 2026-07-28 requires. */
export function toolRefusal(id: Uint8Array, refusal: Refusal, modern: boolean): Uint8Array {
  const result = {
    content: [{ type: 'text', text: refusal.sentence }],
    isError: true,
    ...(modern ? { resultType: 'complete' } : {}),
    _meta: { [AUTHORIZATION_META]: dataOf(refusal) },
  }
  return answer(id, `"result":${JSON.stringify(result)}`)
}

/** Any other refused request, in either direction. */
export const requestRefusal = (id: Uint8Array, refusal: Refusal): Uint8Array =>
  errorLine(id, REFUSED_CODE, refusal.sentence, dataOf(refusal))

/** A JSON-RPC error; `id` null where the request's own could not be read. */
export function errorLine(id: Uint8Array | null, code: number, message: string, data?: Json): Uint8Array {
  return answer(id, `"error":${JSON.stringify({ code, message, ...(data === undefined ? {} : { data }) })}`)
}

/** A JSON-RPC result of our own making. */
export const resultLine = (id: Uint8Array, result: Json): Uint8Array => answer(id, `"result":${JSON.stringify(result)}`)
