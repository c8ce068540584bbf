/** A JSON value as people are shown it: numbers are the digits that came, members are in one order. */
export type Shown =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'number'; readonly literal: string }
  | { readonly is: 'word'; readonly word: 'true' | 'false' | 'null' }
  | { readonly is: 'list'; readonly items: readonly Shown[] }
  | { readonly is: 'object'; readonly members: readonly { readonly key: string; readonly value: Shown }[] }

const DEPTH_LIMIT = 200
const TOKEN = /[ \t\r\n]*(?:([{}[\],:])|(")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/uy
const WORDS = ['true', 'false', 'null'] as const
const MOST_BYTES = 1024 * 1024
const MOST_VALUES = 50_000

/** Why nobody could be shown a call with these params, or null where they can be: what takes minutes to draw or to read is asked of no one. */
export function tooMuchToShow(paramBytes: Uint8Array): string | null {
  if (paramBytes.length > MOST_BYTES) return 'it carries more than 1 MiB, which is more than a person could be shown'
  if (paramBytes.length === 0) return null
  const waiting: unknown[] = [JSON.parse(new TextDecoder().decode(paramBytes))]
  for (let count = 1; waiting.length > 0; count++) {
    if (count > MOST_VALUES) return 'it carries more than 50,000 values, which is more than a person could be shown'
    const value = waiting.pop()
    if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) waiting.push(member)
  }
  return null
}

/**
 * Reads the stored bytes of a call's arguments for showing; null where they are no JSON object of unique keys, which no gateway stores: such
 * a call can be denied, and not approved. No bytes at all are a call without arguments.
 */
export function readShown(bytes: Uint8Array): Shown | null {
  if (bytes.length === 0) return { is: 'object', members: [] }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const reader = new Reader(text)
    const value = reader.value(0)
    return reader.isAtEnd() && value.is === 'object' ? value : null
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null
    throw error
  }
}

class Reader {
  private at = 0

  constructor(private readonly source: string) {}

  isAtEnd(): boolean {
    return /^[ \t\r\n]*$/.test(this.source.slice(this.at))
  }

  value(depth: number): Shown {
    if (depth > DEPTH_LIMIT) throw new SyntaxError('nested too deeply')
    const [, mark, quoted, literal, word] = this.next()
    if (quoted !== undefined) return { is: 'text', text: this.text() }
    if (literal !== undefined) return { is: 'number', literal }
    if (word !== undefined) return { is: 'word', word: WORDS.find((known) => known === word) ?? 'null' }
    if (mark === '{') return this.object(depth)
    if (mark === '[') return this.list(depth)
    throw new SyntaxError('a value was expected')
  }

  private next(): RegExpExecArray {
    TOKEN.lastIndex = this.at
    const token = TOKEN.exec(this.source)
    if (!token) throw new SyntaxError('no JSON')
    this.at = TOKEN.lastIndex
    return token
  }

  /** The rest of a text whose first quote was just read. By hand: a pattern for it overflows its stack on a text of millions of escapes. */
  private text(): string {
    const from = this.at - 1
    let end = this.source.indexOf('"', this.at)
    while (end !== -1 && this.isEscaped(end)) end = this.source.indexOf('"', end + 1)
    if (end === -1) throw new SyntaxError('a text is cut off')
    this.at = end + 1
    return JSON.parse(this.source.slice(from, this.at)) as string
  }

  private isEscaped(quote: number): boolean {
    let from = quote
    while (this.source[from - 1] === '\\') from -= 1
    return (quote - from) % 2 === 1
  }

  private peek(): string | undefined {
    const { at } = this
    const [, mark] = this.next()
    this.at = at
    return mark
  }

  private mark(expected: string): void {
    if (this.next()[1] !== expected) throw new SyntaxError(`${expected} was expected`)
  }

  private list(depth: number): Shown {
    const items: Shown[] = []
    if (this.peek() === ']') return this.closed({ is: 'list', items })
    for (;;) {
      items.push(this.value(depth + 1))
      const [, mark] = this.next()
      if (mark === ']') return { is: 'list', items }
      if (mark !== ',') throw new SyntaxError(', or ] was expected')
    }
  }

  private object(depth: number): Shown {
    const members = new Map<string, Shown>()
    if (this.peek() === '}') return this.closed({ is: 'object', members: [] })
    for (;;) {
      if (this.next()[2] === undefined) throw new SyntaxError('a key was expected')
      const key = this.text()
      if (members.has(key)) throw new SyntaxError('a key comes twice')
      this.mark(':')
      members.set(key, this.value(depth + 1))
      const [, mark] = this.next()
      if (mark === '}') return { is: 'object', members: inOrder(members) }
      if (mark !== ',') throw new SyntaxError(', or } was expected')
    }
  }

  private closed(value: Shown): Shown {
    this.next()
    return value
  }
}

const inOrder = (members: ReadonlyMap<string, Shown>) =>
  [...members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value }))

/** The one text of a shown value: as RFC 8785 orders and quotes it, with every number as it was written. Always well-formed. */
export function shownText(value: Shown): string {
  switch (value.is) {
    case 'text':
      return JSON.stringify(value.text)
    case 'number':
      return value.literal
    case 'word':
      return value.word
    case 'list':
      return `[${value.items.map(shownText).join(',')}]`
    case 'object':
      return `{${value.members.map(({ key, value: member }) => `${JSON.stringify(key)}:${shownText(member)}`).join(',')}}`
  }
}

/** The arguments of a call in one text; null for bytes that are no arguments. */
export const shownArguments = (bytes: Uint8Array): string | null => {
  const value = readShown(bytes)
  return value === null ? null : shownText(value)
}
