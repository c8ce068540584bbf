import { expect, type Page } from '@playwright/test'
import { connect } from '../db/connect'
import { test } from './browser'
import { type Console, openConsole, record, signIn } from './console'
import { entriesOf } from './entering'

let opened: Console

test.beforeAll(async () => {
  opened = await openConsole()
})
test.afterAll(() => opened.close())
test.describe.configure({ mode: 'serial' })

/** Whatever a browser says when something from outside was taken for more than text. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('dialog', (dialog) => complaints.push(dialog.message()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  return complaints
}

test('an empty log teaches the two commands to start with', async ({ page, context }) => {
  await signIn(context, opened, ['viewer'])
  await page.goto(`${opened.url}/activity`)
  await expect(page.getByRole('heading', { name: 'Nothing was decided yet' })).toBeVisible()
  await expect(page.getByText('countersign policy publish policy.yaml')).toBeVisible()
})

test('a decision leads to its call, its entries and their hashes; filters are in the address, and back works', async ({
  page,
  context,
}) => {
  await signIn(context, opened, ['viewer'])
  await record(opened, [
    { tool: 'read_file', status: 'done' },
    { tool: 'read_secret', outcome: 'deny', constraint: 'allowedPaths', code: 'constraint_violated' },
    { tool: 'write_file', outcome: 'escalate', rule: 'rule-2' },
  ])
  await page.goto(`${opened.url}/activity`)
  const row = (tool: string) => page.getByRole('row').filter({ hasText: tool })
  await expect(row('read_file')).toContainText('It ran.')
  await expect(row('read_secret')).toContainText('Outside the bound · rule-1 · allowedPaths')
  await page.getByRole('button', { name: 'Decision', exact: true }).click()
  await page.getByRole('link', { name: 'denied', exact: true }).last().click()
  await expect(page).toHaveURL(/outcome=deny/)
  await expect(row('write_file')).toHaveCount(0)
  await page.goBack()
  await expect(row('write_file')).toBeVisible()
  await row('read_secret').getByRole('link', { name: 'read_secret' }).click()
  await expect(page.getByRole('heading', { name: 'read_secret' })).toBeVisible()
  await expect(page.getByText('Leaf hash')).toBeVisible()
})

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  "'-alert(1)-'",
  'javascript:alert(1)',
  '{{constructor.constructor("alert(1)")()}}',
  '<iframe srcdoc="<script>parent.alert(1)</script>">',
  '</title><script>alert(1)</script>',
  '<math><mtext></table></math><img src onerror=alert(1)>',
  '__proto__',
  '$&$1<%= alert(1) %>',
  '%3Cscript%3Ealert(1)%3C/script%3E',
]
const HIDDEN = [
  { tool: 'read\u202Eelif', token: 'U+202E' },
  { tool: 'read\u200Bfile', token: 'U+200B' },
  { tool: 'read\u00A0file', token: 'U+00A0' },
  { tool: 'read\u2066x', token: 'U+2066' },
]

test('hostile names are inert text in the list, the filters and the page of a call', async ({ page, context }) => {
  await signIn(context, opened, ['viewer'])
  const complaints = complaintsOf(page)
  await record(opened, [
    ...HOSTILE.map((text) => ({ tool: text, server: text, rule: text, principal: { id: text, assurance: 'asserted' as const } })),
    ...HIDDEN.map(({ tool }) => ({ tool })),
  ])
  await page.goto(`${opened.url}/activity?by=tool`)
  for (const text of HOSTILE) await expect(page.getByRole('row').filter({ hasText: text }).first()).toBeVisible()
  for (const { token } of HIDDEN) await expect(page.getByRole('row').filter({ hasText: token }).first()).toBeVisible()
  await page.getByRole('button', { name: 'Tool', exact: true }).click()
  await page.keyboard.press('Escape')
  for (const text of HOSTILE.slice(0, 1)) {
    await page.goto(`${opened.url}/activity?${new URLSearchParams({ tool: text, server: text })}`)
    await page.getByRole('row').filter({ hasText: text }).getByRole('link', { name: text }).first().click()
    await expect(page.getByText('Leaf hash').first()).toBeVisible()
  }
  expect(complaints).toEqual([])
})

test('a question is kept as a view, opened by its name, shared with everybody and removed by its owner alone', async ({ browser }) => {
  const someone = async (name: string) => {
    const context = await browser.newContext()
    await signIn(context, opened, ['viewer'], { name })
    const page = await context.newPage()
    const views = async () => {
      await page.goto(`${opened.url}/activity`)
      await page.getByRole('button', { name: 'Views' }).click()
      return page.getByRole('dialog', { name: 'Saved views' })
    }
    return { page, views }
  }
  const [owner, other] = [await someone('Maria'), await someone('Jo')]
  const keep = async (name: string, isShared: boolean) => {
    await owner.page.goto(`${opened.url}/activity?outcome=deny`)
    await owner.page.getByRole('button', { name: 'Views' }).click()
    await owner.page.getByRole('button', { name: 'Save this view' }).click()
    await owner.page.getByLabel('Name').fill(name)
    if (isShared) await owner.page.getByLabel('Everybody who signs in sees it').check()
    await owner.page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(owner.page.getByText('The view is saved.')).toBeVisible()
  }
  await keep('Denials', true)
  await keep('Mine alone', false)
  await expect((await owner.views()).getByRole('link')).toHaveText([/Denials/, /Mine alone/])
  const seen = await other.views()
  await expect(seen.getByRole('link')).toHaveText([/Denials/])
  await expect(seen.getByRole('button', { name: /Delete/ })).toHaveCount(0)
  await seen.getByRole('link', { name: /Denials/ }).click()
  await expect(other.page).toHaveURL(/outcome=deny/)
  await expect(other.page.getByRole('row').filter({ hasText: 'read_secret' })).toBeVisible()
  const own = await owner.views()
  await own.getByRole('button', { name: 'Delete the view Denials' }).click()
  await expect(own.getByRole('link')).toHaveText([/Mine alone/])
  await expect((await other.views()).getByRole('link')).toHaveCount(0)
  for (const { page } of [owner, other]) await page.context().close()
})

test('an admin erases what a call carried, and the reason stands in its place', async ({ page, context }) => {
  const call = 'ae'.repeat(16)
  await record(opened, [{ call, tool: 'read_diary', args: { path: '/srv/diary' } }])
  await signIn(context, opened, ['admin'])
  await page.goto(`${opened.url}/activity/${call}`)
  await page.getByRole('button', { name: 'Erase…' }).click()
  await page.getByLabel('Why').fill('request 17')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Erase', exact: true }).click()
  await expect(page.getByText(/erased on .* by .* because: request 17/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Show it' })).toHaveCount(0)
  await expect(page.getByText('Leaf hash').first()).toBeVisible()
})

test('what a call carried is covered until somebody who may asks, and that they looked is in the log', async ({ browser }) => {
  const call = 'ab'.repeat(16)
  await record(opened, [{ call, tool: 'read_mail', args: { path: '/srv/letters-to-maria' } }])
  for (const { role, mayLook } of [
    { role: 'viewer', mayLook: false },
    { role: 'auditor', mayLook: true },
  ] as const) {
    const context = await browser.newContext()
    const { user } = await signIn(context, opened, [role])
    const page = await context.newPage()
    await page.goto(`${opened.url}/activity/${call}`)
    await expect(page.getByText(/arguments .*covered/)).toBeVisible()
    expect(await page.content()).not.toContain('letters-to-maria')
    await expect(page.getByRole('button', { name: 'Show it' })).toHaveCount(mayLook ? 1 : 0)
    if (mayLook) {
      await page.getByRole('button', { name: 'Show it' }).click()
      await expect(page.getByText('letters-to-maria').first()).toBeVisible()
      await expect(page.getByText('matches its commitment')).toBeVisible()
    }
    const sql = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test', max: 1 })
    const looks = (await entriesOf(sql, 'reveal')).filter(({ actor }) => actor === user)
    await sql.end()
    expect(looks).toHaveLength(mayLook ? 1 : 0)
    if (mayLook) expect(looks[0]).toMatchObject({ call, revealed: [expect.stringMatching(/^[0-9a-f]+\/\d+\/arguments$/)] })
    await context.close()
  }
})

test('the keyboard goes from row to row and opens one', async ({ page, context }) => {
  await signIn(context, opened, ['viewer'])
  await page.goto(`${opened.url}/activity?tool=read_file`)
  await expect(page.getByRole('row').filter({ hasText: 'read_file' })).toBeVisible()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/activity\/[0-9a-f]{32}$/)
})

test('whoever is not signed in is shown nothing', async ({ page, request }) => {
  await page.goto(`${opened.url}/activity`)
  await expect(page).toHaveURL(/sign-in/)
  expect((await request.get(`${opened.url}/activity/newer?after=x`)).status()).toBe(401)
})
