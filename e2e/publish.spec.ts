import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, expect as expectSoon, type Page } from '@playwright/test'
import type { Role } from '../core/roles'
import { type Agent, startAgent } from './agent'
import { test } from './browser'
import { type Console, openConsole, signIn } from './console'
import { writePolicy } from './writing'

test.describe.configure({ mode: 'serial' })

/** Two people, two gateways, a console and a database share what cores there are. */
const expect = expectSoon.configure({ timeout: 20_000 })

let opened: Console
let folder = ''
let agents: readonly Agent[] = []
let maria: Page
let jo: Page
let ada: Page
const contexts: BrowserContext[] = []

test.beforeAll(async ({ browser }) => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-publish-')))
  writeFileSync(join(folder, 'notes.txt'), 'Buy milk.\n')
  opened = await openConsole()
  maria = await someone(browser, 'author', 'Maria Author')
  jo = await someone(browser, 'author', 'Jo Author')
  ada = await someone(browser, 'approver', 'Ada Reviewer')
})

test.afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.close()))
  await Promise.all(contexts.map((context) => context.close()))
  await opened?.close()
  rmSync(folder, { recursive: true, force: true })
})

type Browser = { newContext(): Promise<BrowserContext> }

const someone = async (browser: Browser, role: Role, name: string): Promise<Page> => {
  const context = await browser.newContext()
  contexts.push(context)
  await signIn(context, opened, [role], { name })
  return context.newPage()
}

const policy = (action: string, more = ''): string =>
  `version: "1"\ndefault: deny\nrules:\n  - id: notes\n    tool: read_text_file\n    action: ${action}\n    constraints: { allowedPaths: ["${folder}"] }\n${more}`
const closed = (more = ''): string =>
  `version: "1"\ndefault: deny\nrules:\n  - id: notes\n    tool: read_text_file\n    action: deny\n${more}`

const openDraft = (page: Page) => page.goto(`${opened.url}/policies/default/draft`)
const saveIt = async (page: Page, revision: number): Promise<void> => {
  await page.getByRole('button', { name: /^Save/ }).click()
  await expect(page.getByText(`revision ${revision}`, { exact: false }).first()).toBeVisible()
}
const outcomes = async () => Promise.all(agents.map(async (agent) => (await agent.read(join(folder, 'notes.txt'))).isAllowed))

test('the first policy: from a file, reviewed by somebody else, published', async () => {
  await maria.goto(`${opened.url}/policies`)
  await expect(maria.getByRole('heading', { name: /No policy yet/ })).toBeVisible()
  await maria.getByRole('button', { name: 'New policy' }).click()
  await maria.getByLabel('Begin with').selectOption('a file…')
  await maria.getByLabel('File').setInputFiles({ name: 'first.yaml', mimeType: 'text/yaml', buffer: Buffer.from(policy('allow')) })
  await maria.getByRole('button', { name: 'Open the draft' }).click()
  await maria.waitForURL('**/policies/default/draft')
  await maria.goto(`${opened.url}/policies/default/review`)
  await expect(maria.getByRole('button', { name: 'Publish…' })).toBeDisabled()
  await maria.getByRole('button', { name: 'Ask for review' }).click()
  await expect(maria.getByText('in review').first()).toBeVisible()
  await expect(maria.getByRole('button', { name: 'Approve' })).toHaveCount(0)

  await ada.goto(`${opened.url}/policies/default/review`)
  await ada.getByRole('button', { name: 'Approve', exact: true }).click()
  await expect(ada.getByText('approved').first()).toBeVisible()

  await maria.reload()
  await publishAs(maria, 'the first one')
  await expect(maria.getByText('v1 in force').first()).toBeVisible()
})

const publishAs = async (page: Page, message: string): Promise<void> => {
  await page.getByRole('button', { name: 'Publish…' }).click()
  await page.getByLabel('What changes and why').fill(message)
  await page.getByRole('button', { name: 'Publish', exact: true }).click()
  await page.waitForURL('**/policies/default')
}

