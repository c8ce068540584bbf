import { expect } from '@playwright/test'
import { connect, type Sql } from '../db/connect'
import { encodeHash } from '../db/passwords'
import { test } from './browser'
import { type Console, openConsole, signIn, throughWriter } from './console'
import { entriesOf, statusOf } from './entering'

const PASSWORD = 'three ferns and a kettle'

let opened: Console
let owner: Sql
let email: string

test.beforeAll(async () => {
  opened = await openConsole()
  owner = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test' })
})
test.afterAll(async () => {
  await owner.end()
  await opened.close()
})

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext()
  const { user, email: made } = await signIn(context, opened, ['admin'])
  email = made
  const hash = await encodeHash(PASSWORD, { ln: 12, r: 8, p: 1 })
  await throughWriter(opened, (writer) =>
    writer.commit(async (tx) => {
      await tx`insert into countersign.passwords (user_id, hash) values (${user}, ${hash})`
      return { entries: [], result: undefined }
    }),
  )
  await context.close()
})

test('of a thousand guesses at most ten are weighed in a minute, and the right password waits too', { tag: '@slow' }, async ({
  request,
}) => {
  const { csrfToken } = await (await request.get(`${opened.url}/api/auth/csrf`)).json()
  const refusedBefore = (await entriesOf(owner, 'session.refused')).length
  const guess = async (password: string): Promise<string> => {
    const form = { email, password, csrfToken, json: 'true' }
    // A connection that was kept may be closed at the moment it is used again.
    const how = { form, headers: { origin: opened.url }, maxRetries: 3 }
    const answer = await request.post(`${opened.url}/api/auth/callback/password`, how)
    return new URL((await answer.json()).url).searchParams.get('error') ?? 'in'
  }
  const startedAt = Date.now()
  const said: string[] = []
  for (let left = 1_000; left > 0; left -= 50)
    said.push(...(await Promise.all(Array.from({ length: 50 }, (_, n) => guess(`guess number ${left - n}`)))))
  const minutes = Math.ceil((Date.now() - startedAt) / 60_000)
  expect(said.filter((words) => words.includes('is wrong')).length).toBeLessThanOrEqual(10 * minutes)
  expect(said).not.toContain('in')
  expect(await guess(PASSWORD)).toContain('Too many attempts')
  expect((await entriesOf(owner, 'session.refused')).length - refusedBefore).toBeLessThanOrEqual(10 * minutes)
  expect((await entriesOf(owner, 'session.throttled')).length).toBeLessThanOrEqual(2 * minutes)
})

test.describe('what next-auth offers and we do not use', () => {
  for (const { method, path } of [
    { method: 'GET', path: 'session' },
    { method: 'GET', path: 'providers' },
    { method: 'GET', path: 'signout' },
    { method: 'POST', path: 'signout' },
    { method: 'POST', path: 'session' },
    { method: 'POST', path: '_log' },
    { method: 'GET', path: 'callback/password' },
    { method: 'POST', path: 'callback/oidc' },
    { method: 'GET', path: 'verify-request' },
  ])
    test(`${method} ${path} is not there`, async ({ request }) => {
      const answer = await request.fetch(`${opened.url}/api/auth/${path}`, {
        method,
        ...(method === 'POST' ? { form: { a: 'b' }, headers: { origin: opened.url } } : {}),
      })
      expect(answer.status()).toBe(404)
    })
})

test.describe('a password that comes from elsewhere is not even looked at', () => {
  for (const { from, headers } of [
    { from: 'another site', headers: { origin: 'https://evil.test' } },
    { from: 'another port of this machine', headers: { origin: 'http://127.0.0.1:1' } },
    { from: 'a page that hides where it is', headers: { origin: 'null' } },
    { from: 'another site, as the browser says', headers: { 'sec-fetch-site': 'cross-site' } },
    { from: 'nowhere', headers: {} },
  ])
    test(`from ${from}`, async ({ request }) => {
      const { csrfToken } = await (await request.get(`${opened.url}/api/auth/csrf`)).json()
      const form = { email, password: PASSWORD, csrfToken, json: 'true' }
      const answer = await request.post(`${opened.url}/api/auth/callback/password`, { form, headers })
      expect(answer.status()).toBe(403)
      expect(answer.headers()['set-cookie'] ?? '').not.toContain('countersign.session')
    })

  test('without the token of its own form', async ({ request }) => {
    const form = { email, password: PASSWORD, csrfToken: 'x'.repeat(64), json: 'true' }
    const answer = await request.post(`${opened.url}/api/auth/callback/password`, { form, headers: { origin: opened.url } })
    expect(answer.headers()['set-cookie'] ?? '').not.toContain('countersign.session')
  })
})

test('a forged, foreign or shortened cookie is nobody’s', async ({ browser }) => {
  const context = await browser.newContext()
  await signIn(context, opened, ['admin'])
  const good = (await context.cookies()).find(({ name }) => name === 'countersign.session')?.value ?? ''
  expect(await statusOf(context, opened)).toBe(200)
  for (const value of [
    '',
    'x',
    good.slice(0, -2),
    `${good}x`,
    good.replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString('base64url')),
  ]) {
    await context.addCookies([{ name: 'countersign.session', value, url: opened.url }])
    expect(await statusOf(context, opened)).toBe(307)
  }
})
