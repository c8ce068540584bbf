import { besideText } from '../core/approval/beside'
import { TRACE_KEYS } from '../core/approval/binding'
import { memberOf, membersOf } from '../core/mcp/members'
import type { Span } from '../core/mcp/message'

const START = Buffer.from('{"jsonrpc":"2.0","id":')
const METHOD = Buffer.from(',"method":"tools/call","params":')
const NO_PARAMS = Buffer.from('{}')

/** Where a call stands on its line: the raw id and the raw `params`, as views. */
export type Live = { readonly id: Uint8Array; readonly params: Uint8Array }

/** A tool call with these params, byte for byte. */
export const callLine = (id: Uint8Array, params: Uint8Array): Uint8Array => Buffer.concat([START, id, METHOD, params, CLOSE])

/**
 * The held call as it is forwarded: its stored `params`, with nothing of the live request but its id, its progress token and its trace
 * keys. Both are strict JSON objects that were scanned before; where neither has such keys, the stored bytes are not touched.
 */
export const heldLine = (stored: Uint8Array, live: Live): Uint8Array => callLine(live.id, spliced(stored, live.params))

/** The same once more, with what its upstream asked for: of the live request it also has the state and the answers. */
export function continuedLine(stored: Uint8Array, live: Live): Uint8Array {
  const answers = partsOf(live.params).filter(isOfLeg)
  const kept = partsOf(withoutLegs(spliced(stored, live.params)))
  return callLine(live.id, objectOf([...kept, ...answers].map(({ bytes }) => bytes)))
}

/** Whether a continuation is the call that was approved in everything that stands beside the arguments, but for its state and answers. */
export function isSameBeside(stored: Uint8Array, live: Uint8Array, tool: string): boolean {
  const approved = besideText(withoutLegs(stored), tool)
  return approved !== null && approved === besideText(withoutLegs(live), tool)
}

/** Params without what carries the legs of a call: where those were our own, the upstream never asked for them. */
export const withoutLegs = (params: Uint8Array): Uint8Array =>
  objectOf(
    partsOf(params)
      .filter((part) => !isOfLeg(part))
      .map(({ bytes }) => bytes),
  )

const CLOSE = Buffer.from('}')
const COMMA = Buffer.from(',')
const OPEN = Buffer.from('{')
const QUOTE = 0x22
const MOST_TRACE_BYTES = 512

type Part = { readonly name: string; readonly bytes: Uint8Array; readonly value: Uint8Array }

const whole = (bytes: Uint8Array): Span => ({ start: 0, end: bytes.length })

const isOfLeg = ({ name }: Part): boolean => name === 'requestState' || name === 'inputResponses'

function spliced(stored: Uint8Array, live: Uint8Array): Uint8Array {
  const params = stored.length === 0 ? NO_PARAMS : stored
  const fresh = partsOf(live, memberOf(live, whole(live), '_meta')).filter(isPassing)
  const meta = memberOf(params, whole(params), '_meta')
  const kept = partsOf(params, meta)
  const lasting = kept.filter(({ name }) => !TRACE_KEYS.has(name))
  if (fresh.length === 0 && lasting.length === kept.length) return params
  const merged = objectOf([...lasting, ...fresh].map(({ bytes }) => bytes))
  if (meta) return Buffer.concat([params.subarray(0, meta.start), merged, params.subarray(meta.end)])
  const others = partsOf(params).map(({ bytes }) => bytes)
  return objectOf([...others, Buffer.concat([Buffer.from('"_meta":'), merged])])
}

/** Nobody approved these and nobody sees them: a short text passes (a progress token may be a number), and nothing that could carry more. */
const isPassing = ({ name, value }: Part): boolean =>
  TRACE_KEYS.has(name) && value.length <= MOST_TRACE_BYTES && (value[0] === QUOTE || (name === 'progressToken' && isNumber(value)))

const isNumber = ([first = 0]: Uint8Array): boolean => first === 0x2d || (first >= 0x30 && first <= 0x39)

/** Each member as its raw bytes, key included. The keys of scanned objects are unescaped by their reader, so they are written anew. */
const partsOf = (bytes: Uint8Array, object: Span | null = whole(bytes)): readonly Part[] =>
  object === null
    ? []
    : membersOf(bytes, object).map(({ name, value: { start, end } }) => {
        const value = bytes.subarray(start, end)
        return { name, value, bytes: Buffer.concat([Buffer.from(`${JSON.stringify(name)}:`), value]) }
      })

const objectOf = (parts: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([OPEN, ...parts.flatMap((part, at) => (at === 0 ? [part] : [COMMA, part])), CLOSE])