test('two gateways enforce it, and a real client’s call is allowed', async () => {
  agents = await Promise.all([startAgent(opened, folder), startAgent(opened, folder)])
  expect(await outcomes()).toEqual([true, true])
  await expect(maria.getByText('Version 1 is enforced by 2 of 2 gateways')).toBeVisible()
})

/** On a page as it was first drawn: a reload would take the mark away. */
const stayOn = async (page: Page, path: string): Promise<void> => {
  await page.goto(`${opened.url}${path}`)
  await expect(page.getByText('live', { exact: true })).toBeVisible()
  await page.evaluate(() => document.documentElement.setAttribute('data-drawn', 'once'))
}
const stayed = (page: Page) => expect(page.locator(':root')).toHaveAttribute('data-drawn', 'once')
const rowsWith = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })

test('a call that an agent makes is on the activity page without a reload, and leads to what became of it', async () => {
  await stayOn(jo, '/activity')
  await expect(rowsWith(jo, 'read_text_file')).toHaveCount(2)
  await agents[0]?.read('/etc/hostname')
  await expect(rowsWith(jo, 'read_text_file')).toHaveCount(3)
  await expect(rowsWith(jo, 'read_text_file').first()).toContainText('allowedPaths')
  await stayed(jo)
  await rowsWith(jo, 'read_text_file').first().getByRole('link', { name: 'read_text_file' }).click()
  await expect(jo.getByText('It did not run: nothing was sent to the server.')).toBeVisible()
})

test('a text that is edited, reviewed and published changes what the same call becomes on both, while one looks', async () => {
  await openDraft(maria)
  await writePolicy(maria, closed())
  await saveIt(maria, 1)
  await maria.getByRole('button', { name: 'Ask for review' }).click()
  await maria.waitForURL('**/policies/default/review')

  await ada.goto(`${opened.url}/policies/default/review`)
  await ada.getByLabel('Your comment').fill('Agreed, nobody should read these.')
  await ada.getByRole('button', { name: 'Approve', exact: true }).click()
  await expect(ada.getByText('Your vote is counted.')).toBeVisible()

  await maria.reload()
  await expect(maria.getByText('Agreed, nobody should read these.')).toBeVisible()
  await stayOn(jo, '/gateways')
  await expect(rowsWith(jo, 'default v1').filter({ hasText: 'Current' })).toHaveCount(2)
  await publishAs(maria, 'close the notes')
  await expect(rowsWith(jo, 'default v2').filter({ hasText: 'Current' })).toHaveCount(2)
  await stayed(jo)
  await expect(maria.getByText('Version 2 is enforced by 2 of 2 gateways')).toBeVisible()
  expect(await outcomes()).toEqual([false, false])
  const row = maria.getByRole('row').filter({ hasText: 'close the notes' })
  await expect(row).toContainText('approved by Ada Reviewer')
  await expect(row).toContainText('in force')
})

test('a rollback asks why and brings the outcome back on both', async () => {
  await maria.getByRole('button', { name: 'Roll back to version 1' }).click()
  const dialog = maria.getByRole('alertdialog')
  await expect(dialog.getByRole('button', { name: 'Roll back' })).toBeDisabled()
  await dialog.getByLabel('Why').fill('the agents stand still')
  await dialog.getByRole('button', { name: 'Roll back' }).click()
  await expect(maria.getByText('Version 3 is enforced by 2 of 2 gateways')).toBeVisible()
  expect(await outcomes()).toEqual([true, true])
  await expect(maria.getByRole('row').filter({ hasText: 'the agents stand still' })).toContainText('text of v1')
})

