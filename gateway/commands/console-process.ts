import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/errors'
import { isCode } from '../../db/embedded-home'
import { isAlive } from '../../db/embedded-lock'
import { freePort } from '../../db/free-port'

const START_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 5_000

/** One page per data directory: whoever comes second is told where the first one is. */
export type Claim = { readonly runningAt: string } | { announce(url: string): Promise<void>; release(): Promise<void> }

export const claimConsole = async (dataDir: string): Promise<Claim> => {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'console.json')
  for (;;) {
    const file = await tryOpen(path)
    if (file) {
      const write = async (url: string | null): Promise<void> => {
        await file.truncate(0)
        await file.write(JSON.stringify({ pid: process.pid, url }), 0)
      }
      await write(null)
      return {
        announce: write,
        release: async () => {
          await file.close()
          await rm(path, { force: true })
        },
      }
    }
    const holder = await readHolder(path)
    if (holder && isAlive(holder.pid)) return { runningAt: holder.url ?? 'starting, its address comes in a moment' }
    await rm(path, { force: true })
  }
}

const tryOpen = async (path: string) => {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    if (isCode(error, 'EEXIST')) return null
    throw error
  }
}

/** A claim cut short by a crash says nothing; one that is just being written says so within a moment. */
const readHolder = async (path: string): Promise<{ pid: number; url: string | null } | null> => {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const text = await readText(path)
    const found = /^\{"pid":(\d+),"url":(?:null|"([^"]*)")\}$/.exec(text)
    if (found) return { pid: Number(found[1]), url: found[2] ?? null }
    await sleep(20)
  }
  return null
}

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return ''
    throw error
  }
}

type ConsoleOptions = {
  readonly script: string
  readonly databaseUrl: string
  readonly dataDir: string
  readonly port: number | null
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

export type ConsoleProcess = {
  readonly url: string
  /** Resolves to the exit code: 0 once `stopped` aborted and the page is gone. Rejects when the page ends by itself. */
  until(stopped: AbortSignal): Promise<number>
}

/**
 * Runs in the page's process before Next. The page ends when its stdin does, so that it never outlives us, whatever we die of; what
 * Next answers before it asks the proxy (a redirect of `//path`) carries the strictest headers, which the proxy replaces with its own; and
 * who is at the other end of the connection is said by the connection, whatever the request claims.
 */
const BEFORE_NEXT = `data:text/javascript,${encodeURIComponent(`
  import { subscribe } from 'node:diagnostics_channel'
  process.stdin.resume().on('end', () => process.exit())
  subscribe('http.server.request.start', ({ request, response }) => {
    request.headers['x-countersign-peer'] = request.socket.remoteAddress ?? ''
    response.setHeader('content-security-policy', "default-src 'none'")
    response.setHeader('x-content-type-options', 'nosniff')
  })`)}`

/** What an operator says to the console; whatever else is called COUNTERSIGN_… is for other processes. */
const FOR_THE_CONSOLE = /^COUNTERSIGN_(?:PUBLIC_URL|TRUST_PROXY|NOTICES_PRIVATE|OIDC_[A-Z_]+)$/

/** Starts the standalone Next server on loopback and waits until it answers. Its output goes to our stderr. */
export const startConsole = async ({
  script,
  databaseUrl,
  dataDir,
  port,
  version,
  environment,
}: ConsoleOptions): Promise<ConsoleProcess> => {
  const chosen = port ?? (await freePort())
  const child = spawn(process.execPath, ['--import', BEFORE_NEXT, script], {
    env: {
      ...Object.fromEntries(
        Object.entries(environment).filter(([name]) => !/^(?:COUNTERSIGN|NEXTAUTH|AUTH)_/.test(name) || FOR_THE_CONSOLE.test(name)),
      ),
      COUNTERSIGN_DATABASE_URL: databaseUrl,
      COUNTERSIGN_HOME: dataDir,
      COUNTERSIGN_VERSION: version,
      // Beside the console lies what goes into every bundle of evidence.
      COUNTERSIGN_EVIDENCE_FILES: dirname(dirname(script)),
      HOSTNAME: '127.0.0.1',
      PORT: String(chosen),
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      // The page ends when its part of the log is closed, and Next would not wait for that.
      NEXT_MANUAL_SIG_HANDLE: '1',
    },
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  })
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new AppError('unavailable', 'The page could not be started.', { cause })))
    child.once('exit', () => reject(new AppError('unavailable', `The page ended by itself; is port ${chosen} taken?`)))
  })
  const url = `http://127.0.0.1:${chosen}`
  await Promise.race([ended, answering(url)])
  return { url, until: async (stopped) => Promise.race([ended, aborted(stopped).then(() => stop(child))]) }
}

const answering = async (url: string): Promise<void> => {
  const deadline = Date.now() + START_LIMIT_MS
  while (Date.now() < deadline) {
    if (await answers(url)) return
    await sleep(100)
  }
  throw new AppError('unavailable', `The page did not answer within ${START_LIMIT_MS / 1000} s.`)
}

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { method: 'HEAD' })).status < 600
  } catch (error) {
    if (error instanceof TypeError) return false // nobody listens yet
    throw error
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

const stop = async (child: ChildProcess): Promise<number> => {
  child.removeAllListeners('exit')
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  await gone
  clearTimeout(timer)
  return 0
}
