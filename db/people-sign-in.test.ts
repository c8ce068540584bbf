import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { randomId } from './crypto'
import { type Cost, encodeHash } from './passwords'
import { insertUser, setDisabled } from './people'
import { changePassword, type Desk, proveByPassword, signInWithPassword } from './people-sign-in'
import { readSession } from './sessions'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { type Person, signedIn } from './testing-people'
import type { FreshDatabase } from './testing-server'
import { openWriter } from './writer'

const CHEAP: Cost = { ln: 10, r: 8, p: 1 }
const PASSWORD = 'three ferns and a kettle'

let database: FreshDatabase
let owner: Sql
let desk: Desk
let admin: Person

beforeAll(async () => {
  database = await freshDatabase()
  owner = connect(database.urlFor('owner'), { purpose: 'pool', application: 'test' })
  const sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
  const writer = await openWriter({ url: database.urlFor('console'), identity: testIdentity().identity('console') })
  desk = { sql, writer, cost: CHEAP }
  admin = await signedIn(sql, writer, ['admin'])
})
afterAll(async () => {
  await desk.writer.close()
  await Promise.all([desk.sql.end(), owner.end()])
  await database.drop()
})

let address = 0
/** An address of its own for each, so that only the account's bucket is met. */
const from = () => ({ address: `198.51.100.${++address % 250}`, agent: 'a test' })

async function account(password = PASSWORD, cost = CHEAP): Promise<{ id: string; email: string }> {
  const email = `${randomId()}@example.org`
  const hash = await encodeHash(password, cost)
  const id = await desk.writer.commit(async (tx) => {
    const joined = await insertUser(tx, { email, name: 'Ada', roles: ['viewer'] }, { by: 'domain', invite: null, address: null })
    await tx`insert into countersign.passwords (user_id, hash) values (${joined.id}, ${hash})`
    return { entries: [joined.entry], result: joined.id }
  })
  return { id, email }
}

const newest = async (type: string): Promise<Record<string, unknown>> => {
  const [row] = await owner<
    { body: string }[]
  >`select body from countersign.entries where type = ${type} order by recorded_at desc, seq desc limit 1`
  return JSON.parse(row?.body ?? '{}')
}
const hashOf = async (id: string) =>
  (await owner<{ hash: string }[]>`select hash from countersign.passwords where user_id = ${id}`)[0]?.hash

test('the right password opens a session, in any case of the address', async () => {
  const { id, email } = await account()
  const started = await signInWithPassword(desk, { email: `  ${email.toUpperCase()} `, password: PASSWORD }, from())
  expect(await readSession(desk.sql, started.token)).toMatchObject({ id, email })
  expect(await newest('session.start')).toMatchObject({ user: id, session: started.session, method: 'password' })
})

const FAILURES: readonly { readonly what: string; readonly because: string; given(): Promise<{ email: string; password: string }> }[] = [
  { what: 'an unknown account', because: 'unknown_user', given: async () => ({ email: 'nobody@example.org', password: PASSWORD }) },
  { what: 'no address at all', because: 'unknown_user', given: async () => ({ email: `${PASSWORD}\0`, password: PASSWORD }) },
  { what: 'a wrong password', because: 'wrong_password', given: async () => ({ ...(await account()), password: `${PASSWORD}!` }) },
  { what: 'an empty password', because: 'wrong_password', given: async () => ({ ...(await account()), password: '' }) },
  { what: 'an account without a password', because: 'no_password', given: async () => ({ email: admin.actor.email, password: PASSWORD }) },
  {
    what: 'a disabled account with the right password',
    because: 'disabled',
    given: async () => {
      const { id, email } = await account()
      await setDisabled(desk.writer, admin.actor, { user: id, disabled: true })
      return { email, password: PASSWORD }
    },
  },
]

test.each(FAILURES)('$what gets the one answer, and the log knows why', async ({ because, given }) => {
  const typed = await given()
  await expect(signInWithPassword(desk, typed, from())).rejects.toMatchObject({
    fault: 'unauthenticated',
    message: 'The e-mail address or the password is wrong.',
  })
  const entry = await newest('session.refused')
  expect(entry).toMatchObject({ because, session: null, method: 'password' })
  expect(JSON.stringify(entry)).not.toContain(PASSWORD)
})

