import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from './commands/command-spec'
import { COMMANDS } from './commands/table'

const pad = (text: string, width: number): string => (text.length >= width ? `${text}  ` : text.padEnd(width))

const optionLines = (options: Readonly<Record<string, OptionSpec>>): string[] =>
  Object.entries(options).map(([name, { value, says }]) => `  ${pad(`--${name}${value ? ` ${value}` : ''}`, 24)}${says}`)

/** What `countersign --help` prints: every command on a line, and the two to start with. */
export const overview = (): string =>
  [
    'countersign: every MCP tool call is judged by a policy, recorded, and only then forwarded.',
    '',
    'Start with these:',
    '  countersign policy publish policy.yaml',
    '  countersign --gateway --upstream "npx -y @modelcontextprotocol/server-filesystem /tmp"',
    '',
    'Commands:',
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${pad(name, 17)}${summary}`),
    '',
    'Everywhere:',
    ...optionLines(COMMON_OPTIONS),
    '',
    'Environment:',
    `  ${pad('COUNTERSIGN_HOME', 27)}the data directory, where --data-dir is not given`,
    `  ${pad('COUNTERSIGN_DATABASE_URL', 27)}a PostgreSQL 15 or later to use instead of the embedded one`,
    `  ${pad('COUNTERSIGN_SEALER_DATABASE_URL', 27)}the same database as the sealer signs in to it`,
    `  ${pad('COUNTERSIGN_TOKEN', 27)}your personal token, where --token-file is not given`,
    '',
    '`countersign COMMAND --help` says more about one of them.',
  ].join('\n')

/** What `countersign COMMAND --help` prints; a group such as `policy` lists its commands; anything else gets the overview. */
export const helpFor = (name: string | null): string => {
  const group = Object.entries(COMMANDS).filter(([command]) => command === name || command.startsWith(`${name} `))
  if (name === null || group.length === 0) return overview()
  return group.map(([, spec]) => commandHelp(spec)).join('\n\n')
}

const commandHelp = ({ usage, summary, teaches, options }: CommandSpec): string =>
  [
    `countersign ${usage}`,
    '',
    `  ${summary}`,
    '',
    ...(teaches ? [...teaches.map((line) => `  $ ${line}`), ''] : []),
    ...optionLines({ ...options, ...COMMON_OPTIONS }),
  ].join('\n')
