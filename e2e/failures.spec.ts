import { expect, type Page } from '@playwright/test'
import { connect, type Sql } from '../db/connect'
import { test } from './browser'
import { type Console, openConsole, signIn } from './console'
import { furnish } from './furnish'

let opened: Console
let owner: Sql

test.describe.configure({ timeout: 60_000 })

test.beforeAll(async () => {
  opened = await openConsole()
  await furnish(opened)
  owner = connect(opened.database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
})

test.afterAll(async () => {
  await owner?.end()
  await opened?.close()
})

/** What each page cannot do without. */
const NEEDED: readonly { readonly path: string; readonly table: string }[] = [
  { path: '/', table: 'tallies' },
  { path: '/activity', table: 'saved_views' },
  { path: '/policies', table: 'policy_versions' },
  { path: '/policies/default', table: 'policy_versions' },
  { path: '/policies/default/draft', table: 'samples' },
  { path: '/policies/default/review', table: 'drafts' },
  { path: '/inbox', table: 'holds' },
  { path: '/inbox/history', table: 'holds' },
  { path: '/inbox/grants', table: 'hold_grants' },
  { path: '/gateways', table: 'gateways' },
  { path: '/integrity', table: 'seal_alarms' },
  { path: '/users', table: 'invites' },
  { path: '/settings', table: 'notice_targets' },
  { path: '/evidence', table: 'seal_alarms' },
  { path: '/account', table: 'personal_tokens' },
]

const alert = (page: Page) => page.getByRole('alert').filter({ has: page.getByRole('heading') })

/** One heading, one sentence, a reference; and of the inside nothing. */
async function expectOneSentence(page: Page, heading: string | RegExp): Promise<void> {
  await expect(alert(page).getByRole('heading')).toHaveText(heading)
  await expect(alert(page).getByText(/^Reference /)).toHaveText(/^Reference (?:slow-|unavailable-)?[0-9a-f]+$/)
  await expect(alert(page).getByRole('button', { name: 'Try again' })).toBeVisible()
  expect(await page.content()).not.toMatch(/PostgresError|node_modules|canceling statement|lock timeout|55P03|42P01|\n\s+at \S+ \(/)
}

for (const { path, table } of NEEDED)
  test(`${path} whose ${table} are locked says so in one sentence, and is whole again when they are not`, { tag: '@slow' }, async ({
    context,
  }) => {
    await signIn(context, opened, ['admin'])
    const page = await context.newPage()
    const free = await lock(table)
    await page.goto(`${opened.url}${path}`)
    await expectOneSentence(page, 'This took too long')
    await expect(alert(page)).toContainText('choose a narrower filter or a shorter time')
    await free()
    await alert(page).getByRole('button', { name: 'Try again' }).click()
    await expect(alert(page)).toHaveCount(0)
    await expect(page.getByRole('heading').first()).toBeVisible()
  })

/** Nobody else reads or writes it until the answer is called. */
async function lock(table: string): Promise<() => Promise<void>> {
  const connection = connect(opened.database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
  await connection.unsafe('begin')
  await connection.unsafe(`lock table countersign.${table} in access exclusive mode`)
  return async () => {
    await connection.unsafe('rollback')
    await connection.end()
  }
}

test('a table that is gone is a failure of ours: one sentence and a reference, and the page comes back with it', { tag: '@slow' }, async ({
  context,
}) => {
  await signIn(context, opened, ['admin'])
  const page = await context.newPage()
  await owner`alter table countersign.samples rename to samples_away`
  await page.goto(`${opened.url}/policies/default/draft`)
  await expectOneSentence(page, 'This page failed')
  await owner`alter table countersign.samples_away rename to samples`
  await alert(page).getByRole('button', { name: 'Try again' }).click()
  await expect(alert(page)).toHaveCount(0)
})
