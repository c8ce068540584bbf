import { CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace, standsAt } from './bytes'
import { checkDeep } from './deep'
import { failing, faultOf, type LineFault } from './fault'
import { readId } from './id'
import { keyText } from './keys'
import { limits } from './limits'
import type { Direction, Message, MessageId, Span } from './message'
import { kindOf, type Member, type Outline } from './shape'
import { skipValue } from './skip'
import { strictString } from './strict'

export type Scanned = { readonly message: Message; readonly fault?: never } | { readonly fault: LineFault; readonly message?: never }

/**
 * Reads one line (without its newline) of a JSON-RPC stream. The top level is strict on every line; `params` is strict to any
 * depth, because two parsers that disagree about it would judge one call and run another. Results are not looked into.
 */
export function scanLine(line: Uint8Array, direction: Direction): Scanned {
  const found = new TopLevel(line)
  const failure = found.read()
  const id = found.id()
  const idBytes = id.id === null ? null : line.subarray(id.id.span.start, id.id.span.end)
  const fail = (reason: number): Scanned => ({ fault: faultOf(reason, idBytes, found.has('method')) })
  if (failure < 0) return fail(failure)
  const kind = kindOf({ has: found.has, version: found.isVersion2(), id: id.state })
  if (typeof kind === 'number') return fail(kind)
  const { params } = found.spans
  const wrong = kind === 'response' || params === null || found.paramsAreStrict ? 0 : checkParams(line, params)
  if (wrong < 0) return fail(wrong)
  if (isTorn(line)) return fail(failing('the line holds a carriage return before its end'))
  if (kind === 'response') return { message: { kind, direction, id: id.id, ok: found.has('result'), value: found.value() } }
  const method = found.method()
  if (method === null) return fail(failing('the method is not a string'))
  if (kind === 'notification' || id.id === null) return { message: { kind: 'notification', direction, method, params } }
  return { message: { kind, direction, id: id.id, method, params } }
}

const RETURN = 0x0d

/**
 * Readers that end lines at a carriage return as well (Python's text streams, Node's readline) would find a message of its own between
 * two of them, one that nobody judged. JSON allows it between tokens, but nobody writes it there.
 */
export function isTorn(line: Uint8Array): boolean {
  const at = line.indexOf(RETURN)
  return at >= 0 && at < line.length - 1
}

function checkParams(line: Uint8Array, params: Span): number {
  if (line[params.start] !== OPEN_OBJECT) return failing('params is not an object')
  if (params.end - params.start > limits.paramsBytes) return failing('params is too large')
  const end = checkDeep(line, params.start)
  return end < 0 || end === params.end ? end : failing('the line is not valid JSON')
}

const VERSION = new TextEncoder().encode('"2.0"')
const noSpans = (): Record<Member, Span | null> => ({ jsonrpc: null, id: null, method: null, params: null, result: null, error: null })

/** The members of the outermost object. Reading goes on after a wrong member, so that the refusal can carry the id. */
class TopLevel {
  readonly spans = noSpans()
  /** `params` was checked to its depths while its end was looked for. */
  paramsAreStrict = false
  private wrong = 0
  private ambiguousId = false

  constructor(private readonly line: Uint8Array) {}

  readonly has = (member: Member): boolean => this.spans[member] !== null

  read(): number {
    const { line } = this
    const start = skipSpace(line, 0)
    if (line[start] !== OPEN_OBJECT) return startFailure(line, start)
    let at = skipSpace(line, start + 1)
    if (line[at] === CLOSE_OBJECT) at += 1
    else at = this.members(at)
    if (at < 0) return at
    return skipSpace(line, at) < line.length ? failing('there is more than one value on the line') : this.wrong
  }

