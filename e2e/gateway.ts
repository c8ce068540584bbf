import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FreshDatabase } from '../db/testing-server'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The built command line. `npm test` builds it first; a single test needs `npm run build` before it. */
export const CLI = join(ROOT, 'dist', 'countersign.js')

export const fixture = (name: string): string => join(ROOT, 'e2e', 'fixtures', name)

/** A place for one test: its own data directory (keys, trust.json), its own database, and files beside them. */
export type Place = { readonly dir: string; readonly dataDir: string; readonly database: FreshDatabase; remove(): Promise<void> }

export async function makePlace(database: FreshDatabase): Promise<Place> {
  if (!existsSync(CLI)) throw new Error('dist/countersign.js is missing: run `npm run build` first')
  const dir = await mkdtemp(join(tmpdir(), 'countersign-e2e-'))
  return {
    dir,
    dataDir: join(dir, 'data'),
    database,
    remove: async () => {
      await rm(dir, { recursive: true, force: true })
      await database.drop()
    },
  }
}

export type CommandResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Runs one command of the built CLI against the place's database, as `login`. */
export async function countersign(place: Place, login: 'console' | 'auditor' | 'owner', args: readonly string[]): Promise<CommandResult> {
  const env = { ...process.env, COUNTERSIGN_DATABASE_URL: place.database.urlFor(login) }
  const child = spawn(process.execPath, [CLI, ...args, '--data-dir', place.dataDir], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Publishes a policy text and fails the test when that does not work. */
export async function publish(place: Place, yaml: string): Promise<void> {
  const file = join(place.dir, 'policy.yaml')
  await writeFile(file, yaml)
  const { code, stderr } = await countersign(place, 'console', ['policy', 'publish', file])
  if (code !== 0) throw new Error(`policy publish ended with ${code}: ${stderr}`)
}

export type GatewaySetup = {
  readonly upstream: readonly string[]
  readonly args?: readonly string[]
  /** Arguments of node itself, such as a preload. */
  readonly node?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A program that runs the gateway, such as strace with its options. */
  readonly under?: readonly string[]
}

type Reply = { readonly id: unknown; readonly result?: never; readonly error?: never } & Record<string, never>

/** A gateway that runs as its own process, spoken to in lines. */
export type GatewayProcess = {
  readonly process: ChildProcess
  /** The whole reply; rejects when the gateway ended first. */
  request(method: string, params?: unknown): Promise<Reply>
  call(tool: string, args?: unknown): Promise<ToolResult>
  send(line: string | Uint8Array): void
  /** Every line the gateway wrote so far. */
  readonly lines: readonly string[]
  stderr(): string
  readonly ended: Promise<number | null>
  stop(): Promise<number | null>
}

export type ToolResult = {
  readonly text: string
  readonly isError: boolean
  /** What the refusal says of itself, null for an answer of the upstream. */
  readonly refusal: {
    readonly decision: string
    readonly code: string
    readonly rule: string | null
    readonly hold: string | null
    readonly authorizationContextId: string
  } | null
}

export function startGateway(place: Place, { upstream, args = [], node = [], env = {}, under = [] }: GatewaySetup): GatewayProcess {
  const quoted = upstream.map((word) => `'${word}'`).join(' ')
  const words = [...under, process.execPath, ...node, CLI, '--gateway', '--data-dir', place.dataDir, '--upstream', quoted, ...args]
  const child = spawn(words[0] ?? '', words.slice(1), {
    env: { ...process.env, COUNTERSIGN_DATABASE_URL: place.database.urlFor('gateway'), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  return converse(child)
}

function converse(child: ChildProcess): GatewayProcess {
  const waiting = new Map<unknown, (reply: Reply) => void>()
  const lines: string[] = []
  const stderr = collect(child.stderr)
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n')
    rest = whole.pop() ?? ''
    for (const line of whole) {
      lines.push(line)
      const reply = readReply(line)
      if (reply) waiting.get(reply.id)?.(reply)
    }
  })
  child.stdin?.on('error', () => undefined)
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  /** What is waited for longer than anything may take is said, with all that the gateway said until then. */
  const told = async <T>(what: string, work: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => {
      process.stderr.write(`no ${what} within 90 s; ${JSON.stringify({ lines, stderr: stderr(), exitCode: child.exitCode })}\n`)
    }, 90_000)
    try {
      return await work
    } finally {
      clearTimeout(timer)
    }
  }
  let next = 1
  const request = (method: string, params: unknown = {}): Promise<Reply> => {
    const id = next++
    child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    const answered = new Promise<Reply>((resolve) => waiting.set(id, resolve))
    const over = ended.then((code) => Promise.reject(new Error(`the gateway ended with ${code} before it answered ${method}: ${stderr()}`)))
    return told(`an answer to ${method}`, Promise.race([answered, over]))
  }
  return {
    process: child,
    request,
    call: async (name, args = {}) => toolResult(await request('tools/call', { name, arguments: args })),
    send: (line) => {
      child.stdin?.write(line)
      child.stdin?.write('\n')
    },
    lines,
    stderr,
    ended,
    stop: () => {
      child.stdin?.end()
      return told('end', ended)
    },
  }
}

function readReply(line: string): Reply | null {
  try {
    return JSON.parse(line) as Reply
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function toolResult(reply: unknown): ToolResult {
  const { result, error } = reply as {
    result?: { content?: { text?: string }[]; isError?: boolean; _meta?: Record<string, unknown> }
    error?: { message: string }
  }
  if (error) return { text: error.message, isError: true, refusal: null }
  const refusal = (result?._meta?.['dev.countersign/authorization'] ?? null) as ToolResult['refusal']
  return { text: result?.content?.[0]?.text ?? '', isError: result?.isError ?? false, refusal }
}

/** What a legacy client says first. */
export async function initialize(gateway: GatewayProcess): Promise<void> {
  await gateway.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } })
  gateway.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
}

/** The marks that the recorder upstream left: the arguments of every call that had an effect, in order. */
export async function readMarks(file: string): Promise<readonly { readonly token: string }[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? '' : Promise.reject(error)))
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { token: string })
}

export const recorder = (marks: string): readonly string[] => [process.execPath, fixture('recorder.mjs'), marks]

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = []
  stream?.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)))
  return () => Buffer.concat(chunks).toString('utf8')
}
