/** One option of a command. `value` names what it takes; without it the option is a switch. */
export type OptionSpec = { readonly value?: string; readonly says: string }

/** One command: what `--help` teaches, what the parser accepts, and where the code is (loaded only when it runs). */
export type CommandSpec = {
  readonly usage: string
  readonly summary: string
  readonly teaches?: readonly string[]
  readonly options: Readonly<Record<string, OptionSpec>>
  /** How many words may follow the command's own name. */
  readonly words: { readonly min: number; readonly max: number }
}

export const TOKEN_FILE: OptionSpec = { value: 'FILE', says: 'your personal token, once people have accounts (or in $COUNTERSIGN_TOKEN)' }
export const MESSAGE: OptionSpec = { value: 'TEXT', says: 'what changed and why, for those who read the log' }
export const BECAUSE: OptionSpec = { value: 'TEXT', says: 'the reason, which stays in the log: name nobody in it' }
export const POLICY_NAME: OptionSpec = { value: 'NAME', says: 'the policy’s name (default: default)' }

/** Accepted by every command. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'data-dir': { value: 'DIR', says: 'keys, trust.json and the embedded database (default: $COUNTERSIGN_HOME or ~/.countersign)' },
  json: { says: 'print JSON, one value per line' },
  help: { says: 'print this' },
}
