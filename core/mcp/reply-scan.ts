import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, standsAt, textOf } from './bytes'
import { failing } from './fault'
import { readId } from './id'
import { limits } from './limits'
import type { MessageId } from './message'
import { type ReplyNotes, ResultNotes } from './result-notes'
import { type Kind, kindOf, MEMBERS, type Member, type Outline } from './shape'
import { isEscaped } from './skip'
import { strictScalar } from './strict'

const NOT_JSON = failing('the line is not valid JSON')
const VERSION = new TextEncoder().encode('"2.0"')

/** The end of a line that was read in pieces: what it is, or a failure (a negative number of `fault.ts`). */
export type ReplyEnd = { readonly kind: Kind | number; readonly ok: boolean }

type Expected = 'object' | 'first key' | 'key' | 'colon' | 'value' | 'comma' | 'nothing'

/** What a structural byte of the top level leads to. */
const AFTER: { readonly [expected in Expected]: { readonly [byte: number]: Expected } } = {
  object: {},
  'first key': { [CLOSE_OBJECT]: 'nothing' },
  key: {},
  colon: { [COLON]: 'value' },
  value: {},
  comma: { [COMMA]: 'key', [CLOSE_OBJECT]: 'nothing' },
  nothing: {},
}

/**
 * One line read in pieces as they arrive, for replies too large to hold and lines too long to take. Its top level is as
 * strict as `scanLine`'s; below it only strings and brackets are followed. Nothing but small tokens is kept.
 */
export class ReplyScan {
  /** The id with its raw bytes, as soon as it has passed. */
  id: (MessageId & { readonly raw: Uint8Array }) | null = null
  /** The position in the last chunk of the brace that closed the message, or null while it is open. */
  closedAt: number | null = null
  private expected: Expected = 'object'
  private readonly members = new Set<Member>()
  private member: Member | null = null
  private failure = 0
  private idState: Outline['id'] = 'absent'
  private version = false
  private depth = 0
  private inString = false
  private escaped = false
  private token: number[] | null = null
  private readonly notes = new ResultNotes()

  has(member: Member): boolean {
    return this.members.has(member)
  }

  get failed(): boolean {
    return this.failure < 0
  }

