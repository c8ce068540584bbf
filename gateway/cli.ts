#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError, type Fault } from '../core/errors'
import type { Command, Context, Surroundings } from './commands/context'
import type { CommandName } from './commands/table'
import { helpFor } from './help'
import { type CommandLine, parseCommandLine, type Values } from './options'
import { openTerminal } from './terminal'

declare const COUNTERSIGN_VERSION: string | undefined

/** Loaded only when it runs: the gateway relays its first bytes before a database client or a parser is in memory. */
const load = {
  gateway: async () => (await import('./commands/gateway')).gateway,
  up: async () => (await import('./commands/up')).up,
  console: async () => (await import('./commands/up')).consoleOnly,
  seal: async () => (await import('./commands/seal')).seal,
  check: async () => (await import('./commands/check')).check,
  simulate: async () => (await import('./commands/simulate')).simulate,
  'policy publish': async () => (await import('./commands/policy')).publish,
  'policy list': async () => (await import('./commands/policy')).list,
  'policy show': async () => (await import('./commands/policy')).show,
  'policy rollback': async () => (await import('./commands/policy')).rollback,
  'pins list': async () => (await import('./commands/pins')).list,
  'pins accept': async () => (await import('./commands/pins')).accept,
  holds: async () => (await import('./commands/holds')).holds,
  approve: async () => (await import('./commands/holds')).approve,
  deny: async () => (await import('./commands/holds')).deny,
  log: async () => (await import('./commands/log')).log,
  verify: async () => (await import('./commands/verify')).verify,
  export: async () => (await import('./commands/export')).exportEvidence,
  'retention show': async () => (await import('./commands/retention')).show,
  'retention set': async () => (await import('./commands/retention')).set,
  'retention detach': async () => (await import('./commands/detaching')).detach,
  'retention attach': async () => (await import('./commands/detaching')).attach,
  'retention list': async () => (await import('./commands/detaching')).list,
  erase: async () => (await import('./commands/erase')).erase,
  'legal-hold add': async () => (await import('./commands/legal-holds')).add,
  'legal-hold lift': async () => (await import('./commands/legal-holds')).lift,
  'legal-hold list': async () => (await import('./commands/legal-holds')).list,
  'alarm list': async () => (await import('./commands/alarms')).list,
  'alarm end': async () => (await import('./commands/alarms')).end,
  'sealer list': async () => (await import('./commands/sealers')).list,
  'sealer retire': async () => (await import('./commands/sealers')).retire,
  'log-key rotate': async () => (await import('./commands/log-keys')).rotate,
  'log-key list': async () => (await import('./commands/log-keys')).list,
  witness: async () => (await import('./commands/witness')).witness,
  'witness add': async () => (await import('./commands/witnesses')).add,
  'witness remove': async () => (await import('./commands/witnesses')).remove,
  'witness list': async () => (await import('./commands/witnesses')).list,
  'sink add': async () => (await import('./commands/sinks')).add,
  'sink remove': async () => (await import('./commands/sinks')).remove,
  'sink list': async () => (await import('./commands/sinks')).list,
  'database stop': async () => (await import('./commands/database-stop')).stop,
  migrate: async () => (await import('./commands/migrate')).migrate,
  doctor: async () => (await import('./commands/doctor')).doctor,
} satisfies Record<CommandName, () => Promise<Command>>

/** Exit codes of a foreseen failure; 2 is "could not tell" and "not understood", as `verify` and `simulate` promise. */
const EXIT = {
  invalid: 2,
  unauthenticated: 1,
  forbidden: 1,
  not_found: 1,
  conflict: 1,
  unavailable: 2,
} as const satisfies Record<Fault, number>

const surroundings = (values: Values): Surroundings => {
  const { COUNTERSIGN_HOME: home, COUNTERSIGN_DATABASE_URL: url, COUNTERSIGN_TOKEN: token } = process.env
  const { COUNTERSIGN_PUBLIC_URL: publicUrl, COUNTERSIGN_SEALER_DATABASE_URL: sealerUrl } = process.env
  const here = import.meta.dirname
  return {
    dataDir: resolve(typeof values['data-dir'] === 'string' ? values['data-dir'] : home || join(homedir(), '.countersign')),
    databaseUrl: url || null,
    sealerUrl: sealerUrl || null,
    publicUrl: publicUrl?.replace(/\/$/, '') || null,
    token: token || null,
    consoleDir: existsSync(join(here, 'console')) ? join(here, 'console') : join(here, '..', 'dist', 'console'),
    self: process.argv[1] ?? '',
    version: typeof COUNTERSIGN_VERSION === 'string' ? COUNTERSIGN_VERSION : 'source',
    localPrincipal: `local:${userName()}@${hostname()}`,
    child: process.env,
  }
}

/** A user without an entry in the password file (containers) is known by number. */
const userName = (): string => {
  try {
    return userInfo().username
  } catch (error) {
    if (error instanceof Error && 'code' in error) return `uid-${process.getuid?.() ?? 'unknown'}`
    throw error
  }
}

/** The gateway stops by its own rules (its child first); every other command ends when this signal aborts. */
const stopSignal = (command: CommandName): AbortSignal => {
  const controller = new AbortController()
  if (command !== 'gateway') for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort())
  return controller.signal
}

const run = async ({ command, values, words }: Extract<CommandLine, { do: 'run' }>): Promise<number> => {
  const terminal = openTerminal(values.json === true, process)
  const context: Context = { ...surroundings(values), terminal, values, words, stopped: stopSignal(command) }
  try {
    const runCommand: Command = await load[command]()
    return await runCommand(context)
  } catch (error) {
    const foreseen = error instanceof AppError ? error : systemFailure(error)
    if (!foreseen) throw error
    terminal.note(foreseen.message)
    return EXIT[foreseen.fault]
  }
}

/** What the operating system says no with, such as a folder that may not be written; null for a bug. */
const systemFailure = (error: unknown): AppError | null => {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return null
  const path = 'path' in error ? ` ${JSON.stringify(error.path)}` : ''
  return new AppError(
    'unavailable',
    `The system refused${path} (${String(error.code)}): check that it exists and may be written, or use another --data-dir.`,
  )
}

const main = async (argv: readonly string[]): Promise<number> => {
  const line = parseCommandLine(argv)
  if (line.do === 'run') return run(line)
  if (line.do === 'refuse') process.stderr.write(`countersign: ${line.because}\n`)
  else process.stdout.write(`${line.do === 'version' ? surroundings({}).version : helpFor(line.command)}\n`)
  return line.do === 'refuse' ? 2 : 0
}

/** A reader that went away (`countersign log | head`) is no failure of ours; in gateway mode the relay has its own listener. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await main(process.argv.slice(2))
