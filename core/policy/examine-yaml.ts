import { CST, Lexer } from 'yaml'
import type { Json } from '../json'
import { type Cut, cutItems, type Run } from './examine-cut'
import type { Problem } from './model'
import { Lines, type Located, type Members, type Span } from './places'
import { MAX_BYTES, utf8Length } from './yaml-shape'
import { readYaml, type YamlText } from './yaml-text'

/** `provisional`: what is wrong was seen in one item alone, and the text as a whole may have more, or other things, to say. */
export type Reread = YamlText & { readonly provisional: boolean }

/** Reads texts that follow one another, each little different from the one before. */
export type Rereader = (text: string) => Reread

/**
 * `readYaml` that remembers the items of the lists it read last, and reads only those that changed. A text without problems has exactly
 * the values and places that `readYaml` gives it; whatever can't be cut with certainty is read as a whole.
 */
export function makeRereader(): Rereader {
  let known: ReadonlyMap<string, Item> = new Map()
  let skeleton: { readonly text: string; readonly yaml: YamlText } | null = null
  return (text) => {
    const cut = utf8Length(text) > MAX_BYTES ? null : cutItems(text)
    if (!cut) return whole(text)
    if (skeleton?.text !== cut.skeleton) skeleton = { text: cut.skeleton, yaml: readYaml(cut.skeleton) }
    const { root } = skeleton.yaml
    if (!root || !cut.runs.every((run) => hasHole(root, run))) return whole(text)
    const items = itemsOf(text, cut, known)
    known = items
    return [...items.values()].some((item) => item.is === 'uncertain') ? whole(text) : assembled(text, cut, root, items)
  }
}

function itemsOf(text: string, { runs }: Cut, known: ReadonlyMap<string, Item>): ReadonlyMap<string, Item> {
  const pieces = runs.flatMap(({ items }) => items.map(({ start, end }) => text.slice(start, end)))
  return new Map(pieces.map((piece) => [piece, known.get(piece) ?? readItem(piece)]))
}

const whole = (text: string): Reread => ({ ...readYaml(text), provisional: false })

type Item =
  | { readonly is: 'read'; readonly located: Located; readonly list: Span }
  | { readonly is: 'wrong'; readonly problems: readonly Problem[] }
  | { readonly is: 'uncertain' }

/** In a list of its own, as deep as it stands in the text. */
const UNDER = 'x:\n'

function readItem(piece: string): Item {
  const { root, problems } = readYaml(`${UNDER}${piece}`)
  if (hasAlias(piece)) return { is: 'uncertain' }
  if (problems.length > 0) return { is: 'wrong', problems }
  const list = root?.members?.get('x')?.value
  const [located, ...more] = list?.items ?? []
  if (!list || !located || more.length > 0 || root?.members?.size !== 1) return { is: 'uncertain' }
  return { is: 'read', located, list: list.span }
}

/** Aliases are counted over the whole text, and what one stands for may be anywhere above. */
function hasAlias(piece: string): boolean {
  if (!/[*&]/.test(piece)) return false
  for (const token of new Lexer().lex(piece)) {
    const type = CST.tokenType(token)
    if (type === 'alias' || type === 'anchor') return true
  }
  return false
}

/** The stand-in is where it was put, and nothing made something else of it. */
function hasHole(root: Located, { key, hole }: Run): boolean {
  const list = root.members?.get(key)?.value.items
  return list?.length === 1 && list[0]?.value === 0 && list[0].span.start > hole.start && list[0].span.end < hole.end
}

function assembled(text: string, { runs }: Cut, skeleton: Located, items: ReadonlyMap<string, Item>): Reread {
  const lines = new Lines(text)
  const found = runs.map(({ key, items: spans }) => ({
    key,
    placed: spans.map(({ start, end }) => ({ start, item: items.get(text.slice(start, end)) })),
  }))
  const problems = found.flatMap(({ placed }) =>
    placed.flatMap(({ start, item }) => (item?.is === 'wrong' ? item.problems.map((problem) => moved(problem, lines, start)) : [])),
  )
  if (problems.length > 0) return { root: null, lines, problems, provisional: true }
  const lists = new Map(found.map(({ key, placed }) => [key, listOf(placed)]))
  return { root: filled(skeleton, lists, runs), lines, problems: [], provisional: false }
}

type Placed = { readonly start: number; readonly item: Item | undefined }

function listOf(placed: readonly Placed[]): Located {
  const read = placed.flatMap(({ start, item }) => (item?.is === 'read' ? [{ ...item, by: start - UNDER.length }] : []))
  const [first, last] = [read[0], read.at(-1)]
  const span = { start: (first?.list.start ?? 0) + (first?.by ?? 0), end: (last?.list.end ?? 0) + (last?.by ?? 0) }
  const items = read.map(({ located, by }) => new Shifted(located, by))
  return { value: items.map(({ value }) => value), span, items }
}

/** A problem of an item that was read alone, below one line of ours. */
function moved(problem: Problem, lines: Lines, start: number): Problem {
  const below = lines.place({ start, end: start }).line - 2
  const { place } = problem
  return { ...problem, place: { ...place, line: place.line + below, endLine: place.endLine + below } }
}

/** The skeleton as it stands in the whole text, its lists with their items. */
function filled(skeleton: Located, lists: ReadonlyMap<string, Located>, runs: readonly Run[]): Located {
  const members = new Map(
    [...(skeleton.members ?? [])].map(([key, { key: span, value }]) => {
      return [key, { key: inText(span, runs), value: lists.get(key) ?? new Mapped(value, runs) }]
    }),
  )
  const value = Object.fromEntries([...members].map(([key, member]) => [key, member.value.value]))
  return { value, span: inText(skeleton.span, runs), members }
}

/** A span of the skeleton in the whole text: behind a stand-in everything is further down by what it stands for. */
function inText({ start, end }: Span, runs: readonly Run[]): Span {
  return { start: offsetInText(start, runs), end: offsetInText(end, runs) }
}

function offsetInText(offset: number, runs: readonly Run[]): number {
  const before = runs.findLast(({ hole }) => hole.end <= offset)
  return before ? offset - before.hole.end + before.span.end : offset
}

/** A value at another place. What lies inside is only moved when somebody asks. */
abstract class Moved implements Located {
  constructor(protected readonly from: Located) {}

  protected abstract spanOf(span: Span): Span
  protected abstract of(located: Located): Located

  get value(): Json {
    return this.from.value
  }

  get span(): Span {
    return this.spanOf(this.from.span)
  }

  get members(): Members | undefined {
    const { members } = this.from
    return members && new Map([...members].map(([key, member]) => [key, { key: this.spanOf(member.key), value: this.of(member.value) }]))
  }

  get items(): readonly Located[] | undefined {
    return this.from.items?.map((item) => this.of(item))
  }
}

class Shifted extends Moved {
  constructor(
    from: Located,
    private readonly by: number,
  ) {
    super(from)
  }

  protected spanOf({ start, end }: Span): Span {
    return { start: start + this.by, end: end + this.by }
  }

  protected of(located: Located): Located {
    return new Shifted(located, this.by)
  }
}

class Mapped extends Moved {
  constructor(
    from: Located,
    private readonly runs: readonly Run[],
  ) {
    super(from)
  }

  protected spanOf(span: Span): Span {
    return inText(span, this.runs)
  }

  protected of(located: Located): Located {
    return new Mapped(located, this.runs)
  }
}
