import { expect } from '@playwright/test'
import type { Json } from '../core/json'
import { connect } from '../db/connect'
import { TWO_APPROVERS } from '../db/testing-holds'
import { test } from './browser'
import { approve, card, type Inbox, openInbox, row } from './inbox-people'

let inbox: Inbox

test.beforeAll(async () => {
  inbox = await openInbox()
})

test.afterAll(() => inbox.close())

test.describe.configure({ mode: 'serial' })

const TWO = { approvals: TWO_APPROVERS as unknown as Json }

async function told(sql: ReturnType<typeof connect>, hold: string, type: string): Promise<number> {
  const [found] = await sql<{ count: number }[]>`
    select count(*)::int as count from countersign.entries
    where type = ${type} and call = (select call from countersign.holds where id = ${hold})`
  return found?.count ?? 0
}

async function asAuditor<T>(work: (sql: ReturnType<typeof connect>) => Promise<T>): Promise<T> {
  const sql = connect(inbox.opened.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}

test('an empty inbox teaches what makes a call wait, with the command to run', async ({ browser }) => {
  const { page, context } = await inbox.enter(browser, ['approver'], 'Maria')
  await page.goto(`${inbox.opened.url}/inbox`)
  await expect(page.getByRole('heading', { name: 'No call has ever waited for a person' })).toBeVisible()
  await expect(page.getByText('action: escalate')).toBeVisible()
  await expect(page.getByText('countersign policy publish policy.yaml')).toBeVisible()
  await context.close()
})

test('a call appears without a reload, two people approve it, and pressing twice is one vote', { tag: '@slow' }, async ({ browser }) => {
  const [maria, sam] = [await inbox.enter(browser, ['approver'], 'Maria'), await inbox.enter(browser, ['approver'], 'Sam')]
  for (const { page } of [maria, sam]) {
    await page.goto(`${inbox.opened.url}/inbox`)
    await expect(page.getByText('live', { exact: true })).toBeVisible()
  }
  const id = await inbox.held('write_report', TWO)
  await expect(row(maria.page, 'write_report')).toBeVisible({ timeout: 8_000 })
  await expect(maria.page).toHaveTitle(/^\(1\) /)
  await expect(
    maria.page
      .getByRole('navigation', { name: 'Pages' })
      .first()
      .getByRole('link', { name: /^Inbox/ }),
  ).toContainText('1')
  await expect(card(maria.page).getByRole('heading', { name: /write_report/ })).toBeVisible()
  await expect(card(maria.page)).toContainText('0 of 2 approved')
  await approve(maria.page).dblclick()
  await expect(card(maria.page)).toContainText('You approved this call. It waits for others.')
  await expect(card(sam.page)).toContainText('1 of 2 approved')
  await expect(card(sam.page)).toContainText('Maria approved')
  await approve(sam.page).click()
  await expect(card(sam.page)).toContainText('Approved: it runs once')
  await expect(card(maria.page)).toContainText('Sam approved')
  await expect(row(maria.page, 'write_report')).toHaveCount(0)
  await asAuditor(async (sql) => {
    expect(await told(sql, id, 'vote')).toBe(2)
    expect(await told(sql, id, 'hold.approved')).toBe(1)
    expect(await told(sql, id, 'reveal')).toBe(2)
  })
  await maria.page.goto(`${inbox.opened.url}/activity/${await callOf(id)}`)
  await expect(maria.page.getByRole('list', { name: 'What people decided' })).toContainText('Maria approved it.')
  await Promise.all([maria.context.close(), sam.context.close()])
})

const callOf = (hold: string): Promise<string> =>
  asAuditor(async (sql) => (await sql<{ call: string }[]>`select call from countersign.holds where id = ${hold}`)[0]?.call ?? '')

test('a denial takes a reason, ends the call, and others see who said no and when without a reload', async ({ browser }) => {
  const [maria, sam] = [await inbox.enter(browser, ['approver'], 'Maria'), await inbox.enter(browser, ['approver'], 'Sam')]
  const id = await inbox.held('move_file')
  await inbox.open(maria.page, id)
  await inbox.open(sam.page, id)
  await expect(sam.page.getByText('live', { exact: true })).toBeVisible()
  await maria.page.keyboard.press('d')
  await maria.page.getByRole('textbox').fill('not into /etc')
  await maria.page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click()
  await expect(card(sam.page)).toContainText('Maria denied')
  await expect(card(sam.page)).toContainText('not into /etc')
  await expect(card(sam.page)).toContainText('Denied: a person said no; nothing ran.')
  await expect(card(sam.page).getByRole('button', { name: /^Deny/ })).toHaveCount(0)
  await expect(sam.page.getByRole('region', { name: 'Decided lately' })).toContainText('denied by Maria')
  await Promise.all([maria.context.close(), sam.context.close()])
})

test('whoever votes on a card that is old by now is told who won, and shown how it stands', async ({ browser }) => {
  const [maria, sam] = [await inbox.enter(browser, ['approver'], 'Maria'), await inbox.enter(browser, ['approver'], 'Sam')]
  const id = await inbox.held('stale_tool')
  await sam.page.route('**/api/live/**', (route) => route.abort())
  await inbox.open(sam.page, id)
  await inbox.open(maria.page, id)
  await maria.page.keyboard.press('d')
  await maria.page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click()
  await expect(card(maria.page)).toContainText('Maria denied')
  await approve(sam.page).click()
  await expect(sam.page.getByText(/Too late: "Maria" denied this call at/)).toBeVisible()
  await expect(card(sam.page)).toContainText('Denied: a person said no')
  await Promise.all([maria.context.close(), sam.context.close()])
})

test('a card whose time runs out while it is shown says so, and offers nothing', { tag: '@slow' }, async ({ browser }) => {
  const { page, context } = await inbox.enter(browser, ['approver'], 'Maria')
  const id = await inbox.held('hurried_tool', { decideByMs: Date.now() + 9_000 })
  await inbox.open(page, id)
  await expect(approve(page)).toBeVisible()
  await expect(card(page)).toContainText(/Its time is over|Expired: nobody answered in time/, { timeout: 20_000 })
  await expect(approve(page)).toHaveCount(0)
  await context.close()
})

test('who may not vote is told why: the requester, somebody the rule does not ask, and who only looks on', async ({ browser }) => {
  const maria = await inbox.enter(browser, ['approver'], 'Maria')
  await inbox.open(maria.page, await inbox.held('own_call', { principal: maria.who.email.toUpperCase() }))
  await expect(card(maria.page)).toContainText('This call was made on your behalf: somebody else has to decide about it.')
  await expect(approve(maria.page)).toHaveCount(0)
  const approvals = [{ approvers: ['payments'], quorum: 1, expiresMs: 900_000, useWithinMs: 300_000, notify: [] }]
  const id = await inbox.held('pay_bill', { approvals, args: { iban: 'GB29NWBK60161331926819' } })
  await inbox.open(maria.page, id)
  await expect(card(maria.page)).toContainText('The rule asks other people about this call.')
  await expect(card(maria.page)).toContainText('GB29NWBK60161331926819')
  const viewer = await inbox.enter(browser, ['viewer'], 'Vera')
  await inbox.open(viewer.page, id)
  await expect(card(viewer.page)).toContainText('you are looking on')
  await expect(card(viewer.page).getByRole('button')).toHaveCount(0)
  expect(await viewer.page.content()).not.toContain('GB29NWBK60161331926819')
  await Promise.all([maria.context.close(), viewer.context.close()])
})

test('a long argument is read to its end before anybody can approve', async ({ browser }) => {
  const { page, context } = await inbox.enter(browser, ['approver'], 'Maria')
  const lines = Array.from({ length: 400 }, (_, at) => `line ${at}`).join('\n')
  await inbox.open(page, await inbox.held('write_long', { args: { path: '/srv/a', content: lines } }))
  await expect(approve(page)).toBeDisabled()
  await expect(card(page)).toContainText('Read the long part to the end before you approve.')
  await page.keyboard.press('a')
  await expect(card(page).getByRole('button', { name: /^Read all of it/ })).toBeFocused()
  await page.keyboard.press('Enter')
  const text = card(page).getByRole('region', { name: 'content, complete' })
  await expect(text).toContainText('line 399')
  await expect(approve(page)).toBeDisabled()
  await text.press('End')
  await expect(card(page)).toContainText('read to the end')
  await expect(approve(page)).toBeEnabled()
  await page.keyboard.press('a')
  await expect(approve(page)).toBeFocused()
  await context.close()
})
