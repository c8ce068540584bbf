import { type BrowserContext, expect } from '@playwright/test'
import { encode } from 'next-auth/jwt'
import { connect, type Sql } from '../db/connect'
import { openConsoleSecret } from '../db/console-secret'
import { freePort } from '../db/free-port'
import { encodeHash } from '../db/passwords'
import { signedIn } from '../db/testing-people'
import { test } from './browser'
import { type Console, openConsole, throughWriter } from './console'
import { builtActions } from './crawl-build'
import { entriesOf } from './entering'
import { CALLER, startTerminator, type Terminator } from './tls-terminator'

const PASSWORD = 'three ferns and a kettle'

let opened: Console
let terminator: Terminator
let owner: Sql
let context: BrowserContext
let email: string

test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ browser }) => {
  const [port, consolePort] = [await freePort(), await freePort()]
  terminator = await startTerminator(port, consolePort)
  const environment = { COUNTERSIGN_PUBLIC_URL: terminator.url, COUNTERSIGN_TRUST_PROXY: '1' }
  opened = await openConsole({ port: consolePort, environment })
  owner = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test', max: 2 })
  email = await personWithPassword()
  context = await browser.newContext({ ignoreHTTPSErrors: true, extraHTTPHeaders: { 'x-forwarded-for': '198.51.100.99' } })
})

test.afterAll(async () => {
  await context?.close()
  await owner?.end()
  await opened?.close()
  await terminator?.close()
})

const personWithPassword = (): Promise<string> =>
  throughWriter(opened, async (writer) => {
    const { actor } = await signedIn(owner, writer, ['admin'])
    const hash = await encodeHash(PASSWORD, { ln: 12, r: 8, p: 1 })
    await writer.commit(async (tx) => {
      await tx`insert into countersign.passwords (user_id, hash) values (${actor.id}, ${hash})`
      return { entries: [], result: undefined }
    })
    return actor.email
  })

test('whoever signs in behind TLS gets a cookie that no other host and no plain HTTP can set or read', async () => {
  const page = await context.newPage()
  await page.goto(`${terminator.url}/sign-in`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(`${terminator.url}/`)
  const cookies = (await context.cookies()).filter(({ name }) => name.includes('countersign'))
  const session = cookies.find(({ name }) => name === '__Host-countersign.session')
  expect(session).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax', path: '/', domain: 'localhost' })
  expect(cookies.filter(({ name, secure }) => !secure || !name.startsWith('__Host-'))).toEqual([])
  await page.close()
})

test('the log has the address that our proxy said, and not what the caller said before it', async () => {
  const starts = await entriesOf(owner, 'session.start')
  expect(starts.at(-1)).toMatchObject({ method: 'password', address: CALLER })
})

test('every answer tells the browser to come by HTTPS only', async () => {
  for (const path of ['/', '/sign-in', '/account', '/nowhere', '/api/palette', '/api/auth/csrf', '/icon.svg', '/policies']) {
    const answer = await context.request.get(`${terminator.url}${path}`, { maxRedirects: 0 })
    expect(answer.headers()['strict-transport-security'], path).toBe('max-age=31536000')
  }
})

test('an action works through it, and is refused from every other origin', async () => {
  const action = (await builtActions()).find(({ name }) => name.endsWith('proveMyself'))
  if (!action) throw new Error('there is a way to prove oneself')
  const prove = (origin: string | null) =>
    context.request.post(`${terminator.url}/account`, {
      headers: { 'next-action': action.id, 'content-type': 'text/plain;charset=UTF-8', ...(origin === null ? {} : { origin }) },
      data: JSON.stringify([PASSWORD]),
    })
  const { hostname, host } = new URL(terminator.url)
  for (const origin of [
    'https://evil.example',
    `http://${host}`,
    `https://${hostname}`,
    `https://sub.${host}`,
    'http://127.0.0.1:1',
    'null',
    null,
  ])
    expect((await prove(origin)).status(), `${origin}`).toBe(403)
  expect(await entriesOf(owner, 'session.proved')).toEqual([])
  expect(await (await prove(terminator.url)).text()).toContain('"ok":true')
  expect(await entriesOf(owner, 'session.proved')).toHaveLength(1)
})

test('a cookie without the prefix, which plain HTTP could have set, lets nobody in', async ({ browser }) => {
  const sid = await throughWriter(opened, async (writer) => (await signedIn(owner, writer, ['admin'])).token)
  const value = await encode({ token: { sid }, secret: await openConsoleSecret(opened.dataDir), maxAge: 60 })
  const other = await browser.newContext({ ignoreHTTPSErrors: true })
  await other.addCookies([{ name: 'countersign.session', value, url: terminator.url }])
  const asked = () => other.request.get(`${terminator.url}/account`, { maxRedirects: 0 })
  expect((await asked()).status()).toBe(307)
  await other.addCookies([{ name: '__Host-countersign.session', value, url: terminator.url, secure: true }])
  expect((await asked()).status()).toBe(200)
  await other.close()
})
