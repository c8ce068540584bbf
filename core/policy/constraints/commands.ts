import { AppError } from '../../errors'
import { quote } from '../../quote'
import type { CommandsForm } from '../document'
import type { Argument, Constraint, Envelope, Verdict } from '../model'
import { argumentAt, argumentSteps } from '../subjects-path'
import { commandArgumentNames, commandCompanionNames, foldArgumentName } from './argument-names'
import { every, holds, unknown, violated } from './verdicts'
import { commandWords, isPlainWord } from './words'

/** The words of a pattern: a word as it is, `*` for one word that is no option, and `**`, at the end only, for the rest. */
type Pattern = { readonly words: readonly (string | null)[]; readonly open: boolean }

/** Every command of the call must be listed, word by word. */
export function compileAllowedCommands(form: CommandsForm): Constraint {
  const patterns = [...(form.exact ?? []).map(compileExact), ...(form.patterns ?? []).map(compilePattern)]
  const find = form.args ? namedCommands(form.args) : commandsByName
  return {
    name: 'allowedCommands',
    check: (call) => {
      const found = find(call)
      if (typeof found === 'string') return unknown(found)
      return found.length === 0 ? unknown('the call names no command') : every(found, (command) => judge(command, patterns))
    },
  }
}

function judge(command: Argument, patterns: readonly Pattern[]): Verdict {
  const words = wordsOf(command)
  if (!words) return unknown(`${shown(command)} is more than plain words, or can't be taken apart`)
  return patterns.some((pattern) => fits(words, pattern)) ? holds : violated(`${shown(command)} is not among the allowed commands`)
}

/** A command line, or the list of its words. */
function wordsOf(command: Argument): readonly string[] | null {
  if (typeof command === 'string') return commandWords(command)
  if (!Array.isArray(command) || command.length === 0) return null
  return command.every((word) => typeof word === 'string' && isPlainWord(word)) ? (command as readonly string[]) : null
}

const shown = (command: Argument): string =>
  typeof command === 'string' ? quote(command) : Array.isArray(command) ? quote(command.map(String).join(' ')) : 'the command'

function fits(words: readonly string[], { words: pattern, open }: Pattern): boolean {
  if (open ? words.length < pattern.length : words.length !== pattern.length) return false
  return pattern.every((expected, at) => (expected === null ? !words[at]?.startsWith('-') : words[at] === expected))
}

function compileExact(command: string): Pattern {
  const words = commandWords(command)
  if (!words) throw new AppError('invalid', `${JSON.stringify(command)} is more than plain words, so no call could match it`)
  return { words, open: false }
}

/** Throws AppError `invalid` for a star inside a word, a `**` before the end, or words that no command could have. */
function compilePattern(text: string): Pattern {
  const parts = text.trim().split(/[ \t]+/)
  const open = parts.at(-1) === '**'
  const fixed = open ? parts.slice(0, -1) : parts
  const words = fixed.map((part) => (part === '*' ? null : (commandWords(part)?.[0] ?? invalidWord(part, text))))
  if (words[0] === null || words.length === 0)
    throw new AppError('invalid', `${JSON.stringify(text)} leaves the program open: begin with its name`)
  return { words, open }
}

function invalidWord(part: string, pattern: string): never {
  const why = part === '**' ? 'may only stand at the end' : 'is not a plain word: * and ** stand alone, and quoted words belong in "exact"'
  throw new AppError('invalid', `${JSON.stringify(part)} in the pattern ${JSON.stringify(pattern)} ${why}`)
}

type Found = readonly Argument[] | string

/** Commands stand in arguments of the closed list, at the top; whatever could change what they do is trouble. */
function commandsByName({ args }: Envelope): Found {
  const keys = Object.keys(args)
  const companion = keys.find((key) => COMPANIONS.has(foldArgumentName(key)) && !isEmpty(args[key]))
  if (companion !== undefined) return `${quote(companion)} may change what the command does`
  return keys.filter((key) => NAMES.has(foldArgumentName(key)) && args[key] !== null).map((key) => args[key] as Argument)
}

const NAMES = new Set(commandArgumentNames)
const COMPANIONS = new Set(commandCompanionNames)

const isEmpty = (value: Argument | undefined): boolean =>
  value === null || value === undefined || value === '' || value === false || (typeof value === 'object' && Object.keys(value).length === 0)

/** Throws AppError `invalid` for a path with an empty step. */
function namedCommands(paths: readonly string[]): (call: Envelope) => Found {
  const named = paths.map((path) => argumentSteps(path) ?? invalidPath(path))
  return ({ args }) => {
    const found = named.map((steps) => argumentAt(args, steps))
    if (found.some(({ at }) => at === 'blocked')) return 'a command stands where it can not be read'
    return found.flatMap((one) => (one.at === 'found' && one.value !== null ? [one.value] : []))
  }
}

function invalidPath(path: string): never {
  throw new AppError('invalid', `${JSON.stringify(path)} is not the path of an argument`)
}
