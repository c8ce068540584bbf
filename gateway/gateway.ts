import { readFile } from 'node:fs/promises'
import { AppError } from '../core/errors'
import type { Upstream } from './child'
import type { Governor } from './ports'
import { runRelay } from './relay'
import { serverNameOf } from './server-name'
import { wordsOf } from './words'

/** What the command line and the environment say. `environment` is the whole of it: what is ours is kept from the upstream. */
export type GatewayOptions = {
  readonly upstream: string
  readonly policy: string
  readonly policyFile: string | null
  readonly name: string | null
  readonly principal: string
  readonly holdMs: number
  readonly maxHolds: number
  readonly list: 'cut' | 'full'
  readonly keepClearText: boolean
  readonly dataDir: string
  readonly databaseUrl: string | null
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly warn: (sentence: string) => void
}

/**
 * One upstream over stdio, until either side is gone; resolves to the upstream's exit code. The relay starts with a few of Node's own
 * modules, so that the first bytes pass at once; database, policy engine and log are loaded beside it.
 */
export async function runGateway(options: GatewayOptions): Promise<number> {
  const words = wordsOf(options.upstream)
  const [command, ...args] = words
  if (command === undefined) throw new AppError('invalid', '--upstream names no program.')
  const upstream: Upstream = { command, args, env: options.environment }
  const { code, signal } = await runRelay({
    upstream,
    governor: () => loadGovernor(options, words),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  })
  if (signal) process.kill(process.pid, signal)
  return code ?? 1
}

async function loadGovernor(options: GatewayOptions, words: readonly string[]): Promise<Governor> {
  const [{ startGovernor }, { createHash }] = await Promise.all([import('./governor'), import('node:crypto')])
  return startGovernor({
    ...options,
    policyFile: options.policyFile === null ? null : await readPolicyFile(options.policyFile),
    principal: { id: options.principal, assurance: 'asserted' },
    server: options.name ?? serverNameOf(words),
    upstream: createHash('sha256').update(JSON.stringify(words)).digest('hex'),
  })
}

/** The text of a policy file, or why there is none: the gateway then refuses every call and says so. */
async function readPolicyFile(path: string): Promise<{ readonly text: string } | { readonly because: string }> {
  try {
    return { text: await readFile(path, 'utf8') }
  } catch (error) {
    return { because: `the policy file ${path} can not be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})` }
  }
}
