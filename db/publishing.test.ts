import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Statement } from '../core/policy/publication'
import { connect, type Sql } from './connect'
import { sha256 } from './crypto'
import { openEpochs } from './epochs'
import { openKeys } from './keys'
import { listVersions } from './policies'
import { listPublications } from './publications'
import { type Publisher, publishText, restoreVersion } from './publishing'
import { freshDatabase } from './testing'

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-publishing-'))
let database: Awaited<ReturnType<typeof freshDatabase>>
let sql: Sql
let superuser: Sql
let publisher: Publisher

beforeAll(async () => {
  database = await freshDatabase()
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test', max: 1 })
  superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
  const keys = await openKeys(dataDir)
  publisher = { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(dataDir, keys.trust.log), actor: 'local:test@host' }
})

afterAll(async () => {
  await Promise.all([sql.end(), superuser.end()])
  await database.drop()
  rmSync(dataDir, { recursive: true, force: true })
})

const sha = (text: string): string => Buffer.from(sha256(Buffer.from(text))).toString('hex')

const digest = (letter: string): string => letter.repeat(64)

const publish = async (name: string, letter: string, kind: 'policy' | 'guardrail' = 'policy') => {
  const added = { name, kind, digest: digest(letter), yamlSha256: sha(`# ${letter}`), author: 'me', message: '', yaml: `# ${letter}` }
  const done = await sql.begin((tx) => publishText(tx, publisher, added, Date.now()))
  publisher.epochs.remember(done.epoch)
  return done
}

const latest = async (): Promise<Statement> => JSON.parse((await listPublications(sql, 1))[0]?.statement ?? 'null')

test('each publication repeats what else is in force, and names what it replaces', async () => {
  await publish('default', 'a')
  await publish('other', 'b')
  await publish('guardrail', 'c', 'guardrail')
  const { entry, version } = await publish('default', 'd')
  expect({ version, before: entry.before }).toEqual({ version: 2, before: digest('a') })
  expect(await latest()).toMatchObject({ policies: { default: digest('d'), other: digest('b') }, guardrail: digest('c') })
})

const restore = async (to: number, base: number | null = null) => {
  const done = await sql.begin((tx) =>
    restoreVersion(tx, publisher, { name: 'default', to, author: 'me', message: 'back' }, Date.now(), base),
  )
  publisher.epochs.remember(done.epoch)
  return done
}

test('a rollback is a new version with the old text', async () => {
  const before = (await latest()).epoch
  const { entry, epoch } = await restore(1)
  expect(epoch).toBeGreaterThan(before)
  expect(entry).toMatchObject({ type: 'policy.rollback', version: 3, restores: 1, digest: digest('a'), before: digest('d') })
  expect((await latest()).policies.default).toBe(digest('a'))
})

test.each([
  { to: 99, fault: 'not_found', why: 'a version that never was' },
  { to: 1, fault: 'conflict', why: 'what is in force already' },
  { to: 2, base: 2, fault: 'conflict', why: 'an earlier version, by somebody who thinks another one is in force' },
])('a rollback to $why is refused and leaves no version behind', async ({ to, base = null, fault }) => {
  await expect(restore(to, base)).rejects.toMatchObject({ fault })
  expect(await listVersions(sql, 'default')).toHaveLength(3)
})

test('a text made from another version than the one in force is refused and leaves no version behind', async () => {
  const added = {
    name: 'default',
    kind: 'policy',
    digest: digest('9'),
    yamlSha256: sha('# 9'),
    author: 'me',
    message: '',
    yaml: '# 9',
  } as const
  await expect(sql.begin((tx) => publishText(tx, publisher, added, Date.now(), 2))).rejects.toMatchObject({
    fault: 'conflict',
    message: expect.stringContaining('base the draft on version 3'),
  })
  expect(await listVersions(sql, 'default')).toHaveLength(3)
})

test('a row that a superuser forged on top is never signed along', async () => {
  const forged = { ...(await latest()), policies: { default: digest('e'), evil: digest('e') } }
  await superuser`insert into countersign.publications (epoch, statement, signature, certificate, contents, published_by, message)
    select epoch + 1, ${JSON.stringify(forged)}, signature, certificate, contents, 'nobody', '' from countersign.publications order by epoch desc limit 1`
  await publish('other', 'f')
  expect((await latest()).policies).toEqual({ default: digest('a'), other: digest('f') })
})

test('a database that was set back can not be published into', async () => {
  await superuser`alter table countersign.publications disable trigger all`
  await superuser`delete from countersign.publications where epoch > 2`
  await expect(publish('default', 'd')).rejects.toMatchObject({
    fault: 'conflict',
    message: expect.stringContaining('was set back or changed'),
  })
})
