import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROLES, type Role } from '../core/roles'
import { connect, type Sql } from './connect'
import { randomId } from './crypto'
import { countWithRole, emailOf, insertUser, listUsers, nameOf, rolesOf, setDisabled, setRoles } from './people'
import { cancelInvite, invite, join, listInvites, readInvite } from './people-invites'
import { openReset, readReset, resetPassword } from './people-resets'
import { finishSetUp, openSetUp } from './people-set-up'
import { type Desk, signInWithPassword } from './people-sign-in'
import { actorOfToken, createToken, listTokens, revokeToken } from './people-tokens'
import { readSession } from './sessions'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { type Person, signedIn } from './testing-people'
import type { FreshDatabase } from './testing-server'
import { openWriter, type Writer } from './writer'

let database: FreshDatabase
let owner: Sql
let desk: Desk
let second: Writer
let admin: Person
const { identity } = testIdentity()
const PASSWORD = 'three ferns and a kettle'
const FROM = { address: '192.0.2.7', agent: 'a test' }

beforeAll(async () => {
  database = await freshDatabase()
  owner = connect(database.urlFor('owner'), { purpose: 'pool', application: 'test' })
  const sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
  const open = () => openWriter({ url: database.urlFor('console'), identity: identity('console') })
  desk = { sql, writer: await open(), cost: { ln: 10, r: 8, p: 1 } }
  // A second console on another machine: its writer takes no turns with ours.
  second = await open()
})
afterAll(async () => {
  await desk.writer.close()
  await second.close()
  await Promise.all([desk.sql.end(), owner.end()])
  await database.drop()
})

const entriesOf = async (type: string): Promise<Record<string, unknown>[]> => {
  const rows = await owner<{ body: string }[]>`select body from countersign.entries where type = ${type} order by recorded_at, seq`
  return rows.map(({ body }) => JSON.parse(body))
}
const ends = (settled: readonly PromiseSettledResult<unknown>[]) => settled.map(({ status }) => status).sort()
const twice = <T>(work: (writer: Writer) => Promise<T>) => Promise.allSettled([work(desk.writer), work(second)])

test('of two set-ups with one token at once one wins, and a second token is not made', async () => {
  const token = (await openSetUp(desk.writer, 'local:maria@host')) ?? ''
  const settled = await twice((writer) =>
    finishSetUp({ ...desk, writer }, token, { email: `${randomId()}@example.org`, name: 'Maria', password: PASSWORD }, FROM),
  )
  expect(ends(settled)).toEqual(['fulfilled', 'rejected'])
  expect(settled.find((one) => one.status === 'rejected')?.reason).toMatchObject({ fault: 'conflict' })
  expect((await listUsers(desk.sql)).map(({ roles }) => roles)).toEqual([['admin']])
  expect(await openSetUp(desk.writer, 'local:maria@host')).toBeNull()
  const again = finishSetUp(desk, token, { email: 'late@example.org', name: 'Late', password: PASSWORD }, FROM)
  await expect(again).rejects.toMatchObject({ fault: 'conflict' })
  expect(JSON.stringify(await entriesOf('config.set_up'))).not.toContain(token)
  expect((await entriesOf('user.join')).map(({ by }) => by)).toEqual(['set_up'])
})

test('a set-up token that was replaced, or is a day old, opens nothing', async () => {
  await owner`update countersign.users set disabled_at = now()`
  const replaced = (await openSetUp(desk.writer, 'local:maria@host')) ?? ''
  const old = (await openSetUp(desk.writer, 'local:maria@host')) ?? ''
  const admit = (token: string) => finishSetUp(desk, token, { email: 'x@example.org', name: 'X', password: PASSWORD }, FROM)
  await expect(admit(replaced)).rejects.toMatchObject({ fault: 'conflict' })
  await owner`update countersign.set_up set expires_at = now()`
  await expect(admit(old)).rejects.toMatchObject({ fault: 'conflict' })
  await expect(admit('')).rejects.toMatchObject({ fault: 'conflict' })
  await owner`update countersign.users set disabled_at = null`
  admin = await signedIn(desk.sql, desk.writer, ['admin'])
})

const invited = async (roles: readonly Role[] = ['author']) => {
  const email = `${randomId()}@example.org`
  return { email, ...(await invite(desk.writer, admin.actor, { email, roles })) }
}

