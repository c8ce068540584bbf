/** A JSON value as people are shown it: numbers are the digits that came, members are in one order. */
export type Shown =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'number'; readonly literal: string }
  | { readonly is: 'word'; readonly word: 'true' | 'false' | 'null' }
  | { readonly is: 'list'; readonly items: readonly Shown[] }
  | { readonly is: 'object'; readonly members: readonly { readonly key: string; readonly value: Shown }[] }

const DEPTH_LIMIT = 200
const TOKEN = /[ \t\r\n]*(?:([{}[\],:])|("[^"\\]*(?:\\.[^"\\]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/uy
const WORDS = ['true', 'false', 'null'] as const

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

  constructor(private readonly text: string) {}

  isAtEnd(): boolean {
    return /^[ \t\r\n]*$/.test(this.text.slice(this.at))
  }

  value(depth: number): Shown {
    if (depth > DEPTH_LIMIT) throw new SyntaxError('nested too deeply')
    const [, mark, text, literal, word] = this.next()
    if (text !== undefined) return { is: 'text', text: JSON.parse(text) as string }
    if (literal !== undefined) return { is: 'number', literal }
    if (word !== undefined) return { is: 'word', word: WORDS.find((known) => known === word) ?? 'null' }
    if (mark === '{') return this.object(depth)
    if (mark === '[') return this.list(depth)
    throw new SyntaxError('a value was expected')
  }

  private next(): RegExpExecArray {
    TOKEN.lastIndex = this.at
    const token = TOKEN.exec(this.text)
    if (!token) throw new SyntaxError('no JSON')
    this.at = TOKEN.lastIndex
    return token
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
      const [, , name] = this.next()
      if (name === undefined) throw new SyntaxError('a key was expected')
      const key = JSON.parse(name) as string
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
