import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { addVersion, listVersions, type NewVersion, readVersion } from './policies'
import { latestPublication, listPublications, POLICY_CHANNEL, type Publication, publish, takeEpoch } from './publications'
import { freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let sql: Sql
let superuser: Sql
beforeAll(async () => {
  database = await freshDatabase()
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test', max: 8 })
  superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
})
afterAll(async () => {
  await Promise.all([sql.end(), superuser.end()])
  await database.drop()
})

const sha = (text: string): string => createHash('sha256').update(text).digest('hex')
const version = (name: string, yaml: string, kind: NewVersion['kind'] = 'policy'): NewVersion => ({
  name,
  kind,
  yaml,
  digest: sha(`document of ${yaml}`),
  yamlSha256: sha(yaml),
  author: 'ada',
  message: 'why',
})
const add = (added: NewVersion): Promise<number> => sql.begin((tx) => addVersion(tx, added))

const publication = (epoch: number, contents: Publication['contents']): Publication => ({
  epoch,
  statement: `{"epoch":${epoch}}`,
  signature: new Uint8Array(64).fill(epoch),
  certificate: '{"type":"publisher"}',
  contents,
})
const release = (contents: Publication['contents']): Promise<number> =>
  sql.begin(async (tx) => {
    const epoch = await takeEpoch(tx)
    await publish(tx, publication(epoch, contents), 'ada', 'why')
    return epoch
  })

test('versions of a name count up, whoever adds them at once; the text that is newest already is not added again', async () => {
  const numbers = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => add(version('counted', `rules: [] # ${n}`))))
  expect([...numbers].sort()).toEqual([1, 2, 3, 4, 5, 6])
  const newest = await readVersion(sql, 'counted')
  expect(await add(version('counted', newest?.yaml ?? ''))).toBe(6)
  expect((await listVersions(sql, 'counted')).map((row) => row.version)).toEqual([6, 5, 4, 3, 2, 1])
  expect(await readVersion(sql, 'counted', 7)).toBeNull()
})

test('a name that is a policy is no guardrail', async () => {
  await add(version('twofold', 'a'))
  await expect(add(version('twofold', 'b', 'guardrail'))).rejects.toMatchObject({ fault: 'conflict' })
})

test('a text whose hash is not its own is not kept', async () => {
  await expect(add({ ...version('forged', 'a'), yamlSha256: sha('b') })).rejects.toMatchObject({ code: '23514' })
})

test('the newest publication comes with the texts of the named policy and the guardrail, in one answer', async () => {
  expect(await latestPublication(sql, 'default')).toBeNull()
  await add(version('default', 'first'))
  await add(version('default', 'second'))
  await add(version('limits', 'guard', 'guardrail'))
  const epoch = await release({ policies: { default: 1 }, guardrail: { name: 'limits', version: 1 } })
  expect(await latestPublication(sql, 'default')).toMatchObject({
    epoch,
    version: 1,
    yaml: 'first',
    guardrailYaml: 'guard',
    statement: `{"epoch":${epoch}}`,
  })
  expect(await latestPublication(sql, 'unpublished')).toMatchObject({ epoch, version: null, yaml: null, guardrailYaml: 'guard' })
  const next = await release({ policies: { default: 2 }, guardrail: null })
  const latest = await latestPublication(sql, 'default')
  expect(latest).toMatchObject({ epoch: next, yaml: 'second', guardrailYaml: null })
  expect([...(latest?.signature ?? [])]).toEqual(Array.from({ length: 64 }, () => next))
  expect((await listPublications(sql, 1)).map((row) => row.epoch)).toEqual([next])
})

test('eight publishers at once sign eight different epochs', async () => {
  const before = await takeEpoch(sql)
  const epochs = await Promise.all(Array.from({ length: 8 }, () => release({ policies: {}, guardrail: null })))
  expect([...epochs].sort((a, b) => a - b)).toEqual(Array.from({ length: 8 }, (_, at) => before + at))
})

test.each([{ offset: -1 }, { offset: -2 }])(
  'an epoch that is no later than the last ($offset) is refused as a conflict',
  async ({ offset }) => {
    const next = await takeEpoch(sql)
    await expect(publish(sql, publication(next + offset, { policies: {}, guardrail: null }), 'ada', 'why')).rejects.toMatchObject({
      fault: 'conflict',
    })
  },
)

test('gateways are told when it commits and not when it is taken back', async () => {
  const heard: string[] = []
  const listening = await superuser.listen(POLICY_CHANNEL, (payload) => heard.push(payload))
  const failed = sql.begin(async (tx) => {
    await publish(tx, publication(await takeEpoch(tx), { policies: {}, guardrail: null }), 'ada', 'why')
    throw new Error('taken back')
  })
  await expect(failed).rejects.toThrow('taken back')
  const epoch = await release({ policies: {}, guardrail: null })
  await expect.poll(() => heard).toEqual([String(epoch)])
  await listening.unlisten()
})

test.each(['policies', 'policy_versions', 'publications'])(
  'rows of %s are never changed, not by a superuser, not behind the triggers’ back',
  async (table) => {
    await superuser`set session_replication_role = replica`
    for (const statement of [
      `update countersign.${table} set ${table === 'policies' ? 'kind = kind' : 'message = message'}`,
      `delete from countersign.${table}`,
      `truncate countersign.${table} cascade`,
    ])
      await expect(superuser.unsafe(statement)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('never changed') })
    await superuser`reset session_replication_role`
  },
)
