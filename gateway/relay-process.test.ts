import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { build } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { upstreamEnvironment } from './child'

const ROOT = join(import.meta.dirname, '..')
const SCRIPTED = join(ROOT, 'e2e/fixtures/scripted-upstream.mjs')
const folder = mkdtempSync(join(tmpdir(), 'countersign-relay-'))
const gateway = join(folder, 'gateway.mjs')
const record = join(folder, 'record')

/** The relay as a process of its own, with a governor that allows everything. */
const MAIN = `
import { runRelay } from ${JSON.stringify(join(ROOT, 'gateway/relay.ts'))}
import { allowAll } from ${JSON.stringify(join(ROOT, 'gateway/relay-harness.ts'))}
const [command, ...args] = process.argv.slice(2)
const { stdin, stdout, stderr, env } = process
const { code, signal } = await runRelay({ upstream: { command, args, env }, governor: async () => allowAll, stdin, stdout, stderr })
if (signal) process.kill(process.pid, signal)
process.exit(code ?? 1)
`

beforeAll(async () => {
  const main = join(folder, 'main.ts')
  writeFileSync(main, MAIN)
  writeFileSync(record, '')
  await build({ input: main, platform: 'node', output: { file: gateway, format: 'esm' }, logLevel: 'silent' })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const start = (...words: string[]): ChildProcess => spawn('node', [gateway, ...words], { stdio: ['pipe', 'pipe', 'pipe'] })
const call = (id: number, name: string, args: object = {}): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } })}\n`

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  while (!text.includes('\n')) text += String((await once(child.stdout as NonNullable<typeof child.stdout>, 'data'))[0])
  return text
}

async function pidOf(child: ChildProcess): Promise<number> {
  child.stdin?.write(call(1, 'env'))
  return JSON.parse(await firstLine(child)).result.pid
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function expectGone(pid: number): Promise<void> {
  for (let waitedMs = 0; isAlive(pid) && waitedMs < 6_000; waitedMs += 50) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(isAlive(pid)).toBe(false)
}

describe('how it ends', () => {
  test('an exit code of the upstream is ours', async () => {
    const child = start('node', SCRIPTED, record)
    child.stdin?.write(call(1, 'exit', { code: 42 }))
    expect(await once(child, 'exit')).toEqual([42, null])
  })

  test('a signal the upstream died of is ours', async () => {
    const child = start('node', SCRIPTED, record)
    child.stdin?.write(call(1, 'die', { signal: 'SIGKILL' }))
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
  })

  test('an upstream that does not exist is one sentence and 127', async () => {
    const child = start('no-such-command-anywhere')
    let text = ''
    child.stderr?.on('data', (chunk) => (text += String(chunk)))
    expect(await once(child, 'close')).toEqual([127, null])
    expect(text.trim().split('\n')).toHaveLength(1)
    expect(text).toContain('no-such-command-anywhere')
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s reaches the upstream, and nothing is left', async (signal) => {
    const child = start('node', SCRIPTED, record)
    const pid = await pidOf(child)
    child.kill(signal)
    await once(child, 'exit')
    await expectGone(pid)
  })

  test.each([
    { what: 'ignores the end of its input', flags: ['--ignore-end'] },
    { what: 'ignores the end and signals', flags: ['--ignore-end', '--ignore-signals'] },
  ])('an upstream that $what is ended when the client is done', async ({ flags }) => {
    const child = start('node', SCRIPTED, record, ...flags)
    const pid = await pidOf(child)
    child.stdin?.end()
    await once(child, 'exit')
    await expectGone(pid)
  })

  test('an upstream behind a wrapper ends with it', async () => {
    const child = start('sh', '-c', `node ${SCRIPTED} ${record} --ignore-end --ignore-signals; true`)
    const pid = await pidOf(child)
    child.kill('SIGTERM')
    await once(child, 'exit')
    await expectGone(pid)
  })
})

test('the upstream gets its environment, less what is ours', () => {
  const env = { PATH: '/bin', DATABASE_URL: 'theirs', COUNTERSIGN_DATABASE_URL: 'ours', countersign_home: 'ours' }
  expect(upstreamEnvironment(env)).toEqual({ PATH: '/bin', DATABASE_URL: 'theirs' })
})

test('ten thousand fuzzed lines: alive, and nothing is forwarded that does not scan', async () => {
  writeFileSync(record, '')
  const child = start('node', SCRIPTED, record)
  child.stdout?.resume()
  let state = 7
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % below
  }
  for (let count = 0; count < 10_000; count += 1) {
    const line = Buffer.from(call(count, 'hang', { text: 'é'.repeat(random(9)), n: [1, { a: null }] }).slice(0, -1))
    for (let flips = 1 + random(3); flips > 0; flips -= 1) line[random(line.length)] = random(256)
    child.stdin?.write(Buffer.concat([line, Buffer.from('\n')]))
  }
  child.stdin?.write(call(1_000_001, 'exit', { code: 7 }))
  expect(await once(child, 'exit')).toEqual([7, null])
  for (const line of readFileSync(record, 'utf8').split('\n').filter(Boolean)) expect(() => JSON.parse(line)).not.toThrow()
})

const EVERYTHING = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js')
const FILESYSTEM = join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js')

describe('real servers say through the relay what they say directly', () => {
  test.each([
    { server: 'server-everything', words: ['node', EVERYTHING], tool: { name: 'echo', arguments: { message: 'é 😀' } } },
    { server: 'server-filesystem', words: ['node', FILESYSTEM, folder], tool: { name: 'read_text_file', arguments: { path: gateway } } },
  ])('$server, SDK v1', async ({ words, tool }) => {
    const answers = []
    for (const args of [words.slice(1), [gateway, ...words]]) {
      const client = new Client({ name: 'test', version: '1' })
      await client.connect(new StdioClientTransport({ command: 'node', args, stderr: 'ignore' }))
      answers.push({ tools: await client.listTools(), result: await client.callTool(tool) })
      await client.close()
    }
    expect(answers[1]).toEqual(answers[0])
  })

  test.each([
    { mode: 'auto', version: '2026-07-28' },
    { mode: 'legacy', version: '2025-11-25' },
  ] as const)('a dual-era server, SDK v2, $mode', async ({ mode, version }) => {
    const server = ['node', join(ROOT, 'e2e/fixtures/conformance-server.mjs')]
    const answers = []
    for (const args of [server.slice(1), [gateway, ...server]]) {
      const client = new ModernClient({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
      await client.connect(new ModernTransport({ command: 'node', args, stderr: 'ignore' }))
      expect(client.getNegotiatedProtocolVersion()).toBe(version)
      answers.push({ tools: await client.listTools(), result: await client.callTool({ name: 'test_simple_text', arguments: {} }) })
      await client.close()
    }
    expect(answers[1]).toEqual(answers[0])
  })
})
