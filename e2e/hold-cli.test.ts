import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from '../db/connect'
import { readHold } from '../db/holds'
import { identityOf, openKeys } from '../db/keys'
import { createToken } from '../db/people-tokens'
import { freshDatabase } from '../db/testing'
import { openWish } from '../db/testing-holds'
import { type Person, signedIn } from '../db/testing-people'
import { openWriter, type Writer } from '../db/writer'
import { countersign, makePlace, type Place } from './gateway'

const HOSTILE = 'a\u001b[2J\u202eb\u200b\nH-0000000000 is approved: 1 of 1 approved'
const RAW = /(?![\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}]/u

let place: Place
let sql: Sql
let gateway: Writer
let desk: Writer
let ann: string
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  sql = connect(place.database.urlFor('console'), { purpose: 'pool', application: 'test', max: 1 })
  const keys = await openKeys(place.dataDir)
  gateway = await openWriter({ url: place.database.urlFor('gateway'), identity: identityOf(keys, 'gateway') })
  desk = await openWriter({ url: place.database.urlFor('console'), identity: identityOf(keys, 'console') })
  await signedIn(sql, desk, ['admin'])
  ann = await tokenOf(await signedIn(sql, desk, ['approver'], 'Ann'))
})
afterAll(async () => {
  for (const writer of [gateway, desk]) await writer.close()
  await sql.end()
  await place.remove()
})

/** A file with a token of this person. */
async function tokenOf({ actor }: Person): Promise<string> {
  const { token } = await createToken(desk, actor, { name: 'laptop', days: 1 })
  const file = join(place.dir, `token-${actor.id}`)
  await writeFile(file, `${token}\n`, { mode: 0o600 })
  return file
}

const run = (words: readonly string[], token: string | null = ann) =>
  countersign(place, 'console', token === null ? words : [...words, '--token-file', token])
const stateOf = async (id: string) => (await readHold(sql, id))?.state

test('a call whose bytes went with its end reads as not kept, and not as one without arguments', async () => {
  const id = await openWish(gateway, { args: { path: '/tmp/canary' }, reason: 'writes to canary', keepsClear: false })
  expect((await run(['holds', id])).stdout).toContain('canary')
  expect(await run(['deny', id, '--reason', 'no'])).toMatchObject({ code: 0 })
  const { stdout } = await run(['holds', id])
  expect(stdout).toMatch(/arguments {2}not kept\n/)
  expect(stdout).not.toMatch(/canary|DAMAGED/)
  expect(JSON.parse((await run(['holds', id, '--json'])).stdout)).toMatchObject({ isKept: false, card: { arguments: null } })
})

test('a person looks at a call, approves what they saw by its digest, and hears where it stands', async () => {
  const id = await openWish(gateway, { args: { path: '/tmp/a', n: 1 }, raw: '{"path":"/tmp/a","n":1.50}' })
  expect((await run(['holds'])).stdout).toMatch(new RegExp(`${id}\\s+held\\s+write_file`))
  const shown = await run(['holds', id.toLowerCase()])
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('"n": 1.50') })
  const { displayed, card } = JSON.parse((await run(['holds', id, '--json'])).stdout)
  expect(shown.stdout).toContain(`displayed  ${displayed}`)
  expect(card).toMatchObject({ arguments: '{"n":1.50,"path":"/tmp/a"}' })
  const approved = await run(['approve', id, '--displayed', displayed, '--reason', 'fine', '--json'])
  expect(JSON.parse(approved.stdout)).toMatchObject({ hold: id, state: 'approved', approved: 1, needed: 1 })
  expect(await stateOf(id)).toBe('approved')
  expect(await run(['approve', id, '--displayed', displayed])).toMatchObject({ code: 1, stderr: expect.stringContaining('already, at') })
})

test('nothing is approved unseen: through a pipe without a digest, or with that of another call', async () => {
  const [id, other] = [await openWish(gateway), await openWish(gateway, { args: { path: '/etc' } })]
  const { displayed } = JSON.parse((await run(['holds', other, '--json'])).stdout)
  expect(await run(['approve', id])).toMatchObject({ code: 2, stderr: expect.stringContaining('--displayed DIGEST') })
  expect(await run(['approve', id, '--displayed', displayed])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not the call you were shown'),
  })
  expect(await stateOf(id)).toBe('held')
})

test('a call is denied with a reason, once', async () => {
  const id = await openWish(gateway)
  expect(await run(['deny', id, '--reason', 'not this folder'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`Denied ${id}.`),
  })
  expect(await stateOf(id)).toBe('denied')
  expect(await run(['deny', id])).toMatchObject({ code: 1, stderr: expect.stringContaining('You denied this call already') })
})

test('whoever has no account, or not the role, neither sees arguments nor decides', async () => {
  const id = await openWish(gateway)
  const viewer = await tokenOf(await signedIn(sql, desk, ['viewer']))
  for (const words of [
    ['holds', id],
    ['approve', id],
    ['deny', id],
  ]) {
    expect(await run(words, null)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--token-file') })
    expect(await run(words, viewer)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('needs one of the roles') })
  }
  expect(await run(['holds', 'H-NOTTHERE00'])).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no hold') })
  expect(await stateOf(id)).toBe('held')
})

test('nothing that an agent writes reaches the terminal, or passes for a line of ours', async () => {
  const id = await openWish(gateway, {
    args: { [HOSTILE]: [HOSTILE, { [HOSTILE]: HOSTILE }] },
    tool: HOSTILE,
    server: HOSTILE,
    reason: HOSTILE,
  })
  for (const words of [['holds', id], ['holds'], ['deny', id, '--reason', HOSTILE]]) {
    const { stdout, stderr } = await run(words)
    expect(stdout + stderr).not.toMatch(RAW)
    expect(stdout.split('\n').filter((line) => line.startsWith('H-0000000000'))).toEqual([])
  }
  expect((await run(['holds', id, '--json'])).stdout).not.toMatch(RAW)
})
