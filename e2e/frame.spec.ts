import { expect } from '@playwright/test'
import { violationsOf } from './axe'
import { test } from './browser'
import { type Console, openConsole, record, signIn } from './console'
import { furnish, HOSTILE, OUTCOMES, sayGateway } from './furnish'
import { EDITED, FRAMED, visit } from './visit'

let opened: Console

test.beforeAll(async () => {
  opened = await openConsole()
})

test.afterAll(() => opened.close())

test.describe.configure({ mode: 'serial' })

test('nobody is shown anything but the way in', async ({ page, request }) => {
  for (const path of [...FRAMED, ...EDITED]) {
    const answer = await request.get(`${opened.url}${path}`, { maxRedirects: 0 })
    expect(answer.status(), path).toBe(307)
    expect(answer.headers().location, path).toContain('/sign-in')
  }
  await page.goto(`${opened.url}/gateways`)
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fgateways/)
})

test('an empty console teaches the next step with the command to run', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const { page } = await visit(opened, context, '/')
  await expect(page.getByRole('heading', { name: 'Publish a policy' })).toBeVisible()
  await expect(page.getByText('countersign policy publish policy.yaml')).toBeVisible()
  await expect(page.getByRole('link', { name: 'Write a policy' })).toBeVisible()
  await page.getByRole('link', { name: 'Gateways' }).first().click()
  await expect(page.getByRole('heading', { name: 'No gateway was heard of in the last day' })).toBeVisible()
  await expect(page.getByText('countersign --gateway --upstream')).toBeVisible()
})

test('a role shows the pages it may open, and no others', async ({ browser }) => {
  for (const { role, users } of [
    { role: 'viewer', users: 0 },
    { role: 'admin', users: 1 },
  ] as const) {
    const context = await browser.newContext()
    await signIn(context, opened, [role])
    const { page } = await visit(opened, context, '/')
    const pages = page.getByRole('navigation', { name: 'Pages' }).first()
    await expect(pages.getByRole('link', { name: 'Policies' })).toHaveCount(1)
    await expect(pages.getByRole('link', { name: 'Users' })).toHaveCount(users)
    await expect(pages.getByRole('link', { name: 'Settings' })).toHaveCount(users)
    if (users === 0) expect((await page.request.get(`${opened.url}/users`)).status()).toBe(404)
    await context.close()
  }
})

test('what another process records is listed without a reload', async ({ context }) => {
  await signIn(context, opened, ['viewer'])
  const { page } = await visit(opened, context, '/')
  await expect(page.getByText('live', { exact: true })).toBeVisible()
  await record(opened, OUTCOMES)
  const row = (tool: string) => page.getByRole('row').filter({ hasText: tool })
  await expect(row('read_file')).toContainText('Allowed')
  await expect(row('read_secret')).toContainText('Denied')
  await expect(row('read_secret')).toContainText('outside the bound')
  await expect(row('write_file')).toContainText('Held')
  await expect(row('move_file')).toContainText('Unknown')
  await expect(page.getByRole('link', { name: /2 allowed/ })).toBeVisible()
})

test('hostile names are inert text, and what would hide is drawn as a token', async ({ context }) => {
  await signIn(context, opened, ['admin'], { name: '<b>\u202Eadmin</b>' })
  await record(
    opened,
    HOSTILE.map(({ name }) => ({ tool: name, server: name, rule: name })),
  )
  for (const [at, { name }] of HOSTILE.entries()) await sayGateway(opened, `${at}`, { server: name, host: name, because: name })
  for (const path of ['/', '/gateways']) {
    const { page, complaints } = await visit(opened, context, path)
    for (const { shown } of HOSTILE) await expect(page.getByText(shown, { exact: true }).first()).toBeVisible()
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('dialog').getByText('U+202E').first()).toBeVisible()
    expect(complaints).toEqual([])
    await page.close()
  }
})

test('every page there is can be shown once there is something in it', async ({ context }) => {
  await furnish(opened)
  await signIn(context, opened, ['admin'])
  for (const path of [...FRAMED, ...EDITED]) expect((await context.request.get(`${opened.url}${path}`)).status(), path).toBe(200)
})

test('menus, dialogs and messages put nothing into the page that its policy refuses', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const { page, complaints } = await visit(opened, context, '/gateways')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible()
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: /Account of/ }).click()
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeVisible()
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog')).toBeVisible()
  expect(await violationsOf(page)).toEqual([])
  const sonner = await page.evaluate(() =>
    [...document.styleSheets].some((sheet) => [...sheet.cssRules].some(({ cssText }) => cssText.includes('data-sonner-toaster'))),
  )
  expect(sonner, 'the style sheet of sonner, by its hash').toBe(true)
  expect(complaints).toEqual([])
})

test('everything is reached by keyboard: skip link, g and a letter, the palette, its actions', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const { page } = await visit(opened, context, '/')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  await page.keyboard.press('g')
  await page.keyboard.press('g')
  await expect(page).toHaveURL(/\/gateways$/)
  await expect(page.getByRole('link', { name: 'Gateways' }).first()).toHaveAttribute('aria-current', 'page')
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: 'Go to or do' })
  await expect(palette.getByRole('combobox')).toBeFocused()
  await page.keyboard.type('polic')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/policies$/)
  await expect(palette).toHaveCount(0)
  await page.keyboard.press('Control+k')
  await palette.getByRole('combobox').fill('a'.repeat(32))
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/activity/${'a'.repeat(32)}$`))
})

test('the colours that were chosen are those of the first picture after a reload', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const { page } = await visit(opened, context, '/')
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
  expect(await theme()).toBe('system')
  await page.keyboard.press('Control+k')
  await page.getByRole('option', { name: 'Dark colours' }).click()
  expect(await theme()).toBe('dark')
  await expect(async () => expect(await (await page.request.get(opened.url)).text()).toContain('data-theme="dark"')).toPass()
  await page.reload()
  expect(await theme()).toBe('dark')
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(17, 18, 20)')
})