test('an invitation makes a user with its address and roles, once', async () => {
  const { email, token, id } = await invited(['approver', 'author'])
  expect(await readInvite(desk.sql, token)).toEqual({ id, email, roles: ['author', 'approver'] })
  const settled = await twice((writer) => join({ ...desk, writer }, token, { name: 'Ada', password: PASSWORD }, FROM))
  expect(ends(settled)).toEqual(['fulfilled', 'rejected'])
  const [won] = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  expect(await readSession(desk.sql, won?.token ?? '')).toMatchObject({ email, roles: ['author', 'approver'] })
  expect((await entriesOf('user.join')).at(-1)).toMatchObject({ by: 'invite', invite: id, email, roles: ['author', 'approver'] })
  expect(JSON.stringify(await entriesOf('user.invite'))).not.toContain(token)
  await expect(invite(desk.writer, admin.actor, { email, roles: ['viewer'] })).rejects.toMatchObject({ fault: 'conflict' })
})

test.each([
  {
    what: 'sent again',
    spoil: ({ email }: { id: string; email: string }) => invite(desk.writer, admin.actor, { email, roles: ['viewer'] }),
  },
  { what: 'taken back', spoil: ({ id }: { id: string; email: string }) => cancelInvite(desk.writer, admin.actor, id) },
  {
    what: 'a week old',
    spoil: ({ id }: { id: string; email: string }) => owner`update countersign.invites set expires_at = now() where id = ${id}`,
  },
])('a link whose invitation was $what opens nothing', async ({ spoil }) => {
  const sent = await invited()
  await spoil(sent)
  expect(await readInvite(desk.sql, sent.token)).toBeNull()
  await expect(join(desk, sent.token, { name: 'Ada', password: PASSWORD }, FROM)).rejects.toMatchObject({ fault: 'conflict' })
})

test('an invitation of a week ago is still listed, and sent again under its own number', async () => {
  const sent = await invited(['viewer'])
  await owner`update countersign.invites set expires_at = now() where id = ${sent.id}`
  expect((await listInvites(desk.sql)).find(({ id }) => id === sent.id)).toMatchObject({ isExpired: true, invitedBy: admin.actor.name })
  const again = await invite(desk.writer, admin.actor, { email: sent.email, roles: ['auditor'] })
  expect(again.id).toBe(sent.id)
  expect(await readInvite(desk.sql, again.token)).toMatchObject({ roles: ['auditor'] })
})

test.each(ROLES.filter((role) => role !== 'admin'))('a person who is only %s manages nobody', async (role) => {
  const { actor } = await signedIn(desk.sql, desk.writer, [role])
  const target = await signedIn(desk.sql, desk.writer, ['viewer'])
  const attempts = [
    () => invite(desk.writer, actor, { email: 'x@example.net', roles: ['admin'] }),
    () => cancelInvite(desk.writer, actor, randomId()),
    () => setRoles(desk.writer, actor, { user: actor.id, roles: ['admin'], shown: [role] }),
    () => setDisabled(desk.writer, actor, { user: target.actor.id, disabled: true }),
  ]
  for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ fault: 'forbidden' })
  expect(await readSession(desk.sql, target.token)).not.toBeNull()
})

test('an actor who claims roles the row does not have gets nothing', async () => {
  const { actor } = await signedIn(desk.sql, desk.writer, ['viewer'])
  const forged = { ...actor, roles: ['admin'] as const }
  await expect(invite(desk.writer, forged, { email: 'y@example.net', roles: ['admin'] })).rejects.toMatchObject({ fault: 'forbidden' })
})

test('two admins who demote each other at once do not both succeed, and the last one stays', async () => {
  const others = (await listUsers(desk.sql)).filter(({ roles, disabledAt }) => roles.includes('admin') && !disabledAt)
  for (const { id } of others.filter(({ id }) => id !== admin.actor.id))
    await setRoles(desk.writer, admin.actor, { user: id, roles: ['viewer'], shown: ['admin'] })
  const other = await signedIn(desk.sql, desk.writer, ['admin'])
  const settled = await Promise.allSettled([
    setRoles(desk.writer, admin.actor, { user: other.actor.id, roles: ['viewer'], shown: ['admin'] }),
    setDisabled(second, other.actor, { user: admin.actor.id, disabled: true }),
  ])
  expect(ends(settled)).toEqual(['fulfilled', 'rejected'])
  expect(await countWithRole(desk.sql, ['admin'])).toBe(1)
  const [left] = (await listUsers(desk.sql)).filter(({ roles, disabledAt }) => roles.includes('admin') && !disabledAt)
  admin = left?.id === admin.actor.id ? admin : other
  const self = { user: admin.actor.id, roles: ['viewer'], shown: ['admin'] }
  await expect(setRoles(desk.writer, admin.actor, self)).rejects.toMatchObject({
    fault: 'conflict',
    message: expect.stringContaining('last admin'),
  })
  await expect(setDisabled(desk.writer, admin.actor, { user: admin.actor.id, disabled: true })).rejects.toMatchObject({ fault: 'conflict' })
})

