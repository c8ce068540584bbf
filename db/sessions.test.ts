import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { setDisabled, setRoles } from './people'
import { endOwnSession, endStaleSessions, listSessions, readSession, requireStanding, signOut } from './sessions'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { type Person, signedIn, signedInAgain } from './testing-people'
import type { FreshDatabase } from './testing-server'
import { openWriter, type Writer } from './writer'

let database: FreshDatabase
let sql: Sql
let owner: Sql
let writer: Writer
let admin: Person

beforeAll(async () => {
  database = await freshDatabase()
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
  owner = connect(database.urlFor('owner'), { purpose: 'pool', application: 'test' })
  writer = await openWriter({ url: database.urlFor('console'), identity: testIdentity().identity('console') })
  admin = await signedIn(sql, writer, ['admin'])
})
afterAll(async () => {
  await writer.close()
  await Promise.all([sql.end(), owner.end()])
  await database.drop()
})

const FROM = { address: '192.0.2.7', agent: 'a test' }
const entriesAbout = async (session: string) => {
  const rows = await owner<{ body: string }[]>`select body from countersign.entries where body like ${`%${session}%`} order by seq`
  return rows.map(({ body }) => JSON.parse(body))
}

test('a token says who came, with the roles of the row', async () => {
  const person = await signedIn(sql, writer, ['approver', 'viewer'], 'Ada')
  expect(await readSession(sql, person.token)).toMatchObject({ id: person.actor.id, name: 'Ada', roles: ['viewer', 'approver'] })
  expect(person.actor.provedMs).toBeLessThan(5_000)
  expect(await readSession(sql, `${person.token}x`)).toBeNull()
  expect(await readSession(sql, person.actor.session)).toBeNull()
})

test('what is stored opens nothing', async () => {
  const { token, actor } = await signedIn(sql, writer, ['viewer'])
  const [row] = await owner<{ all: string }[]>`select s::text as all from countersign.sessions s where id = ${actor.session}`
  expect(row?.all).not.toContain(token)
  expect(await entriesAbout(token)).toEqual([])
})

const ENDS: readonly { readonly how: string; readonly because: string; end(person: Person): Promise<unknown> }[] = [
  { how: 'signing out', because: 'signed_out', end: ({ actor }) => signOut(writer, actor, FROM) },
  {
    how: 'a change of roles',
    because: 'roles_changed',
    end: ({ actor }) => setRoles(writer, admin.actor, { user: actor.id, roles: ['author'], shown: actor.roles }),
  },
  { how: 'being disabled', because: 'disabled', end: ({ actor }) => setDisabled(writer, admin.actor, { user: actor.id, disabled: true }) },
  {
    how: 'thirty quiet minutes',
    because: 'idle',
    end: ({ actor }) => owner`update countersign.sessions set seen_at = now() - interval '30 minutes 1 second' where id = ${actor.session}`,
  },
  {
    how: 'twelve hours, however busy',
    because: 'expired',
    end: ({ actor }) =>
      owner`update countersign.sessions set started_at = now() - interval '12 hours 1 second' where id = ${actor.session}`,
  },
]

test.each(ENDS)('$how ends a session at once, and the log says so', async ({ because, end }) => {
  const person = await signedIn(sql, writer, ['viewer'])
  await end(person)
  expect(await readSession(sql, person.token)).toBeNull()
  await endStaleSessions(writer)
  expect(await entriesAbout(person.actor.session)).toContainEqual(
    expect.objectContaining({ type: 'session.end', session: person.actor.session, because }),
  )
})

test('of two sessions one can be ended from the other, and nobody ends somebody else’s', async () => {
  const person = await signedIn(sql, writer, ['viewer'])
  const other = await signedInAgain(writer, person)
  expect((await listSessions(sql, person.actor.id)).map(({ id }) => id).sort()).toEqual([person.actor.session, other.session].sort())
  await endOwnSession(writer, person.actor, other.session)
  expect(await readSession(sql, other.token)).toBeNull()
  expect(await readSession(sql, person.token)).not.toBeNull()
  const stranger = await signedIn(sql, writer, ['viewer'])
  await expect(endOwnSession(writer, stranger.actor, person.actor.session)).rejects.toMatchObject({ fault: 'not_found' })
  expect(await readSession(sql, person.token)).not.toBeNull()
})

test('looking marks a session as used at most once a minute, and a passive look never does', async () => {
  const { token, actor } = await signedIn(sql, writer, ['viewer'])
  const seen = async () =>
    (await owner<{ at: string }[]>`select seen_at::text as at from countersign.sessions where id = ${actor.session}`)[0]?.at
  const first = await seen()
  await readSession(sql, token)
  expect(await seen()).toBe(first)
  await owner`update countersign.sessions set seen_at = now() - interval '5 minutes' where id = ${actor.session}`
  const earlier = await seen()
  await readSession(sql, token, { passive: true })
  expect(await seen()).toBe(earlier)
  await readSession(sql, token)
  expect(await seen()).not.toBe(earlier)
})

test.each(ENDS.slice(0, 3))('a verb under way when $how ended its session changes nothing', async ({ end }) => {
  const person = await signedIn(sql, writer, ['viewer'])
  await end(person)
  const late = writer.commit(async (tx) => ({ entries: [], result: await requireStanding(tx, person.actor, 'account.self') }))
  await expect(late).rejects.toMatchObject({ fault: 'unauthenticated' })
})

test('an admin who was disabled between the click and the change changes nothing', async () => {
  const other = await signedIn(sql, writer, ['admin'])
  const victim = await signedIn(sql, writer, ['viewer'])
  await setDisabled(writer, admin.actor, { user: other.actor.id, disabled: true })
  await expect(setRoles(writer, other.actor, { user: victim.actor.id, roles: ['admin'], shown: ['viewer'] })).rejects.toMatchObject({
    fault: 'unauthenticated',
  })
  expect(await readSession(sql, victim.token)).toMatchObject({ roles: ['viewer'] })
})
