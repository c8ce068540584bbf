import { TRACE_KEYS } from '../core/approval/binding'
import { memberOf, membersOf } from '../core/mcp/members'
import type { Span } from '../core/mcp/message'

const START = Buffer.from('{"jsonrpc":"2.0","id":')
const METHOD = Buffer.from(',"method":"tools/call","params":')
const NO_PARAMS = Buffer.from('{}')

/** Where a call stands on its line: the raw id and the raw `params`, as views. */
export type Live = { readonly id: Uint8Array; readonly params: Uint8Array }

/**
 * The held call as it is forwarded: its stored `params`, with nothing of the live request but its id, its progress token and its trace
 * keys. Both are strict JSON objects that were scanned before; where neither has such keys, the stored bytes are not touched.
 */
export function heldLine(stored: Uint8Array, live: Live): Uint8Array {
  return Buffer.concat([START, live.id, METHOD, spliced(stored, live.params), CLOSE])
}

/** A line without what carried our own legs: the upstream never asked for it. */
export function withoutLegs(id: Uint8Array, params: Uint8Array): Uint8Array {
  const members = partsOf(params, whole(params)).filter(({ name }) => name !== 'requestState' && name !== 'inputResponses')
  return Buffer.concat([START, id, METHOD, objectOf(members.map(({ bytes }) => bytes)), CLOSE])
}

const CLOSE = Buffer.from('}')
const COMMA = Buffer.from(',')
const OPEN = Buffer.from('{')

type Part = { readonly name: string; readonly bytes: Uint8Array }

const whole = (bytes: Uint8Array): Span => ({ start: 0, end: bytes.length })

function spliced(stored: Uint8Array, live: Uint8Array): Uint8Array {
  const params = stored.length === 0 ? NO_PARAMS : stored
  const fresh = passing(partsOf(live, memberOf(live, whole(live), '_meta')))
  const meta = memberOf(params, whole(params), '_meta')
  const kept = partsOf(params, meta)
  const lasting = kept.filter(({ name }) => !TRACE_KEYS.has(name))
  if (fresh.length === 0 && lasting.length === kept.length) return params
  const merged = objectOf([...lasting, ...fresh].map(({ bytes }) => bytes))
  if (meta) return Buffer.concat([params.subarray(0, meta.start), merged, params.subarray(meta.end)])
  const others = partsOf(params, whole(params)).map(({ bytes }) => bytes)
  return objectOf([...others, Buffer.concat([Buffer.from('"_meta":'), merged])])
}

const passing = (parts: readonly Part[]): readonly Part[] => parts.filter(({ name }) => TRACE_KEYS.has(name))

/** Each member as its raw bytes, key included. The keys of scanned objects are unescaped by their reader, so they are written anew. */
const partsOf = (bytes: Uint8Array, object: Span | null): readonly Part[] =>
  object === null
    ? []
    : membersOf(bytes, object).map(({ name, value }) => ({
        name,
        bytes: Buffer.concat([Buffer.from(`${JSON.stringify(name)}:`), bytes.subarray(value.start, value.end)]),
      }))

const objectOf = (parts: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([OPEN, ...parts.flatMap((part, at) => (at === 0 ? [part] : [COMMA, part])), CLOSE])
