import { type Browser, type BrowserContext, expect } from '@playwright/test'
import { connect, type Sql } from '../db/connect'
import { test } from './browser'
import { type Console, openConsole, signIn } from './console'
import { enter, enterAgain, entriesOf, fillIn, statusOf } from './entering'

const PASSWORD = 'three ferns and a kettle'
const NEXT_PASSWORD = 'four kettles and one fern'
const ADMIN = 'maria@example.org'
const ADA = 'ada@example.org'

let opened: Console
let owner: Sql

test.beforeAll(async () => {
  opened = await openConsole()
  owner = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test' })
})
test.afterAll(async () => {
  await owner.end()
  await opened.close()
})
/** Every test starts with full buckets but the one about them. */
test.beforeEach(() => owner`delete from countersign.throttle`)

test.describe.configure({ mode: 'serial' })

test('before there is an admin nobody signs in, and the page says where the link is', async ({ page }) => {
  await page.goto(opened.url)
  await expect(page).toHaveURL(`${opened.url}/sign-in`)
  await expect(page.getByRole('heading', { name: 'Nobody can sign in yet' })).toBeVisible()
  await page.goto(`${opened.url}/set-up?token=${'x'.repeat(43)}`)
  await expect(page.getByRole('heading', { name: 'This set-up link is over' })).toBeVisible()
})

test('the printed link makes the first admin, with a good password, once', async ({ page }) => {
  await page.goto(opened.setUpUrl ?? '')
  await page.getByLabel('E-mail').fill(ADMIN)
  await page.getByLabel('Name').fill('Maria')
  await page.getByLabel('Password').fill('password1234')
  await page.getByRole('button', { name: 'Become the first admin' }).click()
  await expect(page.getByText('among the first ones that are tried')).toBeVisible()
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Become the first admin' }).click()
  await expect(page).toHaveURL(`${opened.url}/`, { timeout: 20_000 })
  await page.goto(opened.setUpUrl ?? '')
  await expect(page.getByRole('heading', { name: 'This console is set up' })).toBeVisible()
  expect(await entriesOf(owner, 'user.join')).toMatchObject([{ email: ADMIN, roles: ['admin'], by: 'set_up', address: '127.0.0.1' }])
})

test('an admin invites by a link, and whoever opens it joins with the roles it names', async ({ browser }) => {
  const { page } = await enterAgain(browser, opened, ADMIN)
  await page.goto(`${opened.url}/users`)
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByLabel('E-mail').fill('Ada@Example.org')
  await page.getByRole('checkbox', { name: 'Author' }).check()
  await page.getByRole('checkbox', { name: 'Viewer' }).uncheck()
  await page.getByRole('button', { name: 'Make the link' }).click()
  const link = await page.getByLabel('Invitation link', { exact: true }).innerText()
  expect(link).toMatch(new RegExp(`^${opened.url}/invite/[\\w-]{43}$`))
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('table', { name: 'Open invitations' }).getByText(ADA, { exact: true })).toBeVisible()

  const guest = await (await browser.newContext()).newPage()
  await guest.goto(link)
  await expect(guest.getByLabel('E-mail')).toHaveValue(ADA)
  await guest.getByLabel('Name').fill('Ada')
  await guest.getByLabel('Password').fill(PASSWORD)
  await guest.getByRole('button', { name: 'Join' }).click()
  await expect(guest).toHaveURL(`${opened.url}/`, { timeout: 20_000 })
  await guest.goto(link)
  await expect(guest.getByRole('heading', { name: 'This invitation is over' })).toBeVisible()
  expect(await entriesOf(owner, 'user.join')).toContainEqual(expect.objectContaining({ email: ADA, roles: ['author'], by: 'invite' }))
  // The link itself is in no entry.
  expect(JSON.stringify(await entriesOf(owner, 'user.invite'))).not.toContain(link.split('/').at(-1))
})

test('who forgot their password chooses a new one by a link of an admin, which works once', async ({ browser }) => {
  const { page } = await enterAgain(browser, opened, ADMIN)
  await page.goto(`${opened.url}/users`)
  await page.getByRole('button', { name: 'Actions for Ada' }).click()
  await page.getByRole('menuitem', { name: 'Make a link for a new password' }).click()
  await page.getByRole('button', { name: 'Make the link' }).click()
  const link = await page.getByLabel('Password link', { exact: true }).innerText()
  expect(link).toMatch(new RegExp(`^${opened.url}/reset/[\\w-]{43}$`))

  const guest = await (await browser.newContext()).newPage()
  await guest.goto(link)
  await guest.getByLabel('New password').fill(PASSWORD)
  await guest.getByRole('button', { name: 'Set it and sign in' }).click()
  await expect(guest).toHaveURL(`${opened.url}/`, { timeout: 20_000 })
  await guest.goto(link)
  await expect(guest.getByRole('heading', { name: 'This link is over' })).toBeVisible()
})