test('a hash of lesser work is replaced on the way in, and the password stays', async () => {
  const { id, email } = await account(PASSWORD, { ln: 8, r: 8, p: 1 })
  await signInWithPassword(desk, { email, password: PASSWORD }, from())
  expect(await hashOf(id)).toContain('$scrypt$ln=10,r=8,p=1$')
  await signInWithPassword(desk, { email, password: PASSWORD }, from())
})

test('whoever was disabled while their password was being compared is not let in', async () => {
  const { id, email } = await account(PASSWORD, { ln: 15, r: 8, p: 1 })
  const entering = signInWithPassword(desk, { email, password: PASSWORD }, from())
  await setDisabled(desk.writer, admin.actor, { user: id, disabled: true })
  await expect(entering).rejects.toMatchObject({ fault: 'unauthenticated' })
  const [row] = await owner<{ count: number }[]>`select count(*)::int as count from countersign.sessions where user_id = ${id}`
  expect(row?.count).toBe(0)
})

test('a change of password ends every other session and keeps this one', async () => {
  const { id, email } = await account()
  const here = await signInWithPassword(desk, { email, password: PASSWORD }, from())
  const there = await signInWithPassword(desk, { email, password: PASSWORD }, from())
  const actor = await readSession(desk.sql, here.token)
  if (!actor) throw new Error('not signed in')
  await changePassword(desk, actor, { current: PASSWORD, next: 'four kettles and a fern' }, from())
  expect(await readSession(desk.sql, there.token)).toBeNull()
  expect(await readSession(desk.sql, here.token)).toMatchObject({ id })
  expect(await newest('user.password')).toMatchObject({ actor: id, user: id })
  expect(await newest('session.end')).toMatchObject({ session: there.session, because: 'password_changed' })
  await expect(signInWithPassword(desk, { email, password: PASSWORD }, from())).rejects.toMatchObject({ fault: 'unauthenticated' })
})

test('a change of password needs the one of now, and a good one', async () => {
  const { email } = await account()
  const { token } = await signInWithPassword(desk, { email, password: PASSWORD }, from())
  const actor = await readSession(desk.sql, token)
  if (!actor) throw new Error('not signed in')
  const change = (current: string, next: string) => changePassword(desk, actor, { current, next }, from())
  await expect(change('wrong wrong wrong', 'four kettles and a fern')).rejects.toMatchObject({
    fault: 'invalid',
    message: 'The password is wrong.',
  })
  await expect(change(PASSWORD, 'password12345')).rejects.toMatchObject({
    fault: 'invalid',
    message: expect.stringContaining('first ones'),
  })
})

test('a proof renews one session, and a wrong one is recorded with it', async () => {
  const { id, email } = await account()
  const { token, session } = await signInWithPassword(desk, { email, password: PASSWORD }, from())
  await owner`update countersign.sessions set proved_at = now() - interval '1 hour' where id = ${session}`
  const actor = await readSession(desk.sql, token)
  if (!actor) throw new Error('not signed in')
  expect(actor.provedMs).toBeGreaterThan(3_599_000)
  await expect(proveByPassword(desk, actor, 'not the password', from())).rejects.toMatchObject({ fault: 'invalid' })
  expect(await newest('session.refused')).toMatchObject({ user: id, session, because: 'wrong_password' })
  await proveByPassword(desk, actor, PASSWORD, from())
  expect((await readSession(desk.sql, token))?.provedMs).toBeLessThan(5_000)
})

test('the clock does not tell whether an account is there', async () => {
  const { email } = await account(PASSWORD, { ln: 14, r: 8, p: 1 })
  const slow: Desk = { ...desk, cost: { ln: 14, r: 8, p: 1 } }
  const timed = async (typed: string): Promise<number> => {
    // A fresh bucket for every attempt: what is turned away is not measured.
    await owner`delete from countersign.throttle`
    const startedAt = performance.now()
    await signInWithPassword(slow, { email: typed, password: 'wrong wrong wrong' }, from()).catch(() => undefined)
    return performance.now() - startedAt
  }
  const difference = async (): Promise<number> => {
    const times = { known: [] as number[], unknown: [] as number[] }
    for (let round = 0; round < 20; round++) {
      times.known.push(await timed(email))
      times.unknown.push(await timed(`${randomId()}@example.org`))
    }
    return Math.abs(median(times.known) / median(times.unknown) - 1)
  }
  // The machine may be busy for one measurement; a leak would show in all of them.
  const differences: number[] = []
  while (differences.length < 4 && Math.min(...differences) >= 0.1) differences.push(await difference())
  expect(Math.min(...differences)).toBeLessThan(0.1)
})

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