  private members(start: number): number {
    let at = start
    for (;;) {
      at = this.member(at)
      if (at < 0) return at
      at = skipSpace(this.line, at)
      const byte = this.line[at]
      if (byte === CLOSE_OBJECT) return at + 1
      if (byte !== COMMA) return failing(byte === undefined ? 'the line ends inside a value' : 'the line is not valid JSON')
      at = skipSpace(this.line, at + 1)
    }
  }

  private member(start: number): number {
    const { line } = this
    if (line[start] !== QUOTE) return failing(start >= line.length ? 'the line ends inside a value' : 'the line is not valid JSON')
    const keyEnd = strictString(line, start)
    if (keyEnd < 0) return keyEnd
    const colon = skipSpace(line, keyEnd)
    if (line[colon] !== COLON) return failing(colon >= line.length ? 'the line ends inside a value' : 'the line is not valid JSON')
    const valueStart = skipSpace(line, colon + 1)
    const member = memberAt(line, start + 1, keyEnd - 1)
    const end = member === 'params' ? this.paramsEnd(valueStart) : skipValue(line, valueStart)
    if (end >= 0) this.note(member, { start: valueStart, end })
    return end
  }

  /** Where `params` is strict, its end is found by checking it; where not, its id is still wanted, so it is skipped. */
  private paramsEnd(start: number): number {
    const { line } = this
    if (this.spans.params !== null || line[start] !== OPEN_OBJECT || line.length > limits.paramsBytes) return skipValue(line, start)
    const end = checkDeep(line, start)
    this.paramsAreStrict = end >= 0
    return this.paramsAreStrict ? end : skipValue(line, start)
  }

  private note(member: Member | null, span: Span): void {
    if (member === null) this.wrong ||= failing('the message has an unexpected member')
    else if (this.spans[member] === null) this.spans[member] = span
    else {
      this.wrong = failing('the message has a member twice')
      if (member === 'id') this.ambiguousId = true
    }
  }

  id(): { state: Outline['id']; id: MessageId | null } {
    const span = this.spans.id
    if (span === null || this.ambiguousId) return { state: 'absent', id: null }
    const id = readId(this.line, span.start, span.end)
    if (id !== null) return { state: 'valid', id }
    return { state: this.line[span.start] === 0x6e ? 'null' : 'invalid', id }
  }

  isVersion2(): boolean {
    const span = this.spans.jsonrpc
    return span !== null && span.end - span.start === VERSION.length && standsAt(this.line, span.start, VERSION)
  }

  method(): string | null {
    const span = this.spans.method
    return span === null || this.line[span.start] !== QUOTE ? null : keyText(this.line, span.start + 1, span.end - 1)
  }

  value(): Span {
    return this.spans.result ?? this.spans.error ?? { start: 0, end: 0 }
  }
}

function startFailure(line: Uint8Array, start: number): number {
  if (start >= line.length) return failing('the line is empty')
  const hasMark = line[start] === 0xef && line[start + 1] === 0xbb && line[start + 2] === 0xbf
  const first = hasMark ? skipSpace(line, start + 3) : start
  if (line[first] === OPEN_ARRAY) return failing('batches are not accepted')
  if (hasMark) return failing('the line starts with a byte order mark')
  return failing(skipValue(line, start) < 0 ? 'the line is not valid JSON' : 'the message is not an object')
}

/** Names are compared as bytes: a member that is spelled with escapes is an unexpected one. */
function memberAt(line: Uint8Array, start: number, end: number): Member | null {
  for (const [member, bytes] of NAMES[end - start] ?? []) {
    if (standsAt(line, start, bytes)) return member
  }
  return null
}

const encode = (member: Member): readonly [Member, Uint8Array] => [member, new TextEncoder().encode(member)]

/** By length, so that a member costs a comparison or three. */
const NAMES: { readonly [length: number]: readonly (readonly [Member, Uint8Array])[] } = {
  2: [encode('id')],
  5: [encode('error')],
  6: [encode('method'), encode('params'), encode('result')],
  7: [encode('jsonrpc')],
}
