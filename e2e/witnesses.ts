import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { witnessRequestText } from '../core/audit/witness-request'
import type { MemoryLog } from '../db/testing-log'
import { CLI } from './gateway'

/** A witness as a process of its own, with its own folder. */
export type WitnessProcess = {
  readonly process: ChildProcess
  readonly vkey: string
  readonly url: string
  stderr(): string
  readonly ended: Promise<number | null>
}

export type WitnessSetup = {
  readonly dataDir: string
  /** The keys of the logs it signs for. */
  readonly logs: readonly string[]
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
}

/** Resolves once it listens; rejects with what it said where it ends before. */
export async function startWitness({ dataDir, logs, port = 0, env = {} }: WitnessSetup): Promise<WitnessProcess> {
  const args = ['witness', ...logs, '--name', 'w.test/1', '--listen', `127.0.0.1:${port}`, '--json', '--data-dir', dataDir]
  // It is to need nothing of the log's: neither its database nor its home.
  const { PATH = '', NODE_ENV } = process.env
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { PATH, NODE_ENV, HOME: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const lines = createInterface({ input: child.stdout })
  const first = new Promise<string>((resolve) => lines.once('line', resolve))
  const over = ended.then((code) => Promise.reject(new Error(`the witness ended with ${code}: ${said}`)))
  const { vkey, url } = JSON.parse(await Promise.race([first, over])) as { vkey: string; url: string }
  over.catch(() => undefined)
  return { process: child, vkey, url, stderr: () => said, ended }
}

export async function killed({ process: child, ended }: WitnessProcess): Promise<void> {
  child.kill('SIGKILL')
  await ended
}

/** Asks as a log would; null where nothing came back. */
export async function askFor(url: string, from: number, to: number, log: MemoryLog): Promise<{ status: number; body: string } | null> {
  const body = witnessRequestText({ oldSize: from, proof: log.proof(from, to), note: log.note(to) })
  try {
    const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body, signal: AbortSignal.timeout(20_000) })
    return { status: answer.status, body: await answer.text() }
  } catch {
    // It died on the way, as it was meant to.
    return null
  }
}

/** The size that it signed last, as it says itself. */
export async function signedBy(url: string, log: MemoryLog): Promise<number> {
  const answer = await fetch(`${url}/${log.key.name}/checkpoint`)
  return answer.status === 404 ? 0 : Number((await answer.text()).split('\n')[1])
}
