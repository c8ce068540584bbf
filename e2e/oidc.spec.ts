import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test'
import type { Role } from '../core/roles'
import { connect, type Sql } from '../db/connect'
import { freePort } from '../db/free-port'
import { setDisabled } from '../db/people'
import { invite } from '../db/people-invites'
import { readSession } from '../db/sessions'
import { type Person, signedIn } from '../db/testing-people'
import { test } from './browser'
import { type Console, openConsole, throughWriter } from './console'
import { entriesOf, statusOf } from './entering'

const NAME = 'Example ID'
const SECRET = randomBytes(24).toString('hex')

let opened: Console
let provider: ChildProcess
let issuer: string
let folder: string
let owner: Sql
let sql: Sql
let admin: Person

test.beforeAll(async () => {
  const [port, consolePort] = [await freePort(), await freePort()]
  issuer = `http://127.0.0.1:${port}`
  provider = await startProvider(port, `http://127.0.0.1:${consolePort}/api/auth/callback/oidc`)
  folder = await mkdtemp(join(tmpdir(), 'countersign-oidc-'))
  await writeFile(join(folder, 'secret'), `${SECRET}\n`, { mode: 0o600 })
  opened = await openConsole({
    port: consolePort,
    environment: {
      COUNTERSIGN_OIDC_ISSUER: issuer,
      COUNTERSIGN_OIDC_CLIENT_ID: 'countersign',
      COUNTERSIGN_OIDC_CLIENT_SECRET_FILE: join(folder, 'secret'),
      COUNTERSIGN_OIDC_NAME: NAME,
      COUNTERSIGN_OIDC_DOMAINS: 'ours.example',
    },
  })
  owner = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test' })
  sql = connect(opened.database.urlFor('console'), { purpose: 'pool', application: 'test' })
  admin = await throughWriter(opened, (writer) => signedIn(sql, writer, ['admin'], 'Root'))
})
test.afterAll(async () => {
  await Promise.all([owner.end(), sql.end()])
  await opened.close()
  provider.stdin?.end()
  await rm(folder, { recursive: true, force: true })
})

const startProvider = async (port: number, redirectUri: string): Promise<ChildProcess> => {
  const script = join(import.meta.dirname, 'fixtures/oidc-provider.mjs')
  const child = spawn(process.execPath, [script, String(port), redirectUri, SECRET], { stdio: ['pipe', 'pipe', 'ignore'] })
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve)
    child.once('exit', (code) => reject(new Error(`the provider ended with ${code}`)))
  })
  return child
}

const invited = (email: string, roles: readonly Role[]) => throughWriter(opened, (writer) => invite(writer, admin.actor, { email, roles }))

