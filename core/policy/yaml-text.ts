import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Json } from '../json'
import { quote } from '../quote'
import type { Problem } from './model'
import { Lines, type Located, type Span } from './places'
import { checkShape, MAX_DEPTH, type Report } from './yaml-shape'

/** What aliases may add to a text, in values. Enough to share a list of folders, far too little for a bomb. */
const MAX_SHARED_VALUES = 4096

/** No list of problems is longer than anyone reads. */
export const MAX_PROBLEMS = 50

export type YamlText = { readonly root: Located | null; readonly lines: Lines; readonly problems: readonly Problem[] }

/**
 * Reads one strict YAML 1.2 document (core schema) as JSON with places. No tags, directives, merge keys, repeated or non-string keys,
 * numbers that JSON would not write, or characters that can't be seen; aliases are bounded. Never throws; `root` is null after a problem.
 */
export function readYaml(source: string): YamlText {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const lines = new Lines(text)
  const problems: Problem[] = []
  const report: Report = (code, message, span, suggestion) => {
    if (problems.length >= MAX_PROBLEMS) return
    problems.push({ severity: 'error', code, message, place: lines.place(span), ...(suggestion === undefined ? {} : { suggestion }) })
  }
  checkShape(text, report)
  const document = problems.length === 0 ? compose(text, report) : null
  const root = document?.contents && problems.length === 0 ? new Reader(report).read(document.contents, 0) : null
  return { root: problems.length === 0 ? root : null, lines, problems }
}

/** The YAML library's own reading. What it throws on a text that passed `checkShape` is one more way of being unreadable. */
function compose(text: string, report: Report): Document.Parsed | null {
  const composer = new Composer({ version: '1.2', schema: 'core', strict: true, uniqueKeys: false, merge: false, prettyErrors: false })
  let documents: Document.Parsed[]
  try {
    documents = [...composer.compose(upToFirstError(text), true, text.length)] as Document.Parsed[]
  } catch (error) {
    report('yaml', `This text can't be read as YAML: ${error instanceof Error ? error.message : 'unknown failure'}.`, { start: 0, end: 0 })
    return null
  }
  const [document, second] = documents
  if (second) report('yaml_documents', 'A policy is exactly one YAML document; remove this second one.', spanOf(second.contents ?? second))
  for (const found of documents.flatMap((each) => [...each.errors, ...each.warnings])) {
    report('yaml', `Not valid YAML: ${sentence(found.message)}`, { start: found.pos[0], end: found.pos[1] })
  }
  if (!document?.contents || isEmpty(document.contents)) {
    report('empty', 'The text is empty; a policy starts with version: "1" and has rules.', { start: 0, end: text.length })
  }
  return document ?? null
}