  get reply(): ReplyNotes {
    return this.notes
  }

  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.inString) at = this.stringBytes(chunk, at)
      else if (this.depth > 1) at = this.nested(chunk, at)
      else at = this.top(chunk, at)
    }
  }

  end(): ReplyEnd {
    if (this.expected !== 'nothing') this.fail(failing('the line ends inside a value'))
    const ok = this.has('result')
    if (this.failure < 0) return { kind: this.failure, ok }
    return { kind: kindOf({ has: (member) => this.has(member), version: this.version, id: this.idState }), ok }
  }

  private fail(failure: number): void {
    this.failure ||= failure
  }

  /** Skips or collects string bytes up to and including the closing quote. */
  private stringBytes(chunk: Uint8Array, start: number): number {
    let at = start
    while (at < chunk.length) {
      if (this.escaped) this.escaped = false
      else if (chunk[at] === QUOTE) {
        this.collect(chunk, start, at + 1)
        this.inString = false
        this.stringEnds()
        return at + 1
      } else if (chunk[at] === BACKSLASH) this.escaped = true
      at += 1
      if (this.token === null && !this.escaped && at - start > 48) return this.longString(chunk, at)
    }
    this.collect(chunk, start, at)
    return at
  }

  /** A long string nobody reads: search for its quote natively. `from` lies outside any escape. */
  private longString(chunk: Uint8Array, from: number): number {
    const quote = chunk.indexOf(QUOTE, from)
    const end = quote < 0 ? chunk.length : quote
    this.escaped = isEscaped(chunk, end, from)
    return end
  }

  private collect(chunk: Uint8Array, start: number, end: number): void {
    if (this.token === null) return
    for (let at = start; at < end && this.token.length <= limits.idBytes; at += 1) this.token.push(chunk[at] ?? 0)
  }

  private stringEnds(): void {
    const token = this.takeToken()
    if (this.depth > 1) this.notes.text(this.depth, token)
    else if (this.expected === 'colon') this.keyEnds(token)
    else this.valueEnds(token)
  }

  private takeToken(): Uint8Array | null {
    const { token } = this
    this.token = null
    return token === null ? null : Uint8Array.from(token)
  }

  private keyEnds(token: Uint8Array | null): void {
    const name = token === null || token.length > 9 ? '' : textOf(token, 1, token.length - 1)
    const member = MEMBERS.find((known) => known === name) ?? null
    if (member === null) this.fail(failing('the message has an unexpected member'))
    else if (this.members.has(member)) this.fail(failing('the message has a member twice'))
    else this.members.add(member)
    this.member = member
  }

  /** A scalar at the top level, whole in `token` unless it is nobody's. */
  private valueEnds(token: Uint8Array | null): void {
    this.expected = 'comma'
    if (token === null) return
    const valid = strictScalar(token, 0) === token.length
    if (!valid) this.fail(NOT_JSON)
    if (this.member === 'jsonrpc') this.version = token.length === VERSION.length && standsAt(token, 0, VERSION)
    if (this.member !== 'id' || !valid) return
    const id = readId(token, 0, token.length)
    this.idState = id !== null ? 'valid' : token[0] === 0x6e ? 'null' : 'invalid'
    this.id = id === null ? null : { ...id, raw: token }
  }

  private top(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] ?? 0
    const isSpace = byte === 0x20 || byte === 0x0d || byte === 0x09
    if (this.token !== null) return this.scalarByte(chunk, at, byte, isSpace)
    if (isSpace) return at + 1
    if (byte === QUOTE) return this.topString(at)
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) return this.opens(at, byte)
    this.punctuation(at, byte)
    return at + 1
  }

  private punctuation(at: number, byte: number): void {
    const next = AFTER[this.expected][byte]
    if (next === 'nothing') this.closes(at)
    else if (next !== undefined) this.expected = next
    else if (this.expected === 'value') this.token = [byte]
    else this.fail(this.expected === 'nothing' ? failing('there is more than one value on the line') : NOT_JSON)
  }

  private scalarByte(chunk: Uint8Array, at: number, byte: number, isSpace: boolean): number {
    if (isSpace || byte === COMMA || byte === CLOSE_OBJECT) {
      this.valueEnds(this.takeToken())
      return at
    }
    this.collect(chunk, at, at + 1)
    return at + 1
  }

  private topString(at: number): number {
    const isKey = this.expected === 'key' || this.expected === 'first key'
    if (!isKey && this.expected !== 'value') this.fail(NOT_JSON)
    const isKept = isKey || this.member === 'id' || this.member === 'jsonrpc' || this.member === 'method'
    this.token = isKept ? [QUOTE] : null
    if (isKey) this.expected = 'colon'
    this.inString = true
    return at + 1
  }

  private opens(at: number, byte: number): number {
    if (this.depth === 0 && this.expected === 'object' && byte === OPEN_OBJECT) this.expected = 'first key'
    else if (this.depth === 1 && this.expected === 'value') this.notes.enter(this.member === 'result' && byte === OPEN_OBJECT)
    else this.fail(NOT_JSON)
    this.depth += 1
    if (this.depth === 2 && this.member === 'id') this.idState = 'invalid'
    return at + 1
  }

  private closes(at: number): void {
    this.depth = 0
    this.expected = 'nothing'
    this.closedAt = at
  }

  private nested(chunk: Uint8Array, start: number): number {
    let at = start
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0
      at += 1
      if (byte === QUOTE) {
        this.token = this.notes.reads(this.depth) ? [QUOTE] : null
        this.inString = true
        return at
      }
      this.depth += DEPTHS[byte] ?? 0
      if (this.depth < 4) this.notes.structure(this.depth, byte)
      if (this.depth > 1) continue
      this.expected = 'comma'
      return at
    }
    return at
  }
}

const DEPTHS = new Int8Array(256)
DEPTHS[OPEN_OBJECT] = DEPTHS[OPEN_ARRAY] = 1
DEPTHS[CLOSE_OBJECT] = DEPTHS[CLOSE_ARRAY] = -1