/** From our button through the provider's pages and back. */
const enter = async (browser: Browser, login: string): Promise<{ context: BrowserContext; page: Page }> => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${opened.url}/sign-in`)
  await page.getByRole('button', { name: `Continue with ${NAME}` }).click()
  await passThrough(page, login)
  return { context, page }
}

const passThrough = async (page: Page, login: string): Promise<void> => {
  await page.getByPlaceholder('Enter any login').fill(login)
  await page.getByPlaceholder('and password').fill('anything')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  const consent = page.getByRole('button', { name: 'Continue' })
  await Promise.race([consent.waitFor(), page.waitForURL((url) => url.origin === opened.url)])
  if (page.url().startsWith(issuer)) await consent.click()
  await page.waitForURL((url) => url.origin === opened.url && !url.pathname.startsWith('/api/'))
}

test('whoever was invited joins through the provider with the roles of the invitation', async ({ browser }) => {
  await invited('ada@example.org', ['author'])
  const { context, page } = await enter(browser, 'ada@example.org')
  await expect(page).toHaveURL(`${opened.url}/`)
  expect(await statusOf(context, opened)).toBe(200)
  await page.goto(`${opened.url}/account`)
  await expect(page.getByText(`You sign in through ${NAME}`)).toBeVisible()
  expect(await entriesOf(owner, 'user.join')).toContainEqual(
    expect.objectContaining({ email: 'ada@example.org', roles: ['author'], by: 'invite' }),
  )
  expect((await entriesOf(owner, 'user.link')).at(-1)).toMatchObject({ issuer })
  expect((await entriesOf(owner, 'session.start')).at(-1)).toMatchObject({ method: 'oidc', address: '127.0.0.1' })
})

for (const { who, login, says, because } of [
  { who: 'nobody invited', login: 'eve@example.net', says: 'Nobody has invited you', because: 'not_invited' },
  {
    who: 'an address nobody verified',
    login: 'unverified-ada@ours.example',
    says: 'does not say that your e-mail',
    because: 'email_not_verified',
  },
])
  test(`${who} is turned away with the reason`, async ({ browser }) => {
    const { context, page } = await enter(browser, login)
    await expect(page.getByText(says)).toBeVisible()
    expect((await context.cookies()).map(({ name }) => name)).not.toContain('countersign.session')
    expect((await entriesOf(owner, 'session.refused')).at(-1)).toMatchObject({ because, method: 'oidc' })
  })

test('an address of our own domain joins as a viewer', async ({ browser }) => {
  const { context } = await enter(browser, 'new@ours.example')
  expect(await statusOf(context, opened)).toBe(200)
  expect((await entriesOf(owner, 'user.join')).at(-1)).toMatchObject({ email: 'new@ours.example', roles: ['viewer'], by: 'domain' })
})

test('a disabled user is turned away, and sessions of theirs end', async ({ browser }) => {
  const { context } = await enter(browser, 'gone@ours.example')
  const joined = (await entriesOf(owner, 'user.join')).at(-1)
  await throughWriter(opened, (writer) => setDisabled(writer, admin.actor, { user: String(joined?.user), disabled: true }))
  expect(await statusOf(context, opened)).toBe(307)
  const { page } = await enter(browser, 'gone@ours.example')
  await expect(page.getByText('Your account is disabled')).toBeVisible()
})

test('the request carries PKCE, state and nonce, and its answer works once, in one browser', async ({ browser }) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const asked: URL[] = []
  const answered: string[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin === issuer && url.pathname === '/auth' && url.searchParams.has('client_id')) asked.push(url)
    if (url.pathname === '/api/auth/callback/oidc') answered.push(request.url())
  })
  await page.goto(`${opened.url}/sign-in`)
  await page.getByRole('button', { name: `Continue with ${NAME}` }).click()
  await passThrough(page, 'twice@ours.example')
  const sent = asked[0]?.searchParams
  expect(sent?.get('code_challenge_method')).toBe('S256')
  for (const name of ['code_challenge', 'state', 'nonce']) expect(sent?.get(name)?.length).toBeGreaterThan(20)
  expect(sent?.get('redirect_uri')).toBe(`${opened.url}/api/auth/callback/oidc`)

  const [callback = ''] = answered
  for (const again of [context, await browser.newContext()]) {
    const before = (await entriesOf(owner, 'session.start')).length
    const response = await again.request.get(callback, { maxRedirects: 0 })
    expect(response.headers().location).toContain('error=')
    expect(response.headers()['set-cookie'] ?? '').not.toContain('countersign.session=ey')
    expect((await entriesOf(owner, 'session.start')).length).toBe(before)
  }
})

test('proving anew leads to the provider, which asks again, and the proof is of then', async ({ browser }) => {
  await invited('boss@example.org', ['admin'])
  const { context, page } = await enter(browser, 'boss@example.org')
  await owner`update countersign.sessions set proved_at = now() - interval '1 hour' where ended_at is null`
  await page.goto(`${opened.url}/users`)
  const makeLink = async () => {
    await page.getByRole('button', { name: 'Invite' }).click()
    await page.getByLabel('E-mail').fill('later@example.org')
    await page.getByRole('button', { name: 'Make the link' }).click()
  }
  await makeLink()
  await page
    .getByRole('dialog', { name: 'Is it you?' })
    .getByRole('button', { name: `Continue with ${NAME}` })
    .click()
  await passThrough(page, 'boss@example.org')
  await expect(page).toHaveURL(`${opened.url}/users`)
  await makeLink()
  await expect(page.getByLabel('Invitation link', { exact: true })).toBeVisible()
  expect((await entriesOf(owner, 'session.end')).at(-1)).toMatchObject({ because: 'replaced' })
  await context.close()
})

test('the session of the admin who stood by all the while is untouched', async () => {
  expect(await readSession(sql, admin.token)).not.toBeNull()
})
