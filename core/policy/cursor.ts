import type { Path } from './places'

/**
 * Where somebody is writing, in a text that need not be YAML yet. `key`: at the name of a member of the map at `path`. `value`: at the
 * value at `path`. `either`: nothing tells yet. `start` to `end` is the word that a completion would replace.
 */
export type Cursor = {
  readonly path: Path
  readonly at: 'key' | 'value' | 'either'
  readonly start: number
  readonly end: number
  readonly word: string
  /** The word stands in quotes of its own. */
  readonly quoted: boolean
  readonly flow: boolean
  /** Keys that the map already has, as far as they can be told. */
  readonly siblings: readonly string[]
}

/** Reads the lines above by their indentation, as a person would; never throws. */
export function cursorAt(text: string, offset: number): Cursor {
  const scan = new Scan()
  const lineStart = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
  for (const line of text.slice(0, lineStart).split('\n').slice(0, -1)) scan.line(line)
  const head = text.slice(lineStart, offset)
  const here = scan.last(head)
  const { start, quoted } = wordStart(text, lineStart, offset)
  const end = offset + (/^[^\s,[\]{}"'#:]*/.exec(text.slice(offset))?.[0].length ?? 0)
  const siblings = here.flow ? here.siblings : blockSiblings(text, lineStart, here.column)
  return { ...here, start, end, word: text.slice(start, offset), quoted, siblings }
}

function wordStart(text: string, lineStart: number, offset: number): { start: number; quoted: boolean } {
  const head = text.slice(lineStart, offset)
  const inQuotes = /(?:^|[\s,[{:])(["'])((?:(?!\1).)*)$/.exec(head)
  if (inQuotes && !isClosed(head)) return { start: offset - (inQuotes[2]?.length ?? 0), quoted: true }
  return { start: offset - (/[^\s,[\]{}"'#]*$/.exec(head)?.[0].length ?? 0), quoted: false }
}

/** An even number of quotes: what looks like an opening one closes something. */
const isClosed = (head: string): boolean => (head.match(/"/g)?.length ?? 0) % 2 === 0 && (head.match(/'/g)?.length ?? 0) % 2 === 0

const KEY = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#[\]{},"'&*!|>%@`-][^:#]*?|-[^\s:#][^:#]*?)\s*:(?=\s|$)/

type Frame = { readonly column: number; step: string | number }
type Flow = { readonly open: string; key: string | null; index: number; readonly keys: string[]; token: string; isValue: boolean }
type Here = Pick<Cursor, 'path' | 'at' | 'flow' | 'siblings'> & { readonly column: number }

/** What is open at the end of the lines seen so far. */
class Scan {
  private frames: Frame[] = []
  private flows: Flow[] = []
  private quote: string | null = null
  /** Lines further right than this are text of a block scalar. */
  private scalar: number | null = null

  line(line: string): void {
    if (this.flows.length > 0) {
      this.flow(`${line}\n`)
      return
    }
    if (/^\s*(?:#.*)?$/.test(line) || this.isScalar(line)) return
    const { content, column } = this.dashes(line)
    const key = KEY.exec(content)
    if (!key) {
      this.flowIfAny(content)
      return
    }
    this.member(column, unquoted(key[1] ?? ''))
    const value = content.slice(key[0].length).trimStart()
    if (/^[|>]/.test(value)) this.scalar = column
    this.flowIfAny(value)
  }

  last(head: string): Here {
    if (this.flows.length > 0) {
      this.flow(head)
      return this.flows.length > 0 ? this.inFlow() : this.inBlock('value', 0)
    }
    const { content, column } = this.dashes(head)
    const key = KEY.exec(`${content}`) ?? (content.endsWith(':') ? KEY.exec(`${content} `) : null)
    if (!key) return this.bare(content, column)
    this.member(column, unquoted(key[1] ?? ''))
    this.flowIfAny(content.slice(key[0].length).trimStart())
    return this.flows.length > 0 ? this.inFlow() : this.inBlock('value', column)
  }

  /** No key on this line: a key being written, an item of a list, or a value on a line of its own. */
  private bare(content: string, column: number): Here {
    this.flowIfAny(content)
    if (this.flows.length > 0) return this.inFlow()
    while (this.frames.some((frame) => frame.column > column || (frame.column === column && !this.isOwnDash(frame, column))))
      this.frames.pop()
    return this.inBlock('either', column)
  }

  /** The dash of this very line stands to the left of what follows it. */
  private isOwnDash = (frame: Frame, column: number): boolean => typeof frame.step === 'number' && frame.column < column

  private isScalar(line: string): boolean {
    if (this.scalar === null) return false
    const column = line.length - line.trimStart().length
    if (column > this.scalar) return true
    this.scalar = null
    return false
  }

  /** Takes the dashes at the front of a line as items; what is left, and where it starts. */
  private dashes(line: string): { content: string; column: number } {
    let column = line.length - line.trimStart().length
    let content = line.slice(column)
    for (let dash = /^-(?:\s+|$)/.exec(content); dash; dash = /^-(?:\s+|$)/.exec(content)) {
      this.item(column)
      column += dash[0].length
      content = content.slice(dash[0].length)
    }
    return { content, column }
  }

  private item(column: number): void {
    while ((this.frames.at(-1)?.column ?? -1) > column) this.frames.pop()
    const top = this.frames.at(-1)
    if (top && top.column === column && typeof top.step === 'number') top.step++
    else this.frames.push({ column, step: 0 })
  }

  private member(column: number, key: string): void {
    while ((this.frames.at(-1)?.column ?? -1) >= column) this.frames.pop()
    this.frames.push({ column, step: key })
  }

  private flowIfAny(text: string): void {
    if (/^[[{]/.test(text)) this.flow(`${text}\n`)
  }

  private flow(text: string): void {
    for (const character of text) {
      if (this.flows.length > 0 && this.isQuoted(character)) this.inside(character)
      else if (character === '[' || character === '{') this.push(character)
      else if (character === ']' || character === '}') this.flows.pop()
      else this.inside(character)
      if (this.flows.length === 0) return
    }
  }

  /** A quote opens where a value may start; inside of one nothing else counts. */
  private isQuoted(character: string): boolean {
    const { quote } = this
    if (quote !== null) this.quote = character === quote ? null : quote
    else if (/["']/.test(character) && this.flows.at(-1)?.token.trim() === '') this.quote = character
    return quote !== null || this.quote !== null
  }

  private push(open: string): void {
    this.flows.push({ open, key: null, index: 0, keys: [], token: '', isValue: false })
  }

  private inside(character: string): void {
    const top = this.flows.at(-1)
    if (!top) return
    if (character === ',' && !this.quote) Object.assign(top, { key: null, index: top.index + 1, token: '', isValue: false })
    else if (character === ':' && !this.quote && top.open === '{' && !top.isValue) {
      top.key = unquoted(top.token.trim())
      top.keys.push(top.key)
      Object.assign(top, { token: '', isValue: true })
    } else top.token += character
  }

  private inFlow(): Here {
    const steps = this.flows.flatMap(({ open, key, index }): Path => (open === '[' ? [index] : key === null ? [] : [key]))
    const top = this.flows.at(-1)
    const at = top?.open === '{' && !top.isValue ? 'key' : top?.open === '{' ? 'value' : 'either'
    return { path: [...this.path(), ...steps], at, flow: true, siblings: top?.keys ?? [], column: 0 }
  }

  private inBlock(at: Cursor['at'], column: number): Here {
    return { path: this.path(), at, flow: false, siblings: [], column }
  }

  private path = (): Path => this.frames.map(({ step }) => step)
}

const unquoted = (key: string): string => (/^(["']).*\1$/.test(key) ? key.slice(1, -1) : key)

/** Keys in the same column around a line, up and down to where something further left begins. */
function blockSiblings(text: string, lineStart: number, column: number): readonly string[] {
  const lines = text.split('\n').map(lineShape)
  const own = text.slice(0, lineStart).split('\n').length - 1
  const found: string[] = []
  const take = ({ start, content }: LineShape): void => {
    const key = start === column ? KEY.exec(content) : null
    if (key) found.push(unquoted(key[1] ?? ''))
  }
  for (let at = own; at > 0 && !isLeft(lines[at], column); at--) {
    const above = lines[at - 1]
    if (above && !above.isBlank && above.start < column) break
    if (above) take(above)
  }
  for (const below of lines.slice(own + 1)) {
    if (isLeft(below, column) || (!below.isBlank && below.start < column)) break
    take(below)
  }
  return found
}

type LineShape = { readonly isBlank: boolean; readonly dash: number | null; readonly start: number; readonly content: string }

/** Where a line's own text starts, behind the dashes of the items it opens. */
function lineShape(line: string): LineShape {
  const dashes = /^\s*(?:-\s+)+/.exec(line)?.[0]
  const indent = line.length - line.trimStart().length
  const start = dashes?.length ?? indent
  const isBlank = line.trim() === '' || line.trimStart().startsWith('#')
  return { isBlank, dash: dashes === undefined ? null : indent, start, content: line.slice(start) }
}

/** An item begins on this line, further left than the column. */
const isLeft = (line: LineShape | undefined, column: number): boolean => line?.dash !== null && line !== undefined && line.dash < column
