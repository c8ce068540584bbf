import type { Found } from './findings'

type Moved = Pick<Found, 'seq' | 'kind' | 'sentence'>

type Run = { readonly from: number; to: number; readonly shift: number }

/** Rows whose text stands under another number than its own. Told apart by how the numbers moved. */
export class Displaced {
  private readonly runs: Run[] = []

  add(column: number, own: number): void {
    const last = this.runs.at(-1)
    const shift = column - own
    if (last && last.to === column - 1 && last.shift === shift) last.to = column
    else if (this.runs.length < RUNS_LIMIT) this.runs.push({ from: column, to: column, shift })
  }

  findings(): Moved[] {
    const found: Moved[] = []
    const places = new Set(this.runs.flatMap(({ from, to }) => (to - from < RUNS_LIMIT ? numbers(from, to) : [])))
    for (const { from, to, shift } of this.runs) {
      const isSwapped = to - from < RUNS_LIMIT && numbers(from, to).every((column) => places.has(column - shift))
      if (isSwapped) found.push({ seq: from, kind: 'reordered', sentence: `Under number ${from} stands entry ${from - shift}.` })
      else found.push(...renumbered(from, to, shift))
    }
    return found
  }
}

const RUNS_LIMIT = 1_000

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at)

function renumbered(from: number, to: number, shift: number): Moved[] {
  const moved = {
    seq: from,
    kind: 'renumbered',
    sentence: `Entries ${from - shift} to ${to - shift} stand under numbers ${from} to ${to}.`,
  } as const
  if (shift === 1)
    return [{ seq: from - 1, kind: 'inserted', sentence: `Before number ${from} stands an entry that is not the writer's.` }, moved]
  if (shift === -1) return [{ seq: from, kind: 'deleted', sentence: `Entry ${from} is missing and those after it were moved up.` }, moved]
  return [moved]
}
