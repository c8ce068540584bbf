import { type Sha256, toHex } from '../hash'
import { canonicalJson, type Json } from '../json'
import { type Argument, InexactNumber } from '../policy/model'
import { readArgument } from './argument'
import { checkDeep } from './deep'
import { limits } from './limits'
import { elementsOf, memberOf } from './members'
import type { Span } from './message'

/** What a pin is about: the members of a tool's definition that tell a model what it does. Absent members stay absent. */
export type ToolDefinition = {
  readonly name: string
  readonly title?: Json
  readonly description?: Json
  readonly inputSchema?: Json
  readonly outputSchema?: Json
  readonly annotations?: Json
}

export type ListedTool = { readonly definition: ToolDefinition; readonly span: Span }

/** One page of a listing. `nextCursor` null: this was the last page. */
export type ToolPage = { readonly tools: readonly ListedTool[]; readonly nextCursor: string | null }

const PINNED = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const

/**
 * Reads the `result` of a `tools/list` reply; `line` was scanned, `result` is the span of its value. Null where it is no listing
 * two readers would read alike: a key twice, a tool without a name.
 */
export function readTools(line: Uint8Array, result: Span): ToolPage | null {
  if (checkDeep(line, result.start, limits.listingKeys) !== result.end) return null
  const list = memberOf(line, result, 'tools')
  if (list === null) return null
  const tools: ListedTool[] = []
  for (const span of elementsOf(line, list)) {
    const definition = definitionOf(readArgument(line, span))
    if (definition === null) return null
    tools.push({ definition, span })
  }
  const cursor = memberOf(line, result, 'nextCursor')
  const next = cursor === null ? null : readArgument(line, cursor)
  return { tools, nextCursor: typeof next === 'string' ? next : null }
}

function definitionOf(tool: Argument): ToolDefinition | null {
  if (typeof tool !== 'object' || tool === null || Array.isArray(tool) || tool instanceof InexactNumber) return null
  const members = tool as { readonly [key: string]: Argument }
  const { name } = members
  if (typeof name !== 'string') return null
  const pinned = PINNED.filter((key) => Object.hasOwn(members, key)).map((key) => [key, jsonOf(members[key] ?? null)] as const)
  return { name, ...Object.fromEntries(pinned) }
}

/** A number no double holds is kept apart from every other value, so that a change in its last digit is a change. */
function jsonOf(value: Argument): Json {
  if (value instanceof InexactNumber) return { '\u0000number': value.literal }
  if (Array.isArray(value)) return value.map((item: Argument) => jsonOf(item))
  if (typeof value !== 'object' || value === null) return value as Json
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, jsonOf(member as Argument)]))
}

/** SHA-256, in hex, over the RFC 8785 text of a definition. */
export const definitionDigest = (definition: ToolDefinition, sha256: Sha256): string =>
  toHex(sha256(new TextEncoder().encode(canonicalJson(definition as Json))))

/** The same line without the named definitions. Every other byte stays what and in the order it was. */
export function cutTools(line: Uint8Array, page: ToolPage, names: ReadonlySet<string>): Uint8Array {
  const cuts = page.tools.map(({ definition }) => names.has(definition.name))
  const pieces: Uint8Array[] = []
  let from = 0
  page.tools.forEach(({ span }, index) => {
    if (!cuts[index]) return
    const cut = cutAround(page.tools, cuts, index, span)
    pieces.push(line.subarray(from, Math.max(from, cut.start)))
    from = Math.max(from, cut.end)
  })
  return from === 0 ? line : joined([...pieces, line.subarray(from)])
}

/** A definition goes with the comma after it, or with the one before it where nothing that follows is kept. */
function cutAround(tools: readonly ListedTool[], cuts: readonly boolean[], index: number, span: Span): Span {
  const next = tools[index + 1]
  if (next !== undefined && cuts.indexOf(false, index) >= 0) return { start: span.start, end: next.span.start }
  const kept = tools[cuts.lastIndexOf(false, index)]
  return { start: kept ? kept.span.end : span.start, end: next === undefined ? span.end : next.span.start }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
