import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { freshDatabase } from './testing'
import { testIdentity } from './testing-identity'
import { signedIn } from './testing-people'
import type { FreshDatabase } from './testing-server'
import { takeAttempt, takeLook, tidyThrottle } from './throttle'
import { openWriter, type Writer } from './writer'

let database: FreshDatabase
let sql: Sql
let owner: Sql
let writer: Writer

beforeAll(async () => {
  database = await freshDatabase()
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test', max: 8 })
  owner = connect(database.urlFor('owner'), { purpose: 'pool', application: 'test' })
  writer = await openWriter({ url: database.urlFor('console'), identity: testIdentity().identity('console') })
})
afterAll(async () => {
  await writer.close()
  await Promise.all([sql.end(), owner.end()])
  await database.drop()
})
afterEach(() => owner`delete from countersign.throttle`)

const attempts = async (count: number, attempt: (n: number) => { email: string; address: string | null }): Promise<number> => {
  const settled = await Promise.allSettled(Array.from({ length: count }, (_, n) => takeAttempt(sql, writer, attempt(n))))
  for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject({ fault: 'unavailable' })
  return settled.filter(({ status }) => status === 'fulfilled').length
}
const told = async () => {
  const rows = await owner<
    { body: string }[]
  >`select body from countersign.entries where type = 'session.throttled' order by recorded_at, seq`
  return rows.map(({ body }) => JSON.parse(body))
}

test.each([
  { what: 'one account from many addresses', attempt: (n: number) => ({ email: 'a@example.org', address: `198.51.100.${n % 256}` }) },
  { what: 'many accounts from one address', attempt: (n: number) => ({ email: `${n}@example.org`, address: '198.51.100.7' }) },
  {
    what: 'many accounts from one network of IPv6',
    attempt: (n: number) => ({ email: `${n}@example.org`, address: `2001:db8::${n.toString(16)}` }),
  },
  { what: 'one account from nowhere', attempt: () => ({ email: 'a@example.org', address: null }) },
])('of 1,000 guesses at once, $what, at most ten are evaluated', async ({ attempt }) => {
  const evaluated = await attempts(1_000, attempt)
  expect(evaluated).toBeGreaterThan(0)
  expect(evaluated).toBeLessThanOrEqual(10)
})

test('a bucket fills again at five a minute, and not above its size', async () => {
  const attempt = () => ({ email: 'b@example.org', address: null })
  expect(await attempts(10, attempt)).toBe(5)
  await owner`update countersign.throttle set filled_at = now() - interval '25 seconds'`
  expect(await attempts(10, attempt)).toBe(2)
  await owner`update countersign.throttle set filled_at = now() - interval '10 days'`
  expect(await attempts(10, attempt)).toBe(5)
})

test('neighbours of an address that is throttled still get in', async () => {
  await attempts(20, (n) => ({ email: `${n}@example.org`, address: '198.51.100.9' }))
  expect(await attempts(1, () => ({ email: 'c@example.org', address: '198.51.100.10' }))).toBe(1)
  expect(await attempts(1, () => ({ email: 'd@example.org', address: '2001:db8:0:1::1' }))).toBe(1)
})

test('a person looks up what a minute allows, however many ask for them, and then is told when to ask again', async () => {
  const looks = async (person: string, at: 'entries' | 'proofs', count: number) => {
    const settled = await Promise.allSettled(Array.from({ length: count }, () => takeLook(sql, person, at)))
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    for (const reason of refused) expect(reason).toMatchObject({ fault: 'unavailable', retryAfterSeconds: 1 })
    for (const reason of refused) expect(reason.message).toContain(` ${at} a minute here: wait a moment`)
    return count - refused.length
  }
  const before = (await told()).length
  const [ada, bob] = ['a'.repeat(32), 'b'.repeat(32)]
  // One more for each second that this takes.
  const first = await looks(ada, 'entries', 200)
  expect(first).toBeGreaterThanOrEqual(60)
  expect(first).toBeLessThan(200)
  expect([await looks(bob, 'entries', 1), await looks(ada, 'proofs', 1)]).toEqual([1, 1])
  await owner`update countersign.throttle set tokens = 0, filled_at = now() + interval '1 hour' where key = ${`entries:${ada}`}`
  expect(await looks(ada, 'entries', 5)).toBe(0)
  await owner`update countersign.throttle set filled_at = now() - interval '10 hours' where key = ${`entries:${ada}`}`
  expect(await looks(ada, 'entries', 1)).toBe(1)
  await tidyThrottle(sql, writer)
  expect((await told()).length).toBe(before)
})

test('the log hears of a flood once a minute, with its number and whose account it was, and at last of the rest', async () => {
  const { actor } = await signedIn(sql, writer, ['viewer'])
  const before = (await told()).length
  await attempts(200, (n) => ({ email: actor.email, address: `203.0.113.${n % 256}` }))
  const during = (await told()).slice(before)
  expect(during.length).toBe(1)
  await owner`update countersign.throttle set told_at = now() - interval '2 minutes' where refused > 0`
  await tidyThrottle(sql, writer)
  const all = (await told()).slice(before)
  expect(all.map(({ count }) => count).reduce((sum, count) => sum + count, 0)).toBe(195)
  for (const entry of all) expect(entry).toMatchObject({ scope: 'account', user: actor.id, address: null })
})

test('buckets that are full again are dropped, those with something untold are not', async () => {
  await attempts(8, () => ({ email: 'e@example.org', address: '198.51.100.77' }))
  await owner`update countersign.throttle set filled_at = now() - interval '2 hours', told_at = now()`
  await tidyThrottle(sql, writer)
  const rows = await owner<{ key: string; refused: number }[]>`select key, refused from countersign.throttle`
  expect(rows.every(({ refused }) => refused > 0)).toBe(true)
})
