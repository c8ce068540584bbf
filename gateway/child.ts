import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors'

export type Upstream = {
  readonly command: string
  readonly args: readonly string[]
  readonly env: { readonly [name: string]: string | undefined }
  readonly cwd?: string
}

export type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** The upstream process, leader of its own process group: `npx` and whatever it starts end together. */
export type Child = {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when the process has exited; its stdout may still hold bytes. */
  readonly exited: Promise<Ending>
  signal(signal: NodeJS.Signals): void
  /** Ends what is left of the group, by force after `graceMs`. */
  sweep(graceMs: number): Promise<void>
}

/** Our own settings and the way to our database are no business of the upstream's. */
export const upstreamEnvironment = (env: Upstream['env']): Upstream['env'] =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('COUNTERSIGN_')))

/**
 * Starts the upstream: no shell, stderr inherited, its environment as it would have been. Rejects with
 * AppError('not_found' | 'forbidden' | 'invalid') when it can't be started.
 */
export async function startChild(upstream: Upstream): Promise<Child> {
  const child = spawn(upstream.command, [...upstream.args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    env: upstreamEnvironment(upstream.env) as NodeJS.ProcessEnv,
    ...(upstream.cwd === undefined ? {} : { cwd: upstream.cwd }),
  })
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw startFailure(upstream.command, cause)
  }
  return childOf(child, child.pid ?? 0)
}

function childOf(child: ChildProcessByStdio<Writable, Readable, null>, group: number): Child {
  const signal = (name: NodeJS.Signals): void => void signalGroup(group, name)
  const killAtExit = (): void => signal('SIGKILL')
  process.on('exit', killAtExit)
  const exited = once(child, 'exit').then(([code, name]): Ending => ({ code: code as number | null, signal: name as Ending['signal'] }))
  const sweep = async (graceMs: number): Promise<void> => {
    signal('SIGTERM')
    for (let waitedMs = 0; waitedMs < graceMs && isAlive(group); waitedMs += 20) await sleep(20)
    signal('SIGKILL')
    process.removeListener('exit', killAtExit)
  }
  return { stdin: child.stdin, stdout: child.stdout, exited, signal, sweep }
}

/** A group without members is no failure: there is nothing left to tell. */
function signalGroup(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false
    throw error
  }
}

const isAlive = (group: number): boolean => signalGroup(group, 0)

function startFailure(command: string, cause: unknown): AppError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  const name = JSON.stringify(command)
  if (code === 'ENOENT')
    return new AppError('not_found', `The upstream command ${name} was not found; check --upstream and PATH.`, { cause })
  if (code === 'EACCES') return new AppError('forbidden', `The upstream command ${name} may not be executed.`, { cause })
  return new AppError('invalid', `The upstream command ${name} could not be started (${String(code)}).`, { cause })
}
