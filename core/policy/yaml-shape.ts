import { CST, Lexer } from 'yaml'
import { quote } from '../quote'
import type { Span } from './places'

export const MAX_BYTES = 256 * 1024
export const MAX_DEPTH = 32
const MAX_ALIASES = 64
/** No line of a policy within `MAX_DEPTH` starts further to the right than this. */
const MAX_INDENT = 256

export type Report = (code: string, message: string, span: Span, suggestion?: string) => void

/** Controls, and the characters that reorder or hide what a reviewer sees (Trojan Source, CVE-2021-42574). */
const UNSEEN = /(?![\t\n\r])\p{Cc}|[\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]|\p{Surrogate}/u

/**
 * What must hold before the YAML library may look at a text: its size, characters and nesting. The library builds nested values by
 * recursion and expands aliases, so a text made to exhaust it has to be refused on the token stream, in linear time. At most one problem.
 */
export function checkShape(text: string, report: Report): void {
  const found = sizeProblem(text) ?? unseenProblem(text) ?? tokenProblem(text)
  if (found) report(found.code, found.message, found.span)
}

type Found = { readonly code: string; readonly message: string; readonly span: Span }

function sizeProblem(text: string): Found | null {
  const bytes = utf8Length(text)
  if (bytes <= MAX_BYTES) return null
  return { code: 'too_large', message: `The text has ${bytes} bytes; a policy may have ${MAX_BYTES}.`, span: { start: 0, end: 0 } }
}

function unseenProblem(text: string): Found | null {
  const unseen = UNSEEN.exec(text)
  if (!unseen) return null
  const message = `The character ${quote(unseen[0])} can't be seen here; write it as an escape in double quotes.`
  return { code: 'unseen_character', message, span: { start: unseen.index, end: unseen.index + 1 } }
}

/** Bytes in UTF-8; a lone surrogate counts three, as its replacement character does. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

type Counts = { open: string[]; before: string; indent: number; inline: number; aliases: number; newLine: boolean }

const REFUSED: { readonly [type: string]: { code: string; message: string } } = {
  tag: { code: 'tag', message: 'Tags (!…) are refused: a policy is plain data. Remove the tag; quote the value if it is text.' },
  'directive-line': { code: 'directive', message: 'Directives (%…) are refused: a policy is YAML 1.2. Remove this line.' },
}

function tokenProblem(text: string): Found | null {
  const counts: Counts = { open: [], before: '', indent: 0, inline: 0, aliases: 0, newLine: true }
  let offset = 0
  let inScalar = false
  for (const token of new Lexer().lex(text)) {
    const type = inScalar ? 'scalar' : CST.tokenType(token)
    inScalar = token === CST.SCALAR
    if (inScalar || token === CST.DOCUMENT || token === CST.FLOW_END) continue
    const span = { start: offset, end: offset + token.length }
    offset += token.length
    const problem = REFUSED[type ?? ''] ?? flowProblem(counts, type) ?? countProblem(counts, type, token)
    if (problem) return { ...problem, span }
  }
  return null
}

const CLOSES: { readonly [type: string]: string } = { 'flow-map-end': 'flow-map-start', 'flow-seq-end': 'flow-seq-start' }
const BLANK: readonly (string | null)[] = ['space', 'newline', 'comment']

/** Brackets that don't pair and commas after nothing: the library collects an error for each, in quadratic time. */
function flowProblem(counts: Counts, type: string | null): Omit<Found, 'span'> | null {
  if (BLANK.includes(type)) return null
  const { open, before } = counts
  counts.before = type ?? ''
  if (type === 'flow-map-start' || type === 'flow-seq-start') open.push(type)
  const opener = CLOSES[type ?? '']
  if (opener && open.pop() !== opener)
    return { code: 'yaml', message: 'Not valid YAML: this bracket closes nothing that is open; remove it.' }
  if (type === 'comma' && (before === 'comma' || before === open.at(-1))) {
    return { code: 'yaml', message: 'Not valid YAML: there is nothing before this comma; remove it.' }
  }
  return null
}

function countProblem(counts: Counts, type: string | null, token: string): Omit<Found, 'span'> | null {
  if (type === 'newline') {
    counts.indent = 0
    counts.inline = 0
  }
  if (type === 'space' && counts.newLine) counts.indent = token.length
  counts.newLine = type === 'newline'
  if (type === 'seq-item-ind' || type === 'explicit-key-ind') counts.inline++
  if (type === 'alias') counts.aliases++
  if (counts.open.length > MAX_DEPTH || counts.inline > MAX_DEPTH || counts.indent > MAX_INDENT) {
    return { code: 'too_deep', message: `Nested deeper than ${MAX_DEPTH} levels; no policy needs that.` }
  }
  return counts.aliases > MAX_ALIASES ? { code: 'alias', message: `More than ${MAX_ALIASES} aliases; write the text out.` } : null
}
