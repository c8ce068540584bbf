import type { Json } from '../json'
import type { Place } from './model'

/** Offsets are UTF-16 units from the start of the text; `end` is exclusive. */
export type Span = { readonly start: number; readonly end: number }

/** A value of the text and where it stands, down to every key and item. An alias stands where its anchor does. */
export type Located = {
  readonly value: Json
  readonly span: Span
  readonly members?: Members | undefined
  readonly items?: readonly Located[] | undefined
}

export type Members = ReadonlyMap<string, { readonly key: Span; readonly value: Located }>

export type Path = readonly (string | number)[]

/** Turns offsets into lines and columns, both from 1; columns count UTF-16 units, as editors do. */
export class Lines {
  private readonly starts: number[] = [0]

  constructor(private readonly text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1)
  }

  /** White space at the end of a span belongs to nobody: a range ends with its last visible character. */
  place({ start, end }: Span): Place {
    const from = this.position(start)
    const to = this.position(Math.max(start, start + this.text.slice(start, end).trimEnd().length))
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column }
  }

  /** Where a line and a column are; the end of the line for a column behind it. */
  offset(line: number, column: number): number {
    const start = this.starts[line - 1] ?? this.text.length
    return Math.min(start + column - 1, (this.starts[line] ?? this.text.length + 1) - 1)
  }

  private position(offset: number): { line: number; column: number } {
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 }
  }
}

/** What stands at `path`; undefined where the text has nothing. */
export function locate(root: Located, path: Path): Located | undefined {
  return path.reduce<Located | undefined>((found, step) => found && stepInto(found, step)?.value, root)
}

/** Where the value at `path` stands; for a value that is missing or empty, the nearest thing around it that can be seen. */
export function spanOfValue(root: Located, path: Path): Span {
  let found = root
  let key = root.span
  for (const step of path) {
    const next = stepInto(found, step)
    if (!next) return found.span.end > found.span.start ? found.span : key
    found = next.value
    key = next.key
  }
  return found.span.end > found.span.start ? found.span : key
}

/** Where the key at the end of `path` stands; the value where the last step is an index. */
export function spanOfKey(root: Located, path: Path): Span {
  const last = path.at(-1)
  const parent = locate(root, path.slice(0, -1))
  const key = last === undefined ? undefined : parent?.members?.get(String(last))?.key
  return key ?? spanOfValue(root, path)
}

function stepInto(found: Located, step: string | number): { key: Span; value: Located } | undefined {
  if (found.members) return found.members.get(String(step))
  const item = typeof step === 'number' ? found.items?.[step] : undefined
  return item && { key: item.span, value: item }
}
