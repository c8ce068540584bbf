import { parseArgs } from 'node:util'
import { suggest } from '../core/policy/suggest'
import { COMMON_OPTIONS, type CommandSpec } from './commands/command-spec'
import { COMMANDS, type CommandName } from './commands/table'

export type Values = { readonly [option: string]: string | boolean | undefined }

/** A command line understood: a command to run, help to print, or one sentence about what was not understood. */
export type CommandLine =
  | { readonly do: 'run'; readonly command: CommandName; readonly values: Values; readonly words: readonly string[] }
  | { readonly do: 'help'; readonly command: string | null }
  | { readonly do: 'version' }
  | { readonly do: 'refuse'; readonly because: string }

/** Reads argv (without node and the script). Never throws. */
export const parseCommandLine = (argv: readonly string[]): CommandLine => {
  const [first] = argv
  if (first === undefined || first === 'help') return { do: 'help', command: argv.slice(1).join(' ') || null }
  if (first === '--version') return { do: 'version' }
  if (argv.includes('--gateway')) return readOptions('gateway', argv.toSpliced(argv.indexOf('--gateway'), 1))
  const found = findCommand(argv)
  if (found) return readOptions(found.command, found.rest)
  if (argv.includes('--help')) return { do: 'help', command: first.startsWith('-') ? null : first }
  if (first.startsWith('-')) return refuse(`${JSON.stringify(first)} comes before any command; \`countersign --help\` lists the commands.`)
  return refuse(unknownCommand(argv))
}

const refuse = (because: string): CommandLine => ({ do: 'refuse', because })

const isCommand = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name)

/** The longest name wins: `policy publish` before `policy`. Common options may stand before the command. */
const findCommand = (argv: readonly string[]): { command: CommandName; rest: readonly string[] } | null => {
  const start = leadingOptions(argv)
  for (const length of [2, 1]) {
    const name = argv.slice(start, start + length).join(' ')
    if (isCommand(name)) return { command: name, rest: [...argv.slice(0, start), ...argv.slice(start + length)] }
  }
  return null
}

const leadingOptions = (argv: readonly string[]): number => {
  let at = 0
  while (at < argv.length) {
    const spec = COMMON_OPTIONS[(argv[at] ?? '').replace(/^--|=.*$/g, '')]
    if (!argv[at]?.startsWith('--') || !spec) break
    at += spec.value && !argv[at]?.includes('=') ? 2 : 1
  }
  return at
}

const unknownCommand = (argv: readonly string[]): string => {
  const typed = argv.slice(0, 2).join(' ')
  const group = Object.keys(COMMANDS).filter((name) => name.startsWith(`${argv[0]} `))
  if (group.length > 0) return `“countersign ${argv[0]}” needs one of: ${group.map((name) => name.split(' ')[1]).join(', ')}.`
  const near = suggest(typed, Object.keys(COMMANDS)) ?? suggest(argv[0] ?? '', Object.keys(COMMANDS))
  const meant = near ? `did you mean “countersign ${near}”?` : '`countersign --help` lists the commands.'
  return `There is no command ${JSON.stringify(argv[0])}; ${meant}`
}

const readOptions = (command: CommandName, argv: readonly string[]): CommandLine => {
  const spec: CommandSpec = COMMANDS[command]
  const known: Readonly<Record<string, { readonly value?: string }>> = { ...COMMON_OPTIONS, ...spec.options }
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { value }]) => [name, { type: value ? ('string' as const) : ('boolean' as const) }]),
  )
  const unknown = firstUnknown(argv, known)
  if (unknown) return refuse(unknownOption(command, unknown, Object.keys(known)))
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
    if (values.help) return { do: 'help', command }
    if (values['data-dir'] === '') return refuse('--data-dir takes a folder, and nothing was given.')
    if (positionals.length < spec.words.min || positionals.length > spec.words.max) return refuse(`Usage: countersign ${spec.usage}`)
    return { do: 'run', command, values: values as Values, words: positionals }
  } catch (cause) {
    return refuse(`${sentence(cause)} Usage: countersign ${spec.usage}`)
  }
}

/** The first `--option` that the command doesn't have; a value that follows an option is not looked at. */
const firstUnknown = (argv: readonly string[], known: Readonly<Record<string, { readonly value?: string }>>): string | null => {
  const [word, ...rest] = argv
  if (word === undefined || word === '--') return null
  if (!word.startsWith('-') || word === '-') return firstUnknown(rest, known)
  const name = word.replace(/^--|=.*$/g, '')
  const spec = Object.hasOwn(known, name) ? known[name] : undefined
  if (!spec || !word.startsWith('--')) return word.replace(/=.*$/, '')
  return firstUnknown(spec.value && !word.includes('=') ? rest.slice(1) : rest, known)
}

const unknownOption = (command: string, typed: string, known: readonly string[]): string => {
  const near = suggest(typed.replace(/^-+/, ''), known)
  const meant = near ? `did you mean --${near}?` : `\`countersign ${command} --help\` lists its options.`
  return `“countersign ${command}” has no option ${JSON.stringify(typed)}; ${meant}`
}

const sentence = (cause: unknown): string =>
  cause instanceof Error ? (cause.message.split('\n')[0] ?? '').replace(/\.?$/, '.') : 'Bad option.'
