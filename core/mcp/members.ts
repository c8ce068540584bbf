import { CLOSE_ARRAY, CLOSE_OBJECT, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace } from './bytes'
import { readId } from './id'
import { keyText } from './keys'
import type { MessageId, Span } from './message'
import { skipValue } from './skip'
import { strictString } from './strict'

/** One member of an object: its name unescaped, and the bytes of its value. */
export type MemberSpan = { readonly name: string; readonly value: Span }

/** The members of an object that was scanned before; empty where the bytes are no object. Later members do not win: all are listed. */
export function membersOf(bytes: Uint8Array, object: Span): readonly MemberSpan[] {
  const members: MemberSpan[] = []
  if (bytes[object.start] !== OPEN_OBJECT) return members
  let at = skipSpace(bytes, object.start + 1)
  while (at < object.end && bytes[at] === QUOTE) {
    const keyEnd = strictString(bytes, at)
    if (keyEnd < 0) return members
    const start = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1)
    const end = skipValue(bytes, start)
    if (end < 0) return members
    members.push({ name: keyText(bytes, at + 1, keyEnd - 1), value: { start, end } })
    at = skipSpace(bytes, end)
    if (bytes[at] === CLOSE_OBJECT || bytes[at] !== COMMA) return members
    at = skipSpace(bytes, at + 1)
  }
  return members
}

/** The elements of an array that was scanned before; empty where the bytes are no array. */
export function elementsOf(bytes: Uint8Array, array: Span): readonly Span[] {
  const elements: Span[] = []
  if (bytes[array.start] !== OPEN_ARRAY) return elements
  let at = skipSpace(bytes, array.start + 1)
  while (at < array.end && bytes[at] !== CLOSE_ARRAY) {
    const end = skipValue(bytes, at)
    if (end < 0) return elements
    elements.push({ start: at, end })
    at = skipSpace(bytes, end)
    if (bytes[at] !== COMMA) return elements
    at = skipSpace(bytes, at + 1)
  }
  return elements
}

/** The value of a named member, or null. */
export function memberOf(bytes: Uint8Array, object: Span | null, name: string): Span | null {
  if (object === null) return null
  return membersOf(bytes, object).find((member) => member.name === name)?.value ?? null
}

/** The request that a `notifications/cancelled` names, or null. */
export function cancelledId(line: Uint8Array, params: Span | null): MessageId | null {
  const span = memberOf(line, params, 'requestId')
  return span === null ? null : readId(line, span.start, span.end)
}
