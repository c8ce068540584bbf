import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TargetDraft } from '../core/notices/targets'
import type { Role } from '../core/roles'
import { connect, type Sql } from './connect'
import { addTarget, boundTo, changeTarget, listTargets, removeTarget, switchTarget, type TargetDesk } from './notice-targets'
import { sealingKey } from './sealing'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { signedIn } from './testing-people'
import type { FreshDatabase } from './testing-server'
import { openWriter, type Writer } from './writer'

let database: FreshDatabase
let sql: Sql
let owner: Sql
let writer: Writer
let desk: TargetDesk

const key = sealingKey(randomBytes(32).toString('hex'))
const deskOf = async (roles: readonly Role[]): Promise<TargetDesk> => ({
  ...{ writer, key, reach: 'public', actor: (await signedIn(sql, writer, roles)).actor },
})

beforeAll(async () => {
  database = await freshDatabase()
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
  owner = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test' })
  writer = await openWriter({ url: database.urlFor('console'), identity: testIdentity().identity('console') })
  desk = await deskOf(['admin'])
})
afterAll(async () => {
  await writer.close()
  await Promise.all([sql.end(), owner.end()])
  await database.drop()
})

const webhook = (name: string, url = 'https://hooks.example.org/a'): TargetDraft => ({ kind: 'webhook', name, url, events: ['hold.open'] })
const slack = (name: string, url: string | null): TargetDraft => ({ kind: 'slack', name, url, events: ['hold.open'] })
const SETUP = { host: 'smtp.example.org', port: 465, security: 'tls', user: 'countersign', from: 'countersign@example.org' } as const
const email = (name: string, over: object = {}, password: string | null = 'canary-password'): TargetDraft => ({
  ...{ kind: 'email', name, to: 'ops@example.org, Duty@example.org', events: ['hold.open', 'hold.denied'] },
  setup: { ...SETUP, ...over },
  password,
})

const rowOf = async (id: string) => {
  const row = (await listTargets(sql, key)).find((target) => target.id === id)
  if (!row) throw new Error('no such destination')
  return row
}
const secretOf = async (id: string): Promise<string | null> => {
  const [row] = await owner<{ sealed: Buffer }[]>`select sealed from countersign.notice_targets where id = ${id}`
  return key.open(row?.sealed ?? Buffer.alloc(0), boundTo(id, await rowOf(id)))
}
const entriesAbout = async (id: string): Promise<{ before: unknown; after: Record<string, unknown> }[]> => {
  const rows = await owner<
    { body: string }[]
  >`select body from countersign.entries where type = 'config.notice_target' and body like ${`%${id}%`} order by seq`
  return rows.map(({ body }) => JSON.parse(body))
}

test('a webhook gets a secret that is shown this once, kept sealed, and in no entry', async () => {
  const { id, secret } = await addTarget(desk, webhook('on call'))
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(await secretOf(id)).toBe(secret)
  expect(await rowOf(id)).toMatchObject({ name: 'on call', kind: 'webhook', enabled: true, isOpenable: true, events: ['hold.open'] })
  expect(await entriesAbout(id)).toMatchObject([
    { before: null, after: { target: id, name: 'on call', address: 'https://hooks.example.org/a' } },
  ])
  const dump = await owner`select t::text as text from countersign.notice_targets t union all select body from countersign.entries
    union all select convert_from(content, 'UTF8') from countersign.disclosures`
  for (const { text } of dump) expect(text).not.toContain(secret?.slice(6, 40))
})

test('whoever knows the address of a channel may write there: it is neither shown nor kept in clear nor recorded', async () => {
  const { id, secret } = await addTarget(desk, slack('ops', 'https://hooks.slack.example/services/T0/B0/canary-path'))
  expect(secret).toBeNull()
  expect(await rowOf(id)).toMatchObject({ address: 'https://hooks.slack.example', setup: {} })
  expect(await secretOf(id)).toContain('canary-path')
  await changeTarget(desk, { id, revision: 1, draft: slack('operators', null), isNewSecret: false })
  expect(await rowOf(id)).toMatchObject({ name: 'operators', address: 'https://hooks.slack.example', revision: 2 })
  expect(await secretOf(id)).toContain('canary-path')
  expect(JSON.stringify(await entriesAbout(id))).not.toContain('canary-path')
  await expect(addTarget(desk, slack('nothing', null))).rejects.toMatchObject({ fault: 'invalid' })
})

test('a password goes to no other server or user than it was entered for', async () => {
  const { id } = await addTarget(desk, email('mail'))
  expect(await rowOf(id)).toMatchObject({ address: 'ops@example.org, duty@example.org', setup: SETUP })
  for (const over of [{ host: 'evil.example.org' }, { port: 2525 }, { security: 'starttls' }, { user: 'other' }, { user: null }])
    await expect(changeTarget(desk, { id, revision: 1, draft: email('mail', over, null), isNewSecret: false })).rejects.toMatchObject({
      message: expect.stringContaining('Enter the password again'),
    })
  await changeTarget(desk, { id, revision: 1, draft: email('mail', { from: 'us@example.org' }, null), isNewSecret: false })
  expect(await secretOf(id)).toBe('canary-password')
  await changeTarget(desk, { id, revision: 2, draft: email('mail', { host: 'mx.example.org' }, 'another'), isNewSecret: false })
  expect(await secretOf(id)).toBe('another')
  expect(JSON.stringify(await entriesAbout(id))).not.toMatch(/canary-password|another/)
})

