import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, type Page } from '@playwright/test'
import { connect, type Sql } from '../db/connect'
import { openTestHold } from '../db/testing-notices'
import { violationsOf } from './axe'
import { test } from './browser'
import { type Console, openConsole, signIn } from './console'
import { visit } from './visit'

const HOSTILE = '<!channel> \u202Eevil\u202C <img src=x onerror=alert(1)>'

let opened: Console
let gateway: Sql
let receiver: Server
let hook = ''
let status = 200
const received: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = []

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  opened = await openConsole({ environment: { COUNTERSIGN_NOTICES_PRIVATE: 'allow' } })
  gateway = connect(opened.database.urlFor('gateway'), { purpose: 'pool', application: 'test' })
})

test.afterAll(async () => {
  await gateway?.end()
  await opened?.close()
  await new Promise((resolve) => receiver.close(resolve))
})

const section = (page: Page) => page.getByRole('region', { name: 'Notifications' })
const target = (page: Page, name: RegExp) => section(page).getByRole('table', { name: 'Destinations' }).getByRole('row', { name })
const clean = async (page: Page): Promise<void> => expect(await violationsOf(page)).toEqual([])

async function choose(page: Page, name: string, item: string): Promise<void> {
  await section(page)
    .getByRole('button', { name: `Actions for ${name}` })
    .click()
  await page.getByRole('menuitem', { name: item }).click()
}

test('a webhook is added, its secret shown once, tried, and told of a call that waits', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const { page, complaints } = await visit(opened, context, '/settings')
  await expect(section(page).getByText('Nobody is told yet')).toBeVisible()
  await clean(page)
  await section(page).getByRole('button', { name: 'Add a destination' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('on call')
  await dialog.getByLabel('Address').fill(hook)
  await clean(page)
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(dialog.getByRole('status', { name: 'Signing secret' })).toHaveText(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const secret = (await dialog.getByRole('status', { name: 'Signing secret' }).textContent()) ?? ''
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(target(page, /on call/)).toContainText('Webhook')
  await choose(page, 'on call', 'Send a test')
  await expect(page.getByText('The test arrived.')).toBeVisible()
  expect(JSON.parse(received[0]?.body ?? '{}')).toMatchObject({ type: 'test', data: { link: `${opened.url}/inbox` } })

  const hold = await openTestHold(gateway, { tool: HOSTILE, server: HOSTILE })
  await expect.poll(() => received.length).toBe(2)
  expect(JSON.parse(received[1]?.body ?? '{}')).toMatchObject({ type: 'hold.open', data: { hold, tool: HOSTILE } })
  await page.reload()
  await expect(section(page).getByRole('row', { name: new RegExp(hold) })).toContainText('Delivered')
  expect(await page.content()).not.toContain(secret)
  expect(complaints).toEqual([])
})

test('what failed says why, and is sent again when somebody asks', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const { page } = await visit(opened, context, '/settings')
  status = 503
  const hold = await openTestHold(gateway)
  await expect.poll(() => received.length).toBe(3)
  await expect(async () => {
    await page.reload()
    await expect(section(page).getByRole('row', { name: new RegExp(hold) })).toContainText('It answered 503.', { timeout: 1_000 })
  }).toPass()
  await choose(page, 'on call', 'Send a test')
  await expect(page.getByText('The test did not arrive.')).toBeVisible()
  status = 200
  await section(page)
    .getByRole('row', { name: new RegExp(hold) })
    .getByRole('button', { name: 'Retry now' })
    .click()
  await expect(section(page).getByRole('row', { name: new RegExp(hold) })).toContainText('Delivered')
  const again = received.filter(({ body }) => body.includes(hold))
  expect(again).toHaveLength(2)
  expect(again[1]?.headers['webhook-id']).toBe(again[0]?.headers['webhook-id'])
})

test('addresses that are none are refused with the reason; what is off is told of nothing', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const { page } = await visit(opened, context, '/settings')
  await choose(page, 'on call', 'Edit')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Address').fill('http://169.254.169.254/latest')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('alert')).toContainText('private or special address')
  await dialog.getByLabel('Address').fill(hook)
  await dialog.getByLabel('Name').fill('pager')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(target(page, /pager/)).toBeVisible()
  await choose(page, 'pager', 'Switch off')
  await expect(target(page, /pager/)).toContainText('off')
})

test('an e-mail destination says what it needs, fits a phone, and keeps its password to itself', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const { page } = await visit(opened, context, '/settings')
  await page.setViewportSize({ width: 390, height: 844 })
  await section(page).getByRole('button', { name: 'Add a destination' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('duty mailbox')
  await dialog.getByLabel('Kind').selectOption('E-mail')
  await dialog.getByLabel('To').fill('duty@example.org, ops@example.org')
  await dialog.getByLabel('From').fill('countersign@example.org')
  await dialog.getByLabel('Mail server').fill('smtp.example.org')
  await dialog.getByLabel('Security').selectOption('STARTTLS')
  await expect(dialog.getByLabel('Port')).toHaveValue('587')
  await dialog.getByLabel('User').fill('countersign')
  await dialog.getByLabel('Password').fill('canary-password')
  await clean(page)
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(target(page, /duty mailbox/)).toContainText('duty@example.org')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await clean(page)
  expect(await page.content()).not.toContain('canary-password')
})

test('a destination that is deleted is gone with what it was told, and is told of nothing more', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const { page, complaints } = await visit(opened, context, '/settings')
  await choose(page, 'pager', 'Switch on')
  await expect(target(page, /pager/)).not.toContainText('off')
  const before = received.length
  await openTestHold(gateway)
  await expect.poll(() => received.length).toBe(before + 1)
  await choose(page, 'pager', 'Delete…')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click()
  await expect(target(page, /pager/)).toBeVisible()
  await choose(page, 'pager', 'Delete…')
  await clean(page)
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('The destination is deleted.')).toBeVisible()
  await expect(target(page, /pager/)).toHaveCount(0)
  await expect(section(page).getByText('pager')).toHaveCount(0)
  await openTestHold(gateway)
  await expect(target(page, /duty mailbox/)).toBeVisible()
  expect(received.length).toBe(before + 1)
  expect(complaints).toEqual([])
})

test('whoever may not change settings sees none of it, and the log tells every change without a secret', async ({ context }) => {
  await signIn(context, opened, ['auditor'])
  const { page } = await visit(opened, context, '/settings')
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
  await expect(section(page)).toHaveCount(0)
  expect(await page.content()).not.toContain('pager')
  const owner = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test' })
  const rows = await owner<
    { body: string }[]
  >`select body from countersign.entries where type = 'config.notice_target' order by recorded_at, seq`
  await owner.end()
  expect(rows.map(({ body }) => JSON.parse(body).after?.name ?? null)).toEqual(['on call', 'pager', 'pager', 'duty mailbox', 'pager', null])
  expect(JSON.stringify(rows)).not.toMatch(/whsec_|canary-password/)
})
