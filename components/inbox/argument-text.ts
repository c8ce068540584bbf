import { readShown, type Shown } from '../../core/approval/arguments'
import { sizeOf } from './hold-words'

/** One argument as it is listed. `text` is what is drawn, complete; `kind` says in words what it is. */
export type ArgumentShown = {
  readonly name: string
  readonly value: Shown
  readonly text: string
  readonly kind: string
  /** More than a glance takes in: it must be read to its end. */
  readonly isLong: boolean
  /** Words that the agent wrote for people, by the name it stands under. */
  readonly isProse: boolean
}

const LONG_CHARACTERS = 600
const LONG_LINES = 12
const SHORT_CHARACTERS = 80
const PROSE =
  /^(?:reason|reasoning|rationale|explanation|justification|purpose|description|summary|comment|message|note|notes|why|thought|intent)$/i

/** The members of a call's arguments, from their one text; null where that is none. */
export function argumentsFrom(text: string): readonly ArgumentShown[] | null {
  const shown = readShown(new TextEncoder().encode(text))
  if (shown?.is !== 'object') return null
  const listed = shown.members.map(({ key, value }): ArgumentShown => {
    const drawn = drawnText(value)
    return {
      name: key,
      value,
      text: drawn,
      kind: kindOf(value),
      isLong: isLong(drawn) || key.length > LONG_CHARACTERS,
      isProse: PROSE.test(key),
    }
  })
  // What a glance takes in comes before what has to be opened.
  return [...listed.filter((argument) => !argument.isLong), ...listed.filter((argument) => argument.isLong)]
}

export const isLong = (text: string): boolean => text.length > LONG_CHARACTERS || linesOf(text) > LONG_LINES

/** What stands beside the arguments is mostly the client's own, and is drawn at once unless it is a lot. */
export const isLongBeside = (text: string): boolean => text.length > 2_000 || linesOf(text) > 40

export const linesOf = (text: string): number => text.split('\n').length

/** A text as its characters, everything else as JSON on lines of its own. */
export const drawnText = (value: Shown): string => (value.is === 'text' ? value.text : indented(value, ''))

function kindOf(value: Shown): string {
  switch (value.is) {
    case 'text':
      if (value.text === '') return 'empty text'
      if (/^\s*[{[]/.test(value.text) && holdsJson(value.text)) return `text that holds JSON, ${measure(value.text)}`
      return value.text.length > SHORT_CHARACTERS || value.text.includes('\n') ? `text, ${measure(value.text)}` : 'text'
    case 'number':
      return 'number'
    case 'word':
      return value.word === 'null' ? 'nothing' : 'yes or no'
    case 'list':
      return `list of ${value.items.length.toLocaleString('en')}`
    case 'object':
      return `object of ${value.members.length.toLocaleString('en')}`
  }
}

function measure(text: string): string {
  const lines = linesOf(text)
  return lines === 1 ? sizeOf(text.length) : `${sizeOf(text.length)} in ${lines.toLocaleString('en')} lines`
}

/** A text that a server may read as JSON, on lines of its own; null where it is none. */
export function holdsJson(text: string): boolean {
  return nestedJson(text) !== null
}

export function nestedJson(text: string): string | null {
  try {
    // Read as one member, so that lists count too and numbers keep their digits.
    const shown = readShown(new TextEncoder().encode(`{"":${text}}`))
    const value = shown?.is === 'object' ? shown.members[0]?.value : undefined
    return value && (value.is === 'object' || value.is === 'list') ? indented(value, '') : null
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

const STEP = '  '

function indented(value: Shown, indent: string): string {
  const inner = indent + STEP
  switch (value.is) {
    case 'text':
      return JSON.stringify(value.text)
    case 'number':
      return value.literal
    case 'word':
      return value.word
    case 'list':
      if (value.items.length === 0) return '[]'
      return `[\n${value.items.map((item) => inner + indented(item, inner)).join(',\n')}\n${indent}]`
    case 'object':
      if (value.members.length === 0) return '{}'
      return `{\n${value.members.map(({ key, value: member }) => `${inner}${JSON.stringify(key)}: ${indented(member, inner)}`).join(',\n')}\n${indent}}`
  }
}

/** The whole as JSON on lines of its own, every number as it was written. */
export const indentedArguments = (text: string): string => {
  const shown = readShown(new TextEncoder().encode(text))
  return shown === null ? text : indented(shown, '')
}
