import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { DecisionFields, ReceiptStatus } from '../core/audit/entry'
import { randomId } from '../db/crypto'
import { type Embedded, startEmbedded, stopEmbedded } from '../db/embedded'
import { testIdentity } from '../db/testing-identity'
import { openWriter } from '../db/writer'

const CLI = join(import.meta.dirname, '..', 'dist', 'countersign.js')

/** `countersign up` as it is shipped, on a database and a folder of its own. */
export type Console = { readonly url: string; readonly database: Embedded; readonly dataDir: string; close(): Promise<void> }

export async function openConsole(): Promise<Console> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-console-'))
  const database = await startEmbedded({ dataDir, settings: { fsync: 'off' } })
  const child = spawn(process.execPath, [CLI, 'up', '--json', '--data-dir', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`countersign up ended with ${code}`)))
  })
  return {
    url: JSON.parse(line).url,
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

type Seed = Partial<DecisionFields> & { readonly status?: ReceiptStatus }

/** Decisions in a log, through the writer that every process uses. */
export async function record(database: Embedded, seeds: readonly Seed[]): Promise<void> {
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
  for (const { status, ...fields } of seeds) {
    const call = randomId()
    const { seq } = await writer.append({ ...USUAL, ...fields, call })
    const decision = { writer: writer.id, seq }
    const nothing = { code: null, startedAt: null, durationMs: null, sizeBytes: null }
    if (status) await writer.append({ type: 'receipt', call, decision, status, ...nothing })
  }
  await writer.close()
}

const { identity } = testIdentity()

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
