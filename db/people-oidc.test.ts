import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { randomId } from './crypto'
import { setDisabled } from './people'
import { invite, listInvites } from './people-invites'
import { signInWithOidc, type Vouched } from './people-oidc'
import type { Desk } from './people-sign-in'
import { readSession } from './sessions'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { type Person, signedIn } from './testing-people'
import type { FreshDatabase } from './testing-server'
import { openWriter } from './writer'

const ISSUER = 'https://id.example.org'
const FROM = { address: '192.0.2.7', agent: 'a test' }

let database: FreshDatabase
let owner: Sql
let desk: Desk
let admin: Person

beforeAll(async () => {
  database = await freshDatabase()
  owner = connect(database.urlFor('owner'), { purpose: 'pool', application: 'test' })
  const sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
  const writer = await openWriter({ url: database.urlFor('console'), identity: testIdentity().identity('console') })
  desk = { sql, writer }
  admin = await signedIn(sql, writer, ['admin'])
})
afterAll(async () => {
  await desk.writer.close()
  await Promise.all([desk.sql.end(), owner.end()])
  await database.drop()
})

const somebody = (over: Partial<Vouched> = {}): Vouched => ({
  issuer: ISSUER,
  subject: randomId(),
  email: `${randomId()}@example.org`,
  emailVerified: true,
  name: 'Ada',
  provedAtMs: null,
  ...over,
})
const enter = (vouched: Vouched, domains: readonly string[] = []) => signInWithOidc(desk, vouched, domains, FROM)
const newest = async (type: string): Promise<Record<string, unknown>> => {
  const [row] = await owner<
    { body: string }[]
  >`select body from countersign.entries where type = ${type} order by recorded_at desc, seq desc limit 1`
  return JSON.parse(row?.body ?? '{}')
}

test('whoever was invited joins with the roles of the invitation, and is known from then on', async () => {
  const ada = somebody()
  await invite(desk.writer, admin.actor, { email: ada.email ?? '', roles: ['author'] })
  const first = await enter({ ...ada, email: ada.email?.toUpperCase() ?? null })
  expect(await readSession(desk.sql, first.token)).toMatchObject({ email: ada.email, roles: ['author'], name: 'Ada' })
  expect(await newest('user.link')).toMatchObject({ user: first.user, issuer: ISSUER })
  expect((await listInvites(desk.sql)).map(({ email }) => email)).not.toContain(ada.email)
  // The address may change there; the subject is who they are.
  const second = await enter({ ...ada, email: 'elsewhere@example.net', emailVerified: false })
  expect(second.user).toBe(first.user)
})

test('a proof is as old as the provider says, and unknown where it says nothing', async () => {
  const ada = somebody()
  await invite(desk.writer, admin.actor, { email: ada.email ?? '', roles: ['author'] })
  const silent = await enter(ada)
  expect((await readSession(desk.sql, silent.token))?.provedMs).toBe(Number.POSITIVE_INFINITY)
  const hourOld = await enter({ ...ada, provedAtMs: Date.now() - 3_600_000 })
  expect((await readSession(desk.sql, hourOld.token))?.provedMs).toBeGreaterThan(3_590_000)
})

test.each([
  { who: 'nobody invited', over: {}, because: 'not_invited' },
  { who: 'nobody invited, from a domain that ends like ours', over: { email: 'x@notexample.com' }, because: 'not_invited' },
  { who: 'nobody invited, with our domain before the sign', over: { email: 'example.com@evil.test' }, because: 'not_invited' },
  { who: 'an address nobody verified', over: { emailVerified: false, email: 'y@example.com' }, because: 'email_not_verified' },
  { who: 'no address', over: { email: null }, because: 'email_not_verified' },
])('$who is turned away, and the log knows why', async ({ over, because }) => {
  await expect(enter(somebody(over), ['example.com'])).rejects.toMatchObject({ fault: 'forbidden', cause: because })
  expect(await newest('session.refused')).toMatchObject({ because, method: 'oidc' })
})

test('an invited address that the provider did not verify does not join', async () => {
  const ada = somebody({ emailVerified: false })
  await invite(desk.writer, admin.actor, { email: ada.email ?? '', roles: ['admin'] })
  await expect(enter(ada)).rejects.toMatchObject({ fault: 'forbidden' })
})

test('an allowed domain makes viewers and nothing else', async () => {
  const { token } = await enter(somebody({ email: `${randomId()}@example.com` }), ['example.com'])
  expect(await readSession(desk.sql, token)).toMatchObject({ roles: ['viewer'] })
  expect(await newest('user.join')).toMatchObject({ by: 'domain', roles: ['viewer'] })
})

test('a user with a password is the same person by a verified address, once', async () => {
  const { actor } = await signedIn(desk.sql, desk.writer, ['approver'])
  const ada = somebody({ email: actor.email })
  expect((await enter(ada)).user).toBe(actor.id)
  // The address was given to somebody else at the provider.
  await expect(enter({ ...ada, subject: randomId() })).rejects.toMatchObject({ fault: 'forbidden' })
  expect(await newest('session.refused')).toMatchObject({ user: actor.id })
})

test('the same subject of another provider is somebody else', async () => {
  const ada = somebody({ email: `${randomId()}@example.com` })
  await enter(ada, ['example.com'])
  await expect(enter({ ...ada, issuer: 'https://evil.test', email: 'z@evil.test' }, ['example.com'])).rejects.toMatchObject({
    fault: 'forbidden',
  })
})

test('whoever is disabled stays outside, linked or not', async () => {
  const { actor } = await signedIn(desk.sql, desk.writer, ['viewer'])
  const ada = somebody({ email: actor.email })
  await enter(ada)
  await setDisabled(desk.writer, admin.actor, { user: actor.id, disabled: true })
  await expect(enter(ada)).rejects.toMatchObject({ cause: 'disabled' })
  const other = await signedIn(desk.sql, desk.writer, ['viewer'])
  await setDisabled(desk.writer, admin.actor, { user: other.actor.id, disabled: true })
  await expect(enter(somebody({ email: other.actor.email }))).rejects.toMatchObject({ cause: 'disabled' })
})

test('signing in anew ends the session that the browser brought along', async () => {
  const person = await signedIn(desk.sql, desk.writer, ['viewer'])
  const ada = somebody({ email: person.actor.email })
  const started = await signInWithOidc({ ...desk, replaces: person.token }, ada, [], FROM)
  expect(await readSession(desk.sql, person.token)).toBeNull()
  expect(await readSession(desk.sql, started.token)).not.toBeNull()
  expect(await newest('session.end')).toMatchObject({ session: person.actor.session, because: 'replaced' })
})
