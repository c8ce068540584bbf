import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const top = mkdtempSync(join(tmpdir(), 'countersign-start-'))
const samples = () => readdirSync('/tmp').filter((name) => name.startsWith('countersign-sample-'))

afterAll(() => rmSync(top, { recursive: true, force: true }))

const start = (...words: string[]) => {
  const child = spawn(process.execPath, [join(ROOT, 'start.mjs'), ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  child.stderr.resume()
  return { child, said: () => said, code: new Promise<number | null>((resolve) => child.once('exit', resolve)) }
}

const heard = async (started: { readonly child: ChildProcess; said(): string }, pattern: RegExp): Promise<RegExpExecArray> => {
  for (;;) {
    const found = pattern.exec(started.said())
    if (found) return found
    await new Promise((resolve, reject) => {
      started.child.stdout?.once('data', resolve)
      started.child.once('exit', () => reject(new Error(`ended before it said ${pattern}: ${started.said()}`)))
    })
  }
}

/** The embedded server runs as long as its pid file names a live process. */
const databaseRuns = (dataDir: string): boolean => {
  const file = join(dataDir, 'postgres/data/postmaster.pid')
  return existsSync(file) && existsSync(`/proc/${readFileSync(file, 'utf8').split('\n')[0]}`)
}

const decisionsIn = (dataDir: string): number =>
  execFileSync(process.execPath, [join(ROOT, 'dist/countersign.js'), 'log', '--json', '--data-dir', dataDir], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '').length

test('`npm start -- --once` shows the four outcomes, ends with 0 and leaves nothing running', async () => {
  const dataDir = join(top, 'once')
  const before = samples()
  const once = start('--once', '--data-dir', dataDir)
  expect(await once.code).toBe(0)
  const rows = once
    .said()
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/).slice(0, 3))
  expect(rows).toEqual([
    ['an allowed read', 'read_file', 'allowed'],
    ['an escaped path', 'read_file', 'denied'],
    ['an escalated write', 'write_file', 'pending'],
    ['a forbidden shell call', 'execute_command', 'denied'],
  ])
  expect(once.said()).toContain('allowedPaths')
  expect(databaseRuns(dataDir)).toBe(false)
  expect(samples()).toEqual(before)
}, 240_000)

test('`npm start` stays with a console that asks who is there, its agent goes on calling, a second start says where it is, and Ctrl-C stops all of it', async () => {
  const dataDir = join(top, 'stays')
  const before = samples()
  const first = start('--data-dir', dataDir)
  const [, url = ''] = await heard(first, /console is at (http:\/\/127\.0\.0\.1:\d+);/)
  const [setUp = ''] = await heard(first, /http:\/\/127\.0\.0\.1:\d+\/set-up\?token=\S+/)
  expect(await (await fetch(setUp)).text()).toContain('first admin')
  expect((await fetch(url)).url).toContain('/sign-in')
  await expect.poll(() => decisionsIn(dataDir), { timeout: 30_000 }).toBeGreaterThan(4)
  const second = start('--data-dir', dataDir)
  expect(await second.code).toBe(0)
  expect(second.said()).toBe(`Countersign is already up: ${url}\n`)
  first.child.kill('SIGINT')
  expect(await first.code).toBe(0)
  await expect(fetch(url)).rejects.toThrow()
  expect(databaseRuns(dataDir)).toBe(false)
  expect(samples()).toEqual(before)
}, 240_000)