test('signing in leads to the page that was asked for, and never elsewhere', async ({ page }) => {
  await page.goto(`${opened.url}/account?x=1`)
  await expect(page).toHaveURL(`${opened.url}/sign-in?next=${encodeURIComponent('/account?x=1')}`)
  await page.getByLabel('E-mail').fill(ADA)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(`${opened.url}/account?x=1`, { timeout: 20_000 })
  for (const next of ['https://evil.test/', '//evil.test/', '/\\evil.test', 'javascript:alert(1)', '/%0d%0aLocation:x']) {
    await page.goto(`${opened.url}/sign-in?next=${encodeURIComponent(next)}`)
    expect(new URL(page.url()).origin).toBe(opened.url)
  }
})

test('a wrong password and an unknown account get the same words, and the words of an address are not repeated', async ({ page }) => {
  const said: (string | null)[] = []
  for (const email of [ADA, 'nobody@example.org']) {
    await fillIn(page, opened, email, 'not the password at all')
    const alert = page.getByRole('alert').filter({ hasText: /\w/ })
    await expect(alert).toBeVisible()
    said.push(await alert.textContent())
  }
  expect(said).toEqual(['The e-mail address or the password is wrong.', 'The e-mail address or the password is wrong.'])
  expect((await entriesOf(owner, 'session.refused')).slice(-2)).toMatchObject([
    { because: 'wrong_password' },
    { because: 'unknown_user', user: null },
  ])
  await page.goto(`${opened.url}/sign-in?error=${encodeURIComponent('Call 555 to unlock')}`)
  await expect(page.getByText('Signing in did not work; try again.')).toBeVisible()
  await expect(page.getByText('555')).toHaveCount(0)
})

test('the cookie says nothing, is out of reach of scripts, and stays on this site', async ({ browser }) => {
  const { context, page } = await enter(browser, opened, ADA, PASSWORD)
  const cookie = (await context.cookies()).find(({ name }) => name === 'countersign.session')
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
  expect(Buffer.from(cookie?.value ?? '', 'base64').toString()).not.toMatch(/ada|author|[0-9a-f]{32}/i)
  expect(await page.evaluate(() => document.cookie)).not.toContain('countersign.session')
})

const copied = async (browser: Browser, context: BrowserContext): Promise<BrowserContext> =>
  browser.newContext({ storageState: await context.storageState() })

