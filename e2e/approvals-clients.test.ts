import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitationCompleteNotificationSchema, ElicitRequestSchema, ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../db/testing'
import { type Deciders, eventually, openDeciders } from './approvals'
import { CLI, fixture, makePlace, type Place, publish, readMarks } from './gateway'

const FILES = join(import.meta.dirname, '../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js')
const CONSOLE = 'https://console.example.org'

const POLICY = `version: "1"
default: deny
rules:
  - tool: [act, write_file]
    action: escalate
    reason: Somebody must look
    approvers: [approver]
  - tool: read_text_file
    action: allow
`

let place: Place
let marks = ''
let files = ''
let people: Deciders
const open: { close(): Promise<void> }[] = []
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  files = join(place.dir, 'files')
  await mkdir(files)
  await writeFile(join(files, 'there.txt'), 'hello')
  await publish(place, POLICY)
  people = await openDeciders(place)
  await people.sql`update countersign.settings set console_url = ${CONSOLE}`
})
afterEach(() => Promise.all(open.splice(0).map((client) => client.close())))
afterAll(async () => {
  await people.close()
  await place.remove()
})

const words = (...all: string[]): string => all.map((word) => `'${word}'`).join(' ')
const recording = (): string => words(process.execPath, fixture('dual-recorder.mjs'), marks)
const serving = (): string => words(process.execPath, FILES, files)

const gatewayOf = (upstream: string, more: readonly string[]) => ({
  command: process.execPath,
  args: [CLI, '--gateway', '--data-dir', place.dataDir, '--upstream', upstream, ...more],
  env: { ...(process.env as Record<string, string>), COUNTERSIGN_DATABASE_URL: place.database.urlFor('gateway') },
  stderr: 'ignore' as const,
})

async function legacy(upstream: string, more: readonly string[] = [], capabilities = {}): Promise<Client> {
  const client = new Client({ name: 'approvals', version: '1' }, { capabilities })
  await client.connect(new StdioClientTransport(gatewayOf(upstream, more)))
  open.push(client)
  return client
}

