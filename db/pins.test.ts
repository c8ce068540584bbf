import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { acceptPins, baselineOf, type Definition, listPins, recordBaseline, recordPending, type Seen } from './pins'
import { freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let gateway: Sql
let people: Sql
beforeAll(async () => {
  database = await freshDatabase()
  gateway = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'test', max: 8 })
  people = connect(database.urlFor('console'), { purpose: 'pool', application: 'test', max: 1 })
})
afterAll(async () => {
  await Promise.all([gateway.end(), people.end()])
  await database.drop()
})

const sha = (text: string): string => createHash('sha256').update(text).digest('hex')
const argv = sha('npx server')
const tool = (name: string, says = 'v1'): Definition => ({ tool: name, digest: sha(name + says), definition: Buffer.from(says) })
const seen = (server: string, tools: readonly Definition[], upstream = argv): Seen => ({ server, upstream, tools })
const states = async (server: string) =>
  (await listPins(people, server, ['baseline', 'accepted', 'pending', 'replaced'])).map((pin) => [
    pin.tool,
    Buffer.from(pin.definition).toString(),
    pin.state,
  ])

test('of eight gateways that list a new server at once one makes the baseline', async () => {
  const won = await Promise.all(
    Array.from({ length: 8 }, (_, n) => gateway.begin((tx) => recordBaseline(tx, seen('raced', [tool('read', `v${n}`)])))),
  )
  expect(won.filter(Boolean)).toHaveLength(1)
  expect(await states('raced')).toHaveLength(1)
  expect(await baselineOf(people, 'raced')).toBe(argv)
  expect(await baselineOf(people, 'never seen')).toBeNull()
})

test('a server that listed nothing has its baseline, so what comes later is new', async () => {
  expect(await recordBaseline(gateway, seen('empty', []))).toBe(true)
  expect(await recordBaseline(gateway, seen('empty', [tool('late')]))).toBe(false)
  expect(await states('empty')).toEqual([])
})

test('a changed definition waits, is accepted by a person, and the one before it is replaced', async () => {
  await recordBaseline(gateway, seen('files', [tool('read'), tool('write')]))
  await recordPending(gateway, seen('files', [tool('read', 'v2')]))
  await recordPending(gateway, seen('files', [tool('read', 'v2'), tool('read', 'v1')]))
  expect(await states('files')).toEqual([
    ['read', 'v1', 'baseline'],
    ['read', 'v2', 'pending'],
    ['write', 'v1', 'baseline'],
  ])
  const accepted = await people.begin((tx) => acceptPins(tx, { server: 'files', by: 'ada' }))
  expect(accepted).toMatchObject([{ tool: 'read', digest: sha('readv2'), state: 'accepted', acceptedBy: 'ada' }])
  expect(await states('files')).toEqual([
    ['read', 'v1', 'replaced'],
    ['read', 'v2', 'accepted'],
    ['write', 'v1', 'baseline'],
  ])
  expect(await acceptPins(people, { server: 'files', by: 'ada' })).toEqual([])
})

test('a server that goes back to a replaced definition asks again', async () => {
  await recordBaseline(gateway, seen('back', [tool('read', 'v1')]))
  await recordPending(gateway, seen('back', [tool('read', 'v2')]))
  await acceptPins(people, { server: 'back', by: 'ada' })
  await recordPending(gateway, seen('back', [tool('read', 'v2'), tool('read', 'v1')]))
  expect(await states('back')).toEqual([
    ['read', 'v2', 'accepted'],
    ['read', 'v1', 'pending'],
  ])
  await acceptPins(people, { server: 'back', by: 'ada' })
  expect((await listPins(people, 'back')).map((pin) => pin.digest)).toEqual([tool('read', 'v1').digest])
})

test('accepting is narrowed to the tools, or the digest, that were named', async () => {
  await recordBaseline(gateway, seen('narrow', []))
  await recordPending(gateway, seen('narrow', [tool('a'), tool('b'), tool('c', 'v1')]))
  await recordPending(gateway, seen('narrow', [tool('c', 'v2')]))
  expect(await acceptPins(people, { server: 'narrow', tools: ['a', 'nobody'], by: 'ada' })).toMatchObject([{ tool: 'a' }])
  expect(await acceptPins(people, { server: 'narrow', digest: tool('c', 'v1').digest, by: 'ada' })).toMatchObject([
    { tool: 'c', digest: tool('c', 'v1').digest },
  ])
  expect((await listPins(people, 'narrow', ['pending'])).map((pin) => pin.tool)).toEqual(['b', 'c'])
})

test('the same definition from another command line is another pin', async () => {
  await recordBaseline(gateway, seen('moved', [tool('read')]))
  await recordPending(gateway, seen('moved', [tool('read')], sha('npx other')))
  expect(await acceptPins(people, { server: 'moved', by: 'ada' })).toMatchObject([{ tool: 'read', upstream: sha('npx other') }])
  expect((await listPins(people, 'moved')).length).toBe(1)
})

test.each([
  { name: 'a NUL', tool: 'read\0file' },
  { name: 'a lone surrogate', tool: 'read\ud800' },
  { name: 'quotes and backslashes', tool: `'"\\";drop` },
  { name: 'a name longer than an index row', tool: 'x'.repeat(100_000) },
  { name: 'the empty name', tool: '' },
])('$name reads back as it came', async ({ name, tool: hostile }) => {
  await recordBaseline(gateway, seen(name, [{ tool: hostile, digest: sha('d'), definition: Uint8Array.of(0, 255, 128) }]))
  expect(await listPins(people, name)).toMatchObject([{ tool: hostile, state: 'baseline' }])
})

test('a gateway accepts nothing, and nobody changes what a pin says', async () => {
  await recordBaseline(gateway, seen('guarded', [tool('read')]))
  await expect(gateway`insert into countersign.pins select server, tool_hash, tool, repeat('0', 64), upstream, definition, 'accepted', now(), now(), 'me'
    from countersign.pins where server = 'guarded'`).rejects.toMatchObject({
    code: '42501',
    message: expect.stringContaining('accepted by people'),
  })
  const superuser = connect(database.urlFor('superuser'), { purpose: 'probe', application: 'test' })
  await expect(gateway`update countersign.pins set state = 'pending' where server = 'guarded'`).rejects.toMatchObject({ code: '42501' })
  await expect(superuser`update countersign.pins set definition = 'other' where server = 'guarded'`).rejects.toMatchObject({
    code: '42501',
  })
  await superuser.end()
})