test('roles change from what was shown, and the log keeps both', async () => {
  const { actor } = await signedIn(desk.sql, desk.writer, ['viewer'])
  await setRoles(desk.writer, admin.actor, { user: actor.id, roles: ['approver', 'author'], shown: ['viewer'] })
  expect((await entriesOf('user.roles')).at(-1)).toMatchObject({
    actor: admin.actor.id,
    user: actor.id,
    before: ['viewer'],
    after: ['author', 'approver'],
  })
  const late = setRoles(desk.writer, admin.actor, { user: actor.id, roles: ['admin'], shown: ['viewer'] })
  await expect(late).rejects.toMatchObject({ fault: 'conflict' })
})

test('disabling twice is told, and enabling lets nobody’s old session live again', async () => {
  const { actor, token } = await signedIn(desk.sql, desk.writer, ['viewer'])
  await setDisabled(desk.writer, admin.actor, { user: actor.id, disabled: true })
  await expect(setDisabled(desk.writer, admin.actor, { user: actor.id, disabled: true })).rejects.toMatchObject({ fault: 'conflict' })
  await setDisabled(desk.writer, admin.actor, { user: actor.id, disabled: false })
  expect(await readSession(desk.sql, token)).toBeNull()
  expect((await entriesOf('user.enable')).at(-1)).toMatchObject({ actor: admin.actor.id, user: actor.id })
})

test('a personal token stands for its owner until it is revoked, too old, or they are disabled', async () => {
  const { actor } = await signedIn(desk.sql, desk.writer, ['author'])
  const made = await createToken(desk.writer, actor, { name: 'laptop\n\u202E', days: 30 })
  expect(made.token).toMatch(/^cst_[\w-]{43}$/)
  expect(await actorOfToken(desk.sql, made.token)).toMatchObject({ id: actor.id, roles: ['author'], session: made.id })
  expect((await listTokens(desk.sql, actor.id)).map(({ id, seenAt }) => ({ id, used: seenAt !== null }))).toEqual([
    { id: made.id, used: true },
  ])
  expect(JSON.stringify(await entriesOf('token.create'))).not.toContain(made.token)

  await setRoles(desk.writer, admin.actor, { user: actor.id, roles: ['viewer'], shown: ['author'] })
  expect(await actorOfToken(desk.sql, made.token)).toMatchObject({ roles: ['viewer'] })
  const stranger = await signedIn(desk.sql, desk.writer, ['viewer'])
  await expect(revokeToken(desk.writer, stranger.actor, made.id)).rejects.toMatchObject({ fault: 'not_found' })

  const closed = { fault: 'unauthenticated' }
  await setDisabled(desk.writer, admin.actor, { user: actor.id, disabled: true })
  await expect(actorOfToken(desk.sql, made.token)).rejects.toMatchObject(closed)
  await setDisabled(desk.writer, admin.actor, { user: actor.id, disabled: false })
  await expect(actorOfToken(desk.sql, made.token)).rejects.toMatchObject(closed)
  expect(await entriesOf('token.revoke')).toMatchObject([{ actor: admin.actor.id, user: actor.id, token: made.id }])
  const next = await createToken(desk.writer, stranger.actor, { name: 'next', days: 1 })
  await revokeToken(desk.writer, stranger.actor, next.id)
  await expect(actorOfToken(desk.sql, next.token)).rejects.toMatchObject(closed)
  const old = await createToken(desk.writer, stranger.actor, { name: 'old', days: 1 })
  await owner`update countersign.personal_tokens set expires_at = now() where id = ${old.id}`
  for (const token of [old.token, made.id, '', 'cst_']) await expect(actorOfToken(desk.sql, token)).rejects.toMatchObject(closed)
})

