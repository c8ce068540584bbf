import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, expect, type Page } from '@playwright/test'
import { type Agent, startAgent } from './agent'
import { test } from './browser'
import { type Console, openConsole } from './console'
import { approve, card, enter, row, toldOf } from './inbox-people'

let opened: Console
let folder: string
let receiver: Server
const received: { readonly type: string; readonly data: { readonly [field: string]: unknown } }[] = []
const agents: Agent[] = []

test.beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push(JSON.parse(Buffer.concat(chunks).toString()))
      response.end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  opened = await openConsole({ environment: { COUNTERSIGN_NOTICES_PRIVATE: 'allow' } })
  folder = await mkdtemp(join(tmpdir(), 'countersign-telling-'))
})

test.afterEach(() => Promise.all(agents.splice(0).map((agent) => agent.close())))

test.afterAll(async () => {
  await opened.close()
  await new Promise((resolve) => receiver.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

test.describe.configure({ mode: 'serial' })

async function openAgent(approvers: string, ...flags: string[]): Promise<Agent> {
  const policy = join(folder, `${approvers}.yaml`)
  const rule = `  - tool: write_file\n    action: escalate\n    approvers: [${approvers}]\n`
  await writeFile(policy, `version: "1"\ndefault: deny\nrules:\n${rule}`)
  const agent = await startAgent(opened, folder, ['--policy-file', policy, ...flags])
  agents.push(agent)
  return agent
}

async function putInGroups(page: Page, name: string, groups: string): Promise<void> {
  await page.goto(`${opened.url}/users`)
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: 'Change groups…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Groups').fill(groups)
  await dialog.getByRole('button', { name: 'Change groups' }).click()
  await expect(page.getByText('The groups are changed.')).toBeVisible()
  await expect(dialog).toHaveCount(0)
}

test('a rule that asks a group counts whoever an admin put in it, for as long as they are in it, and nobody else', {
  tag: '@slow',
}, async ({ browser }) => {
  const [ada, priya, sam] = [
    await enter(opened, browser, ['admin'], 'Ada'),
    await enter(opened, browser, ['approver'], 'Priya'),
    await enter(opened, browser, ['approver'], 'Sam'),
  ]
  await putInGroups(ada.page, 'Priya', 'payments')
  await expect(ada.page.getByRole('row', { name: /Priya/ })).toContainText('payments')
  const agent = await openAgent('payments', '--hold-ms', '500')
  const paths = [join(folder, 'paid.md'), join(folder, 'not-paid.md')] as const
  await agent.write(paths[0], 'paid')
  for (const { page } of [priya, sam]) {
    await page.goto(`${opened.url}/inbox`)
    await row(page, 'write_file').first().click()
    await expect(card(page)).toContainText(paths[0])
  }
  await expect(card(sam.page)).toContainText('The rule asks other people about this call.')
  await expect(approve(sam.page)).toHaveCount(0)
  await approve(priya.page).click()
  await expect(card(priya.page)).toContainText('Approved: it runs once')
  expect((await agent.write(paths[0], 'paid')).isAllowed).toBe(true)
  expect(await readFile(paths[0], 'utf8')).toBe('paid')

  await agent.write(paths[1], 'not paid')
  await priya.page.goto(`${opened.url}/inbox`)
  await row(priya.page, 'write_file').first().click()
  await expect(card(priya.page)).toContainText(paths[1])
  await approve(priya.page).click()
  await expect(card(priya.page)).toContainText('Approved: it runs once')
  await putInGroups(ada.page, 'Priya', '')
  expect((await agent.write(paths[1], 'not paid')).isAllowed).toBe(false)
  await expect(readFile(paths[1])).rejects.toThrow()
  expect(await toldOf(opened, paths[1])).toContain('hold.revoked')
  await Promise.all([ada, priya, sam].map(({ context }) => context.close()))
})

/** What the browser was asked to show, in a window that somebody looks away from. */
async function lookAway(context: BrowserContext): Promise<void> {
  await context.grantPermissions(['notifications'], { origin: opened.url })
  await context.addInitScript(() => {
    document.hasFocus = () => false
    const shown: string[] = []
    Object.assign(window, {
      shown,
      Notification: new Proxy(window.Notification, {
        construct: (target, given: [string, NotificationOptions?]) => {
          shown.push(JSON.stringify(given))
          return Reflect.construct(target, given)
        },
      }),
    })
  })
}

const shownIn = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => (window as unknown as { readonly shown: readonly string[] }).shown)

test('a browser that was allowed to tells of each new call once, and of nothing that the call carries', { tag: '@slow' }, async ({
  browser,
}) => {
  const { page, context, complaints } = await enter(opened, browser, ['approver'], 'Maria')
  await lookAway(context)
  await page.goto(`${opened.url}/inbox`)
  await expect(page.getByText('live', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Notify me' }).click()
  await expect(page.getByRole('button', { name: 'Notifies you' })).toBeVisible()
  const agent = await openAgent('approver', '--hold-ms', '0')
  await agent.write(join(folder, 'canary-path-1'), 'canary-content')
  await expect(row(page, 'write_file')).toHaveCount(1)
  await expect.poll(async () => (await shownIn(page)).length).toBe(1)
  await agent.write(join(folder, 'canary-path-2'), 'canary-content')
  await expect(row(page, 'write_file')).toHaveCount(2)
  await expect.poll(async () => (await shownIn(page)).length).toBe(2)
  const shown = await shownIn(page)
  for (const each of shown)
    expect(each).toMatch(/^\["A call waits for people",\{"body":".*write_file.* on .*files.*","tag":"H-[0-9A-Z]{10}"\}\]$/)
  expect(shown.join()).not.toContain('canary')
  expect(complaints).toEqual([])
  await context.close()
})

test('an agent that asks for more than may wait is denied, and people are told so once: in the inbox, on the overview, by a webhook', {
  tag: '@slow',
}, async ({ browser }) => {
  const { page, context, complaints } = await enter(opened, browser, ['admin', 'approver'], 'Ada')
  await page.goto(`${opened.url}/settings`)
  await page.getByRole('button', { name: 'Add a destination' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('pager')
  await dialog.getByLabel('Address').fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`)
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.goto(`${opened.url}/inbox`)
  await expect(page.getByText('live', { exact: true })).toBeVisible()
  const agent = await openAgent('approver', '--hold-ms', '0', '--max-holds', '2', '--principal', 'local:greedy@here')
  for (const at of [1, 2, 3, 4]) await agent.write(join(folder, `canary-greedy-${at}`), 'x')
  await expect(page.getByText('More calls are denied without asking anybody')).toBeVisible()
  await expect(page.getByText(/has 2 calls waiting, as many as it may/)).toContainText('local:greedy@here')
  await expect.poll(() => received.filter(({ type }) => type === 'alert.too_many_holds')).toHaveLength(1)
  expect(received.find(({ type }) => type === 'alert.too_many_holds')?.data).toEqual({
    principal: 'local:greedy@here',
    server: 'files',
    tool: 'write_file',
    waiting: 2,
    link: `${opened.url}/inbox`,
  })
  await page.goto(opened.url)
  await expect(page.getByRole('link', { name: /local:greedy@here.*2 more were denied/ })).toBeVisible()
  expect(received.filter(({ type }) => type === 'alert.too_many_holds')).toHaveLength(1)
  expect(JSON.stringify(received)).not.toContain('canary')
  expect(complaints).toEqual([])
  await context.close()
})
