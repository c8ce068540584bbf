import type { Values } from '../options'
import type { Terminal } from '../terminal'

/** What the environment says, read once in `cli.ts`. `child` is the whole environment, for processes that we start. */
export type Surroundings = {
  readonly dataDir: string
  readonly databaseUrl: string | null
  /** The same database as the sealer signs in to it, where `databaseUrl` is another login's. */
  readonly sealerUrl: string | null
  /** The origin at which people reach the console, where it is not the one it listens on. */
  readonly publicUrl: string | null
  /** A personal token: whose right commands use. */
  readonly token: string | null
  readonly consoleDir: string
  /** The script of this command line, to start another one of it. */
  readonly self: string
  readonly version: string
  readonly localPrincipal: string
  readonly child: Readonly<Record<string, string | undefined>>
}

/** What a command is given. `stopped` aborts on Ctrl-C and SIGTERM. */
export type Context = Surroundings & {
  readonly terminal: Terminal
  readonly values: Values
  readonly words: readonly string[]
  readonly stopped: AbortSignal
}

/** Runs a command; resolves to the exit code. A foreseen failure rejects with AppError. */
export type Command = (context: Context) => Promise<number>