/** What follows a token that fits nowhere says nothing more, and the library's time grows with the square of such tokens. */
function* upToFirstError(text: string): Generator<CST.Token> {
  for (const token of new Parser().parse(text)) {
    yield token
    if (token.type === 'error') return
  }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const isEmpty = (node: Node): boolean => isScalar(node) && node.value === null && !(node as Scalar.Parsed).source

function spanOf(node: { range?: readonly [number, number, number] | null | undefined }): Span {
  return { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 }
}

const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/
const LONE_SURROGATE = /\p{Surrogate}/u
/** Scalars that YAML 1.1 readers take for booleans: quoted, everybody reads the same. */
const OLD_BOOLEAN = /^(?:yes|no|on|off)$/i

/** One pass from nodes to JSON with places. Keeps what aliases cost. */
class Reader {
  private readonly anchors = new Map<string, Located | 'open'>()
  private shared = 0

  constructor(private readonly report: Report) {}

  read(node: Node, depth: number): Located {
    const span = spanOf(node)
    if (isAlias(node)) return this.alias(node.source, span)
    if (depth > MAX_DEPTH) return this.refuse('too_deep', `Nested deeper than ${MAX_DEPTH} levels; no policy needs that.`, span)
    const anchor = 'anchor' in node ? (node.anchor as string | undefined) : undefined
    if (anchor) this.anchors.set(anchor, 'open')
    const located = this.content(node, span, depth)
    if (anchor) this.anchors.set(anchor, located)
    return located
  }

  private content(node: Node, span: Span, depth: number): Located {
    if (isMap(node)) return this.map(node as YAMLMap.Parsed, span, depth)
    if (isSeq(node)) return this.list(node as YAMLSeq.Parsed, span, depth)
    return this.scalar(node as Scalar.Parsed, span)
  }

  private alias(name: string, span: Span): Located {
    const target = this.anchors.get(name)
    if (target === undefined) return this.refuse('alias', `There is no anchor &${name} above this alias.`, span)
    if (target === 'open')
      return this.refuse('alias', `The alias *${name} stands inside its own anchor; a policy can't contain itself.`, span)
    const size = countValues(target, MAX_SHARED_VALUES - this.shared + 1)
    this.shared += size
    if (this.shared > MAX_SHARED_VALUES)
      return this.refuse('alias', `Aliases repeat more than ${MAX_SHARED_VALUES} values; write the text out.`, span)
    return target
  }

  private list(node: YAMLSeq.Parsed, span: Span, depth: number): Located {
    const items = node.items.map((item) => this.read(item as Node, depth + 1))
    return { value: items.map((item) => item.value), span, items }
  }

  private map(node: YAMLMap.Parsed, span: Span, depth: number): Located {
    const members = new Map<string, { key: Span; value: Located }>()
    for (const pair of node.items) {
      const keySpan = spanOf(pair.key)
      const key = this.key(pair.key as Node, keySpan)
      if (key === null) continue
      if (members.has(key)) this.report('duplicate_key', `The key ${quote(key)} stands twice in the same place; keep one.`, keySpan)
      const value = pair.value ? this.read(pair.value as Node, depth + 1) : { value: null, span: { start: keySpan.end, end: keySpan.end } }
      members.set(key, { key: keySpan, value })
    }
    return { value: Object.fromEntries([...members].map(([key, member]) => [key, member.value.value])), span, members }
  }

  private key(node: Node, span: Span): string | null {
    const key = isScalar(node) ? (node as Scalar.Parsed) : null
    if (!key || typeof key.value !== 'string') {
      const read = key ? `${key.value === null ? 'null' : `a ${typeof key.value}`}` : 'no text'
      this.report('key_type', `This key is ${read}; every key must be text: write it in quotes.`, span)
      return null
    }
    if (key.value === '<<' && key.type === 'PLAIN') {
      this.report('merge_key', 'Merge keys (<<) are refused: what a rule says must stand in the rule. Write the members out.', span)
      return null
    }
    if (key.value === '__proto__' || LONE_SURROGATE.test(key.value)) {
      this.report('key_name', `The key ${quote(key.value)} can't be used here; rename it.`, span)
      return null
    }
    return key.value
  }

  private scalar(node: Scalar.Parsed, span: Span): Located {
    const { value, source } = node
    if (typeof value === 'number') return this.number(value, source ?? '', span)
    if (typeof value !== 'string') return { value: value as Json, span }
    if (node.type === 'PLAIN' && OLD_BOOLEAN.test(value)) {
      return this.refuse(
        'ambiguous',
        `Some YAML readers take ${value} for a boolean; write "${value}" in quotes, or true or false.`,
        span,
        `"${value}"`,
      )
    }
    if (LONE_SURROGATE.test(value))
      return this.refuse('surrogate', 'This text holds half a character (a lone surrogate); remove the escape.', span)
    return { value, span }
  }

  /** A number whose decimal value a double can't hold would be judged as another one. */
  private number(value: number, source: string, span: Span): Located {
    if (!JSON_NUMBER.test(source) || !Number.isFinite(value)) {
      const hint = Number.isFinite(value) ? `; write ${value}, or "${source}" in quotes` : `; write "${source}" in quotes if text is meant`
      return this.refuse('number', `${source} is not written as a plain decimal number${hint}.`, span)
    }
    const digits = source
      .replace(/[eE].*$/, '')
      .replace(/^-|\./g, '')
      .replace(/^0+/, '')
    const exact = /[.eE]/.test(source) ? digits.length <= 15 : Number.isSafeInteger(value)
    if (!exact)
      return this.refuse('number', `${source} has more digits than a number can hold; write "${source}" in quotes.`, span, `"${source}"`)
    return { value: value === 0 ? 0 : value, span }
  }

  private refuse(code: string, message: string, span: Span, suggestion?: string): Located {
    this.report(code, message, span, suggestion)
    return { value: null, span }
  }
}

/** Values in a subtree, counted no further than `limit`. */
function countValues(located: Located, limit: number): number {
  let count = 1
  const children = located.items ?? [...(located.members?.values() ?? [])].map((member) => member.value)
  for (const child of children) {
    if (count >= limit) return count
    count += countValues(child, limit - count)
  }
  return count
}
