import { diffChars, diffLines } from 'diff'
import { type Shown, shownText } from '../../core/approval/arguments'
import { type ArgumentShown, argumentsFrom } from './argument-text'

/** A run of lines or characters: in both, only before, only now. */
export type Run = { readonly key: string; readonly is: 'same' | 'gone' | 'new'; readonly text: string }

export type Difference = {
  readonly name: string
  readonly is: 'same' | 'changed' | 'new' | 'gone'
  /** `+34 −2 lines`; empty where one word says it all. */
  readonly words: string
  /** What differs, null where too much does to tell it by runs. */
  readonly runs: readonly Run[] | null
}

const LIMITS = { timeout: 250, maxEditLength: 4_000 } as const

/** What differs between the arguments of two calls, by name. Null where the ones before can't be read. */
export function compareArguments(before: string | null, now: readonly ArgumentShown[]): readonly Difference[] | null {
  const then = before === null ? null : argumentsFrom(before)
  if (then === null) return null
  const past = new Map(then.map((argument) => [argument.name, argument]))
  const present = new Set(now.map(({ name }) => name))
  const gone = then.filter(({ name }) => !present.has(name))
  return [
    ...now.map((argument): Difference => {
      const other = past.get(argument.name)
      if (!other) return { name: argument.name, is: 'new', words: 'new', runs: [{ key: 'new', is: 'new', text: argument.text }] }
      return isEqual(other.value, argument.value) ? { name: argument.name, is: 'same', words: 'same', runs: [] } : changed(other, argument)
    }),
    ...gone.map(({ name, text }): Difference => ({ name, is: 'gone', words: 'left out', runs: [{ key: 'gone', is: 'gone', text }] })),
  ]
}

const isEqual = (a: Shown, b: Shown): boolean => shownText(a) === shownText(b)

function changed(before: ArgumentShown, now: ArgumentShown): Difference {
  const isOneLine = !before.text.includes('\n') && !now.text.includes('\n') && before.text.length + now.text.length < 1_000
  const found = isOneLine ? diffChars(before.text, now.text, LIMITS) : diffLines(before.text, now.text, LIMITS)
  const named = { name: now.name, is: 'changed' as const }
  if (!found) return { ...named, words: 'changed throughout', runs: null }
  const runs = found.map(runFrom)
  if (before.value.is !== now.value.is) return { ...named, words: `was ${before.kind}`, runs }
  return { ...named, words: isOneLine ? 'changed' : lineWords(found), runs }
}

const runFrom = ({ added, removed, value }: { added: boolean; removed: boolean; value: string }, at: number): Run => ({
  key: String(at),
  is: added ? 'new' : removed ? 'gone' : 'same',
  text: value,
})

function lineWords(found: readonly { added: boolean; removed: boolean; count: number }[]): string {
  const sum = (of: 'added' | 'removed'): number => found.reduce((total, run) => total + (run[of] ? run.count : 0), 0)
  return `+${sum('added').toLocaleString('en')} −${sum('removed').toLocaleString('en')} lines`
}
