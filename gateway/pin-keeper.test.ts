import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { definitionDigest } from '../core/mcp/tools'
import { connect, type Sql } from '../db/connect'
import { sha256 } from '../db/crypto'
import { recordBaseline } from '../db/pins'
import { freshDatabase } from '../db/testing'
import { testIdentity } from '../db/testing-identity'
import { openWriter, type Writer } from '../db/writer'
import type { Call } from './call'
import { keepPins } from './pin-keeper'
import { type Definition, makePins } from './pins'

const UPSTREAM = '1'.repeat(64)
const whole = { first: true, last: true }
let database: Awaited<ReturnType<typeof freshDatabase>>
/** Whoever has a gateway's login. */
let intruder: Sql
let writer: Writer
let server = ''
let servers = 0

beforeAll(async () => {
  database = await freshDatabase()
  intruder = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'tests', max: 2 })
  writer = await openWriter({ url: database.urlFor('gateway'), identity: testIdentity().identity() })
})
afterAll(async () => {
  await writer.close()
  await intruder.end()
  await database.drop()
})
beforeEach(() => {
  server = `server-${servers++}`
})

function tool(name: string, description = 'Reads.'): Definition {
  const definition = { name, description, inputSchema: { type: 'object' } }
  return { name, digest: definitionDigest(definition, sha256), definition }
}

/** What a gateway makes of the pins of `server` that lie in the database. */
async function reloaded() {
  const pins = makePins()
  const keeper = keepPins({ sql: intruder, writer, server, upstream: UPSTREAM, pins })
  await keeper.reload()
  const look = (name: string) => pins.look({ envelope: { tool: name } } as unknown as Call)
  return { pins, keeper, look }
}

const insert = (name: string, digest: string, definition: Buffer): Promise<boolean> =>
  recordBaseline(intruder, { server, upstream: UPSTREAM, tools: [{ tool: name, digest, definition }] })

test('a baseline that was stored is the baseline of whoever comes later', async () => {
  const first = await reloaded()
  await first.keeper.store(first.pins.page([tool('read')], whole))
  const { pins, look } = await reloaded()
  expect(pins.page([tool('read')], whole)).toMatchObject({ cut: [], pending: [] })
  expect(look('read')).toMatchObject({ is: 'known', pin: { digest: tool('read').digest } })
})

const honest = tool('read')
const json = (value: unknown) => Buffer.from(JSON.stringify(value))

test.each([
  { row: 'is no JSON', definition: Buffer.from('garbage') },
  { row: 'is empty', definition: Buffer.alloc(0) },
  { row: 'is null', definition: json(null) },
  { row: 'is an array', definition: json([honest.definition]) },
  { row: 'is not UTF-8', definition: Buffer.from([0xff, 0xfe, 0x00]) },
  { row: 'is another than its digest says', definition: json({ ...honest.definition, inputSchema: {} }) },
  { row: 'is another tool’s', definition: json(tool('write').definition) },
  { row: 'holds a lone surrogate', definition: Buffer.from(String.raw`{"name":"read","description":"\ud800"}`) },
  {
    row: 'is nested deeper than any stack',
    definition: Buffer.from(`{"name":"read","inputSchema":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
  },
])('a stored definition that $row was never accepted: the gateway runs on and the tool waits for a person', async ({ definition }) => {
  await insert('read', honest.digest, definition)
  const { pins, look } = await reloaded()
  expect(look('read')).toEqual({ is: 'known', pin: null, listed: false })
  expect(pins.page([honest], whole)).toMatchObject({ cut: ['read'], baseline: [], pending: [honest] })
  expect(look('read')).toMatchObject({ is: 'changed' })
})

test('a row under a name that its definition does not bear is not that tool', async () => {
  await insert('read', tool('write').digest, json(tool('write').definition))
  expect((await reloaded()).look('read')).toEqual({ is: 'known', pin: null, listed: false })
})

test('a baseline without a single tool makes no server new again', async () => {
  await recordBaseline(intruder, { server, upstream: UPSTREAM, tools: [] })
  const { pins, look } = await reloaded()
  expect(pins.page([honest], whole)).toMatchObject({ cut: ['read'], baseline: [] })
  expect(look('read')).toMatchObject({ is: 'changed' })
})