test('a copied cookie is refused on the next request after signing out', async ({ browser }) => {
  const { context, page } = await enterAgain(browser, opened, ADA)
  const copy = await copied(browser, context)
  await page.goto(opened.url)
  expect(await statusOf(copy, opened)).toBe(200)
  await page.getByRole('button', { name: /^Account of Ada/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(`${opened.url}/sign-in`)
  expect(await statusOf(copy, opened)).toBe(307)
  expect((await entriesOf(owner, 'session.end')).at(-1)).toMatchObject({ because: 'signed_out' })
})

test('a change of password ends every other session and keeps the one that made it', async ({ browser }) => {
  const other = await enterAgain(browser, opened, ADA)
  const { context, page } = await enterAgain(browser, opened, ADA)
  await page.goto(`${opened.url}/account`)
  await page.getByLabel('Current password').fill(PASSWORD)
  await page.getByLabel('New password').fill(NEXT_PASSWORD)
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByText('The password is changed')).toBeVisible()
  expect(await statusOf(other.context, opened)).toBe(307)
  expect(await statusOf(context, opened)).toBe(200)
  expect((await entriesOf(owner, 'user.password')).filter(({ by }) => by === undefined).length).toBe(1)
  await fillIn(other.page, opened, ADA, PASSWORD)
  await expect(other.page.getByText('The e-mail address or the password is wrong.')).toBeVisible()
})

test('one session ends another from the account page', async ({ browser }) => {
  const other = await enterAgain(browser, opened, ADA)
  const { context, page } = await enterAgain(browser, opened, ADA)
  await page.goto(`${opened.url}/account`)
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await expect(page.getByRole('button', { name: 'Sign out everywhere else' })).toHaveCount(0)
  expect(await statusOf(other.context, opened)).toBe(307)
  expect(await statusOf(context, opened)).toBe(200)
})

test('a change of roles and being disabled end every session at once', async ({ browser }) => {
  const admin = await enterAgain(browser, opened, ADMIN)
  await admin.page.goto(`${opened.url}/users`)
  const menu = async (item: string) => {
    await admin.page.getByRole('button', { name: 'Actions for Ada' }).click()
    await admin.page.getByRole('menuitem', { name: item }).click()
  }
  const before = await enterAgain(browser, opened, ADA)
  await menu('Change roles…')
  await admin.page.getByRole('checkbox', { name: 'Approver' }).check()
  await admin.page.getByRole('button', { name: 'Change roles' }).click()
  await expect(admin.page.getByRole('dialog')).toHaveCount(0)
  expect(await statusOf(before.context, opened)).toBe(307)
  expect((await entriesOf(owner, 'user.roles')).at(-1)).toMatchObject({
    before: ['author'],
    after: ['author', 'approver'],
    address: '127.0.0.1',
  })

  const after = await enterAgain(browser, opened, ADA)
  await menu('Disable…')
  await admin.page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click()
  await expect(admin.page.getByRole('alertdialog')).toHaveCount(0)
  expect(await statusOf(after.context, opened)).toBe(307)
  await fillIn(after.page, opened, ADA, NEXT_PASSWORD)
  await expect(after.page.getByText('The e-mail address or the password is wrong.')).toBeVisible()
  await menu('Enable')
  await expect(admin.page.getByText('They can sign in again.')).toBeVisible()
})

test('the last admin is neither disabled nor demoted', async ({ browser }) => {
  const { page } = await enterAgain(browser, opened, ADMIN)
  await page.goto(`${opened.url}/users`)
  await page.getByRole('button', { name: 'Actions for Maria' }).click()
  await page.getByRole('menuitem', { name: 'Disable…' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click()
  await expect(page.getByText('This is the last admin: make somebody else one first.')).toBeVisible()
})

test('managing users after a while asks who one is, and goes on once that is shown', async ({ browser }) => {
  const { page } = await enterAgain(browser, opened, ADMIN)
  await owner`update countersign.sessions set proved_at = now() - interval '11 minutes' where ended_at is null`
  await page.goto(`${opened.url}/users`)
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByLabel('E-mail').fill('late@example.org')
  await page.getByRole('button', { name: 'Make the link' }).click()
  const question = page.getByRole('dialog', { name: 'Is it you?' })
  await question.getByLabel('Password').fill('not the password at all')
  await question.getByRole('button', { name: 'Go on' }).click()
  await expect(question.getByText('The password is wrong.')).toBeVisible()
  expect((await entriesOf(owner, 'session.refused')).at(-1)).toMatchObject({ session: expect.stringMatching(/^[0-9a-f]{32}$/) })
  await question.getByLabel('Password').fill(PASSWORD)
  await question.getByRole('button', { name: 'Go on' }).click()
  await expect(page.getByLabel('Invitation link', { exact: true })).toBeVisible()
  expect((await entriesOf(owner, 'session.proved')).length).toBe(1)
})

test('an auditor sees who there is and can change nothing; others see no such page', async ({ browser }) => {
  const auditor = await browser.newContext()
  await signIn(auditor, opened, ['auditor'])
  const page = await auditor.newPage()
  await page.goto(`${opened.url}/users`)
  await expect(page.getByRole('table', { name: 'Users' }).getByText(ADA, { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: /Invite|Actions for|New link|Take back/ })).toHaveCount(0)
  for (const role of ['viewer', 'author', 'approver'] as const) {
    const context = await browser.newContext()
    await signIn(context, opened, [role])
    expect(await statusOf(context, opened, '/users')).toBe(404)
    expect(await statusOf(context, opened, '/account')).toBe(200)
  }
})

test('a personal token is shown once, and what is kept of it opens nothing', async ({ browser }) => {
  const context = await browser.newContext()
  const { user } = await signIn(context, opened, ['author'], { proved: true })
  const page = await context.newPage()
  await page.goto(`${opened.url}/account`)
  await page.getByRole('button', { name: 'New token' }).click()
  await page.getByLabel('Name').fill('laptop')
  await page.getByRole('button', { name: 'Make the token' }).click()
  const token = await page.getByLabel('Personal token', { exact: true }).innerText()
  expect(token).toMatch(/^cst_[\w-]{43}$/)
  await page.getByRole('button', { name: 'Done' }).click()
  await page.reload()
  expect(await page.content()).not.toContain(token)
  await page.getByRole('button', { name: 'Revoke laptop' }).click()
  await expect(page.getByRole('heading', { name: 'No personal tokens' })).toBeVisible()
  expect(await entriesOf(owner, 'token.revoke')).toMatchObject([{ user, name: 'laptop' }])
})