test('two versions stand side by side under an address of their own', async () => {
  await maria.getByRole('radio', { name: 'Compare version 1' }).check()
  await maria.getByRole('radio', { name: 'With version 2' }).check()
  await maria.getByRole('button', { name: 'Compare the chosen' }).click()
  await maria.waitForURL(
    ({ pathname, searchParams: asked }) => pathname.endsWith('/compare') && asked.get('from') === '1' && asked.get('to') === '2',
  )
  await expect(maria.getByText(/\d+ differences?/)).toBeVisible()
})

test('the text comes down as it was published, to the byte', async () => {
  const answer = await maria.request.get(`${opened.url}/policies/default/download?version=2`)
  expect(answer.headers()['content-disposition']).toContain('default.v2.yaml')
  expect(await answer.text()).toBe(closed())
})

test('of two who save one draft the second sees the first one’s text, and loses nothing', async () => {
  await openDraft(maria)
  await openDraft(jo)
  await writePolicy(maria, closed('# by Maria\n'))
  await saveIt(maria, 1)
  await writePolicy(jo, closed('# by Jo\n'))
  await jo.getByRole('button', { name: /^Save/ }).click()
  const conflict = jo.getByRole('region', { name: 'Save conflict' })
  await expect(conflict.getByText('Maria Author saved this draft before you.')).toBeVisible()
  await expect(conflict.getByText('# by Maria')).toBeVisible()
  await expect(conflict.getByText('# by Jo')).toBeVisible()
  await conflict.getByRole('button', { name: 'Keep mine' }).click()
  await expect(conflict).toHaveCount(0)
  await openDraft(maria)
  await expect(maria.getByText('# by Jo')).toBeVisible()
})

test('a red test keeps a text from being published, and says which', async () => {
  await openDraft(maria)
  await writePolicy(maria, closed('tests:\n  - name: notes can be read\n    call: { tool: read_text_file }\n    expect: allow\n'))
  await saveIt(maria, 3)
  await maria.goto(`${opened.url}/policies/default/review`)
  await expect(maria.getByText('1 of 1 tests fail')).toBeVisible()
  await expect(maria.getByRole('region', { name: 'Checks' }).getByText('notes can be read')).toBeVisible()
  await expect(maria.getByRole('button', { name: 'Publish…' })).toBeDisabled()
  await expect(maria.getByRole('button', { name: 'Ask for review' })).toBeDisabled()
})

test('who may only look sees what there is and nothing to press', async ({ browser }) => {
  const context = await browser.newContext()
  contexts.push(context)
  await signIn(context, opened, ['viewer'], { name: 'Vic' })
  const page = await context.newPage()
  await page.goto(`${opened.url}/policies/default`)
  await expect(page.getByText('v3 in force').first()).toBeVisible()
  for (const name of ['Edit', 'Open the draft', 'Roll back to version 1'])
    await expect(page.getByText(name, { exact: true })).toHaveCount(0)
  await page.goto(`${opened.url}/policies/default/review`)
  for (const name of ['Publish…', 'Ask for review', 'Approve', 'Abandon']) await expect(page.getByRole('button', { name })).toHaveCount(0)
  expect((await page.goto(`${opened.url}/settings`))?.status()).toBe(404)
})

test('an admin turns reviews off, and an author then publishes alone', async ({ browser }) => {
  const context = await browser.newContext()
  contexts.push(context)
  await signIn(context, opened, ['admin'], { name: 'Ada' })
  const page = await context.newPage()
  await page.goto(`${opened.url}/settings`)
  await expect(page.getByText('Now it is needed; 3 people may write policies.')).toBeVisible()
  await page.getByRole('radio', { name: /Never/ }).check()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('Now it is not needed')).toBeVisible()
  await openDraft(maria)
  await writePolicy(maria, closed('# alone\n'))
  await saveIt(maria, 4)
  await maria.goto(`${opened.url}/policies/default/review`)
  await publishAs(maria, 'alone')
  await expect(maria.getByText('v4 in force').first()).toBeVisible()
})
