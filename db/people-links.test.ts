import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { randomId } from './crypto'
import { setDisabled, setRoles } from './people'
import { invite, inviteOf, join, listInvites, readInvite } from './people-invites'
import { openReset, readReset, resetPassword } from './people-resets'
import type { Desk } from './people-sign-in'
import { actorOfToken, createToken, listTokens } from './people-tokens'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { type Person, signedIn } from './testing-people'
import type { FreshDatabase } from './testing-server'
import { openWriter } from './writer'

let database: FreshDatabase
let owner: Sql
let desk: Desk
let admin: Person
const { identity } = testIdentity()
const PASSWORD = 'three ferns and a kettle'
const FROM = { address: '192.0.2.7', agent: 'a test' }

beforeAll(async () => {
  database = await freshDatabase()
  owner = connect(database.urlFor('owner'), { purpose: 'pool', application: 'test' })
  const sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
  desk = { sql, writer: await openWriter({ url: database.urlFor('console'), identity: identity('console') }), cost: { ln: 10, r: 8, p: 1 } }
  admin = await signedIn(desk.sql, desk.writer, ['admin'])
})
afterAll(async () => {
  await desk.writer.close()
  await Promise.all([desk.sql.end(), owner.end()])
  await database.drop()
})

const entriesOf = async (type: string): Promise<Record<string, unknown>[]> => {
  const rows = await owner<{ body: string }[]>`select body from countersign.entries where type = ${type} order by recorded_at, seq`
  return rows.map(({ body }) => JSON.parse(body))
}
const somebody = () => signedIn(desk.sql, desk.writer, ['author'])
const disable = (user: string, disabled = true) => setDisabled(desk.writer, admin.actor, { user, disabled })
const conflict = { fault: 'conflict' }

test.each([
  { what: 'disabled', end: (user: string) => disable(user) },
  {
    what: 'no admin any more',
    end: (user: string) => setRoles(desk.writer, admin.actor, { user, roles: ['author'], shown: ['admin'] }),
  },
])('the links of an admin who is $what open nothing, and another admin sends them anew', async ({ end }) => {
  const [mallory, { actor: ada }] = [await signedIn(desk.sql, desk.writer, ['admin']), await somebody()]
  const email = `${randomId()}@example.org`
  const [reset, sent] = [
    await openReset(desk.writer, mallory.actor, ada.id),
    await invite(desk.writer, mallory.actor, { email, roles: ['admin'] }),
  ]
  expect([await readReset(desk.sql, reset.token), await readInvite(desk.sql, sent.token)]).not.toContain(null)
  await end(mallory.actor.id)
  expect([await readReset(desk.sql, reset.token), await readInvite(desk.sql, sent.token), await inviteOf(desk.sql, email)]).toEqual([
    null,
    null,
    null,
  ])
  await expect(resetPassword(desk, reset.token, PASSWORD, FROM)).rejects.toMatchObject(conflict)
  await expect(join(desk, sent.token, { name: 'Eve', password: PASSWORD }, FROM)).rejects.toMatchObject(conflict)
  expect((await listInvites(desk.sql)).find(({ id }) => id === sent.id)).toMatchObject({ isExpired: true })

  const again = await invite(desk.writer, admin.actor, { email, roles: ['viewer'] })
  expect(await readInvite(desk.sql, again.token)).toMatchObject({ id: again.id, roles: ['viewer'] })
  expect((await listInvites(desk.sql)).filter((open) => open.email === email)).toMatchObject([
    { id: again.id, invitedBy: admin.actor.name },
  ])
  expect((await entriesOf('user.uninvite')).at(-1)).toMatchObject({ actor: admin.actor.id, invite: sent.id, email, roles: ['admin'] })
  const later = await openReset(desk.writer, admin.actor, ada.id)
  expect(await readReset(desk.sql, later.token)).toMatchObject({ user: ada.id })
})

test('a link for a new password and a personal token do not come back with whoever was disabled', async () => {
  const { actor: ada } = await somebody()
  const [reset, made] = [
    await openReset(desk.writer, admin.actor, ada.id),
    await createToken(desk.writer, ada, { name: 'laptop', days: 30 }),
  ]
  await disable(ada.id)
  await disable(ada.id, false)
  expect(await readReset(desk.sql, reset.token)).toBeNull()
  await expect(resetPassword(desk, reset.token, PASSWORD, FROM)).rejects.toMatchObject(conflict)
  await expect(actorOfToken(desk.sql, made.token)).rejects.toMatchObject({ fault: 'unauthenticated' })
  expect(await listTokens(desk.sql, ada.id)).toEqual([])
})

test('a new password through a link ends the personal tokens of before, those of nobody else, and the log names each', async () => {
  const [{ actor: ada }, { actor: other }] = [await somebody(), await somebody()]
  const [made, kept] = [
    await createToken(desk.writer, ada, { name: 'laptop', days: 30 }),
    await createToken(desk.writer, other, { name: 'laptop', days: 30 }),
  ]
  const { token } = await openReset(desk.writer, admin.actor, ada.id)
  await resetPassword(desk, token, PASSWORD, FROM)
  await expect(actorOfToken(desk.sql, made.token)).rejects.toMatchObject({ fault: 'unauthenticated' })
  expect(await actorOfToken(desk.sql, kept.token)).toMatchObject({ id: other.id })
  expect((await entriesOf('token.revoke')).at(-1)).toMatchObject({ actor: ada.id, user: ada.id, token: made.id, name: 'laptop' })
})

test('nobody makes a link for themselves: their own password is changed by whoever knows it', async () => {
  await expect(openReset(desk.writer, admin.actor, admin.actor.id)).rejects.toMatchObject(conflict)
  expect(await owner`select from countersign.password_resets where user_id = ${admin.actor.id}`).toHaveLength(0)
})