test('a secret that somebody moved to another address in the database does not open there', async () => {
  const { id } = await addTarget(desk, webhook('moved'))
  await owner`update countersign.notice_targets set address = 'https://evil.example.org/' where id = ${id}`
  expect(await secretOf(id)).toBeNull()
  await expect(changeTarget(desk, { id, revision: 1, draft: webhook('moved'), isNewSecret: false })).rejects.toMatchObject({
    fault: 'invalid',
  })
  const { secret } = await changeTarget(desk, { id, revision: 1, draft: webhook('moved'), isNewSecret: true })
  expect(await secretOf(id)).toBe(secret)
})

test('a console with another secret sees that it can open nothing', async () => {
  const other = sealingKey(randomBytes(32).toString('hex'))
  expect((await listTargets(sql, other)).every(({ isOpenable }) => !isOpenable)).toBe(true)
})

test('of two who change it at once the second hears so, and a name belongs to one', async () => {
  const { id } = await addTarget(desk, webhook('first'))
  await addTarget(desk, webhook('second'))
  await expect(addTarget(desk, webhook('first'))).rejects.toMatchObject({ fault: 'conflict' })
  await expect(changeTarget(desk, { id, revision: 1, draft: webhook('second'), isNewSecret: false })).rejects.toMatchObject({
    fault: 'conflict',
  })
  const both = await Promise.allSettled([
    switchTarget(desk, { id, revision: 1, enabled: false }),
    changeTarget(desk, { id, revision: 1, draft: webhook('renamed'), isNewSecret: true }),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await entriesAbout(id)).toHaveLength(2)
  const names = await Promise.allSettled(Array.from({ length: 8 }, () => addTarget(desk, webhook('raced'))))
  expect(names.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('one that is deleted is gone with its secret, once, and the log keeps what it was', async () => {
  const { id } = await addTarget(desk, webhook('short-lived'))
  await expect(removeTarget(desk, { id, revision: 7 })).rejects.toMatchObject({ fault: 'conflict' })
  const both = await Promise.allSettled([removeTarget(desk, { id, revision: 1 }), removeTarget(desk, { id, revision: 1 })])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await owner`select from countersign.notice_targets where id = ${id}`).toHaveLength(0)
  expect((await entriesAbout(id)).at(-1)).toMatchObject({ before: { name: 'short-lived', kind: 'webhook' }, after: null })
  await addTarget(desk, webhook('short-lived'))
})

test.each(['viewer', 'author', 'approver', 'auditor'] as const)('%s changes nothing, and the log says that they tried', async (role) => {
  const [row] = await listTargets(sql, key)
  const { id = '', revision = 0, enabled } = row ?? {}
  const stranger = await deskOf([role])
  await expect(addTarget(stranger, webhook(`by ${role}`))).rejects.toMatchObject({ fault: 'forbidden' })
  await expect(changeTarget(stranger, { id, revision, draft: webhook('x'), isNewSecret: true })).rejects.toMatchObject({
    fault: 'forbidden',
  })
  await expect(switchTarget(stranger, { id, revision, enabled: !enabled })).rejects.toMatchObject({ fault: 'forbidden' })
  await expect(removeTarget(stranger, { id, revision })).rejects.toMatchObject({ fault: 'forbidden' })
  expect((await listTargets(sql, key)).find((target) => target.id === id)).toMatchObject({ revision })
  const refused = await owner`select from countersign.entries where type = 'policy.refused' and body like ${`%${stranger.actor.id}%`}`
  expect(refused).toHaveLength(4)
})

test.each([
  { what: 'an address of the own network', draft: webhook('a', 'https://127.0.0.1/') },
  { what: 'a name of the own network', draft: slack('a', 'https://localhost/hook') },
  { what: 'a plain address', draft: webhook('a', 'http://hooks.example.org/') },
  { what: 'a mail server inside', draft: email('a', { host: '10.0.0.1' }) },
  { what: 'mail without TLS', draft: email('a', { security: 'none' }) },
  { what: 'a port that is none', draft: email('a', { port: 70_000 }) },
  { what: 'a sender with a second header', draft: email('a', { from: 'a@example.org\r\nBcc: b@example.org' }) },
  { what: 'a recipient with a second command', draft: { ...email('a'), to: 'a@example.org>\r\nRCPT TO:<b@example.org' } as TargetDraft },
  { what: 'a user of two lines', draft: email('a', { user: 'a\r\nQUIT' }) },
  { what: 'nobody', draft: { ...email('a'), to: ' , ' } as TargetDraft },
  { what: 'no name', draft: webhook('  ') },
])('$what is refused', async ({ draft }) => {
  await expect(addTarget(desk, draft)).rejects.toMatchObject({ fault: 'invalid' })
})