test('two people can not have one address, in whatever case', async () => {
  const email = `${randomId()}@Example.org`
  const add = (given: string) =>
    desk.writer.commit(async (tx) => {
      const joined = await insertUser(tx, { email: given, name: 'Ada', roles: ['viewer'] }, { by: 'domain', invite: null, address: null })
      return { entries: [joined.entry], result: joined.id }
    })
  await add(email)
  await expect(add(email.toUpperCase())).rejects.toMatchObject({ fault: 'conflict' })
})

test.each([
  '',
  'nobody',
  '@example.org',
  'a b@example.org',
  'a@b\n',
  'a@b,c@d',
  '<a@b>',
  'x\u202ey@b',
  'a\u200b@b',
  `${'x'.repeat(250)}@example.org`,
  'a@\ud800',
])('%j is no address', (text) => {
  if (text === 'a@b\n') expect(emailOf(text)).toBe('a@b')
  else expect(() => emailOf(text)).toThrow('no e-mail address')
})

test('a name is one line, and never nothing', () => {
  expect(nameOf('  Ada\n King\0 ')).toBe('Ada\u{fffd} King\u{fffd}')
  for (const text of ['', '   ', 'x'.repeat(101)]) expect(() => nameOf(text)).toThrow('between 1 and 100')
})

test('roles are those that there are, each once', () => {
  expect(rolesOf(['admin', 'viewer', 'admin'])).toEqual(['viewer', 'admin'])
  for (const roles of [[], ['root'], ['viewer', 'root'], ['Admin'], ['__proto__']]) expect(() => rolesOf(roles)).toThrow('at least one')
})

test('a link for a new password works once, ends what was signed in, and is void once another was made or its person was disabled', async () => {
  const { actor: ada, token: cookie } = await signedIn(desk.sql, desk.writer, ['author'], 'Ada Forgetful')
  const first = await openReset(desk.writer, admin.actor, ada.id)
  const { token } = await openReset(desk.writer, admin.actor, ada.id)
  await expect(resetPassword(desk, first.token, PASSWORD, FROM)).rejects.toMatchObject({ fault: 'conflict' })
  await expect(resetPassword(desk, token, 'password1234', FROM)).rejects.toMatchObject({ fault: 'invalid' })
  expect(await readReset(desk.sql, token)).toMatchObject({ user: ada.id, email: ada.email })

  const settled = await twice((writer) => resetPassword({ ...desk, writer }, token, PASSWORD, FROM))
  expect(ends(settled)).toEqual(['fulfilled', 'rejected'])
  expect(await readReset(desk.sql, token)).toBeNull()
  expect(await readSession(desk.sql, cookie)).toBeNull()
  await owner`delete from countersign.throttle`
  await expect(signInWithPassword(desk, { email: ada.email, password: PASSWORD }, FROM)).resolves.toMatchObject({ user: ada.id })
  expect(await entriesOf('user.reset')).toMatchObject([{ actor: admin.actor.id, user: ada.id }, { user: ada.id }])
  expect((await entriesOf('user.password')).at(-1)).toMatchObject({ actor: ada.id, user: ada.id, by: 'reset' })
  expect(JSON.stringify(await entriesOf('user.reset'))).not.toContain(token)

  const later = await openReset(desk.writer, admin.actor, ada.id)
  await setDisabled(desk.writer, admin.actor, { user: ada.id, disabled: true })
  await expect(resetPassword(desk, later.token, PASSWORD, FROM)).rejects.toMatchObject({ fault: 'conflict' })
  await expect(openReset(desk.writer, admin.actor, ada.id)).rejects.toMatchObject({ fault: 'conflict' })
})

test('only who manages users makes a link for a new password, and a day later it is over', async () => {
  const { actor: author } = await signedIn(desk.sql, desk.writer, ['author'], 'Not an admin')
  await expect(openReset(desk.writer, author, admin.actor.id)).rejects.toMatchObject({ fault: 'forbidden' })
  const { token } = await openReset(desk.writer, admin.actor, author.id)
  await owner`update countersign.password_resets set expires_at = clock_timestamp() where user_id = ${author.id}`
  await expect(resetPassword(desk, token, PASSWORD, FROM)).rejects.toMatchObject({ fault: 'conflict' })
})
