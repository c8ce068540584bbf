import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../core/roles'
import { groupsOf, listGroups, setGroups } from './groups'
import { type HoldBench, openHoldBench } from './testing-holds'

let bench: HoldBench
let ann: Actor
let admin: Actor
beforeAll(async () => {
  bench = await openHoldBench()
  ann = await bench.person(['approver'])
  admin = await bench.person(['admin'])
})
afterAll(() => bench.close())

const put = (groups: readonly string[], shown: readonly string[], actor = admin) =>
  setGroups(bench.desk, actor, { user: ann.id, groups, shown })

test('somebody is put in groups and taken out again, and the log says by whom', async () => {
  await put([' Ops ', 'security', 'ops'], [])
  expect(await groupsOf(bench.people, ann.id)).toEqual(['ops', 'security'])
  await put(['security'], ['security', 'ops'])
  expect(await listGroups(bench.people)).toEqual([
    { name: 'ops', members: [] },
    { name: 'security', members: [ann.id] },
  ])
  await put([], ['security'])
  expect(await bench.told('user.groups')).toMatchObject([
    { actor: admin.id, user: ann.id, before: [], after: ['ops', 'security'] },
    { before: ['ops', 'security'], after: ['security'] },
    { before: ['security'], after: [] },
  ])
})

test('of two who change the groups of one person the second hears so, and nothing is overwritten', async () => {
  await put(['a'], [])
  await expect(put(['b'], [])).rejects.toMatchObject({ fault: 'conflict' })
  const both = await Promise.allSettled([put(['b'], ['a']), put(['c'], ['a'])])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  await put([], await groupsOf(bench.people, ann.id))
})

test('only an admin does', async () => {
  await expect(put(['x'], [], ann)).rejects.toMatchObject({ fault: 'forbidden' })
  await expect(setGroups(bench.desk, admin, { user: 'f'.repeat(32), groups: ['x'], shown: [] })).rejects.toMatchObject({
    fault: 'not_found',
  })
})

test.each(['approver', 'ADMIN', 'a b', 'a,b', '@x', 'x@y', '', '\u202e', 'ä', '-a', 'a'.repeat(64)])(
  '%j is no name of a group',
  async (name) => {
    expect(() => put([name], [])).toThrow(expect.objectContaining({ fault: 'invalid' }))
    await expect(bench.people`insert into countersign.groups (name) values (${name})`).rejects.toMatchObject({ code: '23514' })
  },
)