async function modern(more: readonly string[], capabilities = {}): Promise<ModernClient> {
  const client = new ModernClient(
    { name: 'approvals', version: '2' },
    { capabilities, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await client.connect(new ModernTransport(gatewayOf(recording(), more)))
  open.push(client)
  return client
}

const effects = async (token: string): Promise<number> => (await readMarks(marks)).filter((mark) => mark.token === token).length
const textOf = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? ''
const newest = async (): Promise<string | null> =>
  (await people.sql<{ id: string }[]>`select id from countersign.holds where state = 'held' order by opened_at desc limit 1`)[0]?.id ?? null

test('an SDK v1 client writes a file when a person has approved it, hears of it meanwhile, and is served otherwise', async () => {
  const client = await legacy(serving())
  const path = join(files, 'written.txt')
  const progress: { readonly progress: number; readonly message?: string | undefined }[] = []
  const writing = client.callTool({ name: 'write_file', arguments: { path, content: 'approved' } }, undefined, {
    onprogress: (step) => void progress.push(step),
    resetTimeoutOnProgress: true,
  })
  const hold = await eventually('a hold', newest)
  await eventually('progress', () => progress[0] ?? null)
  expect(progress[0]).toMatchObject({ progress: 0.001, message: `Waiting for approval ${hold}` })
  expect(textOf(await client.callTool({ name: 'read_text_file', arguments: { path: join(files, 'there.txt') } }))).toBe('hello')
  await people.vote(people.maria, hold)
  expect(await writing).toMatchObject({ structuredContent: { content: expect.stringContaining('Successfully wrote') } })
  expect(await readFile(path, 'utf8')).toBe('approved')
})

test('an SDK v1 client that gives up before the budget ends calls again, and the outcome is there once', async () => {
  const client = await legacy(serving())
  const path = join(files, 'later.txt')
  const write = (signal?: AbortSignal) =>
    client.callTool({ name: 'write_file', arguments: { path, content: 'x' } }, undefined, signal && { signal })
  const patience = new AbortController()
  const givenUp = expect(write(patience.signal)).rejects.toThrow('Request timed out')
  const hold = await eventually('a hold', newest)
  // What the client's own clock does when it runs out, once there is a hold.
  patience.abort(new McpError(ErrorCode.RequestTimeout, 'Request timed out'))
  await givenUp
  await people.vote(people.maria, hold)
  expect(textOf(await write())).toContain('Successfully wrote')
  await people.until(hold, 'done')
  const again = write()
  await eventually('another hold', newest)
  await people.vote(people.maria, (await newest()) ?? '', 'deny')
  expect(textOf(await again)).toContain('denied this call')
})

test('an SDK v1 client without any capability is told where to approve, in words it can pass on', async () => {
  const client = await legacy(serving(), ['--hold-ms', '100'])
  const result = await client.callTool({ name: 'write_file', arguments: { path: join(files, 'told.txt'), content: 'x' } })
  const hold = await newest()
  expect(result.isError).toBe(true)
  await expect
    .poll(async () => textOf(await client.callTool({ name: 'write_file', arguments: { path: join(files, 'told.txt'), content: 'x' } })))
    .toContain(`${CONSOLE}/inbox/${hold}`)
})

test('an SDK v1 client that opens addresses is asked to, its answer decides nothing, and it hears when it is over', async () => {
  const client = await legacy(recording(), [], { elicitation: { url: {} } })
  const asked: { url?: string; elicitationId?: string }[] = []
  const completed: string[] = []
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    asked.push(params as (typeof asked)[number])
    return { action: 'accept' }
  })
  client.setNotificationHandler(ElicitationCompleteNotificationSchema, ({ params }) => void completed.push(params.elicitationId))
  await eventually('the address of the console', async () => {
    const result = client.callTool({ name: 'act', arguments: { token: 'asked' } }, undefined, { timeout: 60_000 })
    await people.heldAs('asked')
    await new Promise((resolve) => setTimeout(resolve, 200))
    if (asked.length === 0) return null
    const hold = await people.heldAs('asked')
    expect(asked[0]).toMatchObject({ mode: 'url', url: `${CONSOLE}/inbox/${hold}` })
    expect(await people.stateOf(hold)).toBe('held')
    await people.vote(people.maria, hold)
    expect(textOf(await result)).toBe('done asked')
    return true
  })
  await eventually('the end of the question', () => completed[0] ?? null)
  expect(completed).toEqual([asked[0]?.elicitationId])
  expect(await effects('asked')).toBe(1)
})

test('an SDK v2 client of 2026-07-28 rides four legs to the result, which comes once', async () => {
  const client = await modern(['--hold-ms', '2000'])
  const riding = client.callTool({ name: 'act', arguments: { token: 'ridden' } })
  const hold = await people.heldAs('ridden')
  const attached = async () => (await people.entries(hold)).filter(({ type }) => type === 'hold.attach').length
  await eventually('four legs', async () => ((await attached()) >= 4 ? true : null))
  expect(await effects('ridden')).toBe(0)
  await people.vote(people.maria, hold)
  expect(textOf(await riding)).toBe('done ridden')
  expect(await effects('ridden')).toBe(1)
  expect(await people.count('ridden')).toBe(1)
})

test('an SDK v2 client that opens addresses is given one with the first leg, and what it answers decides nothing', async () => {
  const client = await modern(['--hold-ms', '1000'], { elicitation: { url: {} } })
  const asked: unknown[] = []
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    asked.push(params)
    return { action: 'cancel' as const }
  })
  const riding = client.callTool({ name: 'act', arguments: { token: 'addressed' } })
  const hold = await people.heldAs('addressed')
  await eventually('three legs', async () =>
    (await people.entries(hold)).filter(({ type }) => type === 'hold.attach').length >= 3 ? true : null,
  )
  expect(await people.stateOf(hold)).toBe('held')
  await people.vote(people.maria, hold)
  expect(textOf(await riding)).toBe('done addressed')
  expect(asked).toEqual([expect.objectContaining({ mode: 'url', url: `${CONSOLE}/inbox/${hold}` })])
})
