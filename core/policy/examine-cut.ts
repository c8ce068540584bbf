import type { Span } from './places'

/** The items of one list of the text that stand next to each other: `key` is the list's, `hole` where the skeleton has a stand-in. */
export type Run = { readonly key: string; readonly items: readonly Span[]; readonly span: Span; readonly hole: Span }

/** A policy text without the items of its lists, and the items. */
export type Cut = { readonly skeleton: string; readonly runs: readonly Run[] }

const LISTS = /^(rules|tests):[ ]*(?:#.*)?$/
const ITEM = /^( *)-(?: |$)/

/**
 * Cuts a text before each item of `rules` and `tests`, where these are written as blocks whose lines say by their indentation where an
 * item ends. Null for any other text: a tab, a carriage return, a list begun twice, an explicit indentation. Takes no stand on whether
 * the text is YAML.
 */
export function cutItems(text: string): Cut | null {
  if (/[\t\r\uFEFF]|[|>][-+]?[1-9]/.test(text)) return null
  const cutter = new Cutter(text)
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline + 1
    if (!cutter.line(text.slice(start, newline === -1 ? text.length : newline), end)) return null
    start = end
  }
  return cutter.cut()
}

type Open = { readonly key: string; indent: number; readonly starts: number[]; end: number }

/** Line by line: outside a list, in one whose first item is awaited (`indent` -1), or among its items. */
class Cutter {
  private readonly runs: Run[] = []
  private skeleton = ''
  private copied = 0
  private open: Open | null = null

  constructor(private readonly text: string) {}

  /** False where the text can't be cut. */
  line(line: string, end: number): boolean {
    if (this.open && this.inList(this.open, line, end)) return true
    this.close()
    const key = LISTS.exec(line)?.[1] ?? null
    if (key !== null) this.open = { key, indent: -1, starts: [], end }
    return key === null || this.runs.every((run) => run.key !== key)
  }

  cut(): Cut | null {
    this.close()
    this.skeleton += this.text.slice(this.copied)
    return this.runs.length === 0 ? null : { skeleton: this.skeleton, runs: this.runs }
  }

  /** True while the line still belongs to the list: an item, something inside one, or nothing. */
  private inList(open: Open, line: string, end: number): boolean {
    if (BLANK.test(line)) {
      if (open.starts.length > 0) open.end = end
      return true
    }
    const indent = ITEM.exec(line)?.[1]?.length ?? -1
    if (open.indent === -1) open.indent = indent
    const isItem = indent >= 0 && indent === open.indent
    if (!isItem && !(open.starts.length > 0 && line.startsWith(' '.repeat(open.indent + 1)))) return false
    if (isItem) open.starts.push(end - line.length - (this.text[end - 1] === '\n' ? 1 : 0))
    open.end = end
    return true
  }

  private close(): void {
    const open = this.open
    this.open = null
    const [first] = open?.starts ?? []
    if (!open || first === undefined) return
    const { key, indent, starts, end } = open
    this.skeleton += this.text.slice(this.copied, first)
    const standIn = `${' '.repeat(indent)}- 0\n`
    const hole = { start: this.skeleton.length, end: this.skeleton.length + standIn.length }
    this.skeleton += standIn
    this.copied = end
    const items = starts.map((start, index) => ({ start, end: starts[index + 1] ?? end }))
    this.runs.push({ key, items, span: { start: first, end }, hole })
  }
}

const BLANK = /^ *(?:#.*)?$/
