import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { BrowserContext } from '@playwright/test'
import { encode } from 'next-auth/jwt'
import type { DecisionFields, ReceiptStatus } from '../core/audit/entry'
import type { Role } from '../core/roles'
import { openConsoleSecret } from '../db/console-secret'
import { randomId } from '../db/crypto'
import { type Embedded, stopEmbedded } from '../db/embedded'
import { identityOf, openKeys } from '../db/keys'
import { insertUser } from '../db/people'
import { startSession } from '../db/sessions'
import { openWriter, type Writer } from '../db/writer'
import { freshDataDir } from './console-template'

const CLI = join(import.meta.dirname, '..', 'dist', 'countersign.js')

/** `countersign up` as it is shipped, on a database and a folder of its own. `setUpUrl` makes the first admin; null once there is one. */
export type Console = {
  readonly url: string
  readonly setUpUrl: string | null
  readonly database: Embedded
  readonly dataDir: string
  close(): Promise<void>
}

type Opening = {
  /** Adds to the environment of this process: `COUNTERSIGN_OIDC_ISSUER` and the like. */
  readonly environment?: Readonly<Record<string, string>>
  /** For whoever must know the address beforehand; else a free one. */
  readonly port?: number
}

export async function openConsole({ environment = {}, port }: Opening = {}): Promise<Console> {
  const { dataDir, database } = await freshDataDir()
  const child = spawn(
    process.execPath,
    [CLI, 'up', '--json', '--data-dir', dataDir, ...(port === undefined ? [] : ['--port', String(port)])],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`countersign up ended with ${code}`)))
  })
  const { url, setUp = null } = JSON.parse(line)
  return {
    url,
    setUpUrl: setUp,
    database,
    dataDir,
    close: async () => {
      child.kill('SIGTERM')
      await ended
      await stopEmbedded(dataDir)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Who somebody is that `signIn` let in. */
export type SignedIn = { readonly user: string; readonly email: string; readonly session: string }

/**
 * Lets somebody new with these roles into a browser context, as if they had just signed in: a user and a session through the verbs, and
 * the cookie that next-auth would have set.
 */
export async function signIn(
  context: BrowserContext,
  opened: Console,
  roles: readonly Role[],
  { name = 'Maria Example', proved = true }: { readonly name?: string; readonly proved?: boolean } = {},
): Promise<SignedIn> {
  const email = `${randomId().slice(0, 12)}@example.org`
  const { token, ...who } = await throughWriter(opened, (writer) =>
    writer.commit(async (tx) => {
      const joined = await insertUser(tx, { email, name, roles }, { by: 'domain', invite: null, address: null })
      const from = { method: 'password', address: '127.0.0.1', agent: 'Playwright' } as const
      const started = await startSession(tx, { user: joined.id, ...from, provedAtMs: proved ? Date.now() : null })
      const result = { user: joined.id, email, session: started.session, token: started.token }
      return { entries: [joined.entry, started.entry], result }
    }),
  )
  await carry(context, opened, token)
  return who
}

/** Another session of somebody who is there, in a browser context. */
export async function signInAgain(context: BrowserContext, opened: Console, email: string): Promise<void> {
  const token = await throughWriter(opened, (writer) =>
    writer.commit(async (tx) => {
      const [user] = await tx<{ id: string }[]>`select id from countersign.users where email = ${email}`
      const from = { method: 'password', address: '127.0.0.1', agent: 'Playwright' } as const
      const started = await startSession(tx, { user: user?.id ?? '', ...from, provedAtMs: Date.now() })
      return { entries: [started.entry], result: started.token }
    }),
  )
  await carry(context, opened, token)
}

async function carry(context: BrowserContext, { dataDir, url }: Console, token: string): Promise<void> {
  const value = await encode({ token: { sid: token }, secret: await openConsoleSecret(dataDir), maxAge: 12 * 60 * 60 })
  await context.addCookies([{ name: 'countersign.session', value, url, httpOnly: true, sameSite: 'Lax' }])
}

/** Runs `work` with a writer of the console's own machine, and closes it. For seeds through the verbs. */
export async function throughWriter<T>({ database, dataDir }: Console, work: (writer: Writer) => Promise<T>): Promise<T> {
  const writer = await openWriter({ url: database.urlFor('console'), identity: identityOf(await openKeys(dataDir), 'console') })
  try {
    return await work(writer)
  } finally {
    await writer.close()
  }
}

/** `args`: the clear text that a gateway would have kept. */
type Seed = Partial<DecisionFields> & { readonly status?: ReceiptStatus; readonly args?: object }

/** Decisions in a log, through the writer that every process uses. */
export async function record({ database, dataDir }: Pick<Console, 'database' | 'dataDir'>, seeds: readonly Seed[]): Promise<void> {
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identityOf(await openKeys(dataDir), 'gateway') })
  for (const { status, args, ...fields } of seeds) {
    const { call = randomId() } = fields
    const disclose = args ? [{ name: 'arguments', bytes: Buffer.from(JSON.stringify(args)) }] : []
    const { seq } = await writer.append({ ...USUAL, ...fields, call, disclose })
    const decision = { writer: writer.id, seq }
    const nothing = { code: null, startedAt: null, durationMs: null, sizeBytes: null }
    if (status) await writer.append({ type: 'receipt', call, decision, status, ...nothing })
  }
  await writer.close()
}

const USUAL = {
  type: 'decision',
  principal: { id: 'local:agent@host', assurance: 'asserted' },
  server: 'server-filesystem',
  session: null,
  method: 'tools/call',
  tool: 'read_file',
  outcome: 'allow',
  rule: 'rule-1',
  constraint: null,
  code: 'rule',
  policy: { digest: null, version: 1, epoch: 1 },
  guardrail: null,
  pin: null,
  sizeBytes: 120,
  facts: {},
} as const satisfies Omit<DecisionFields, 'call'>
