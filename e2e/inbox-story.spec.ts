import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, expect, type Page } from '@playwright/test'
import { type Agent, startAgent } from './agent'
import { test } from './browser'
import { type Console, openConsole } from './console'
import { approve, card, enter, row, storyOf, toldOf } from './inbox-people'

let opened: Console
let agent: Agent
let folder: string

/** What agents write waits for so many people, and so long. */
const policyOf = (quorum: number, expires: string): string => `version: "1"
default: deny
rules:
  - id: writes
    tool: write_file
    action: escalate
    reason: File writes require approval
    approvers: [approver]
    quorum: ${quorum}
    expires: ${expires}
`

type Opening = { readonly expires?: string; readonly flags?: readonly string[] }

const openAgent = async (quorum: number, { expires = '15m', flags = [] }: Opening = {}): Promise<void> => {
  const policy = join(folder, `policy-${quorum}-${expires}.yaml`)
  await writeFile(policy, policyOf(quorum, expires))
  agent = await startAgent(opened, folder, ['--policy-file', policy, ...flags])
}

test.beforeAll(async () => {
  opened = await openConsole()
  folder = await mkdtemp(join(tmpdir(), 'countersign-story-'))
})

test.afterEach(() => agent.close())

test.afterAll(async () => {
  await opened.close()
  await rm(folder, { recursive: true, force: true })
})

test.describe.configure({ mode: 'serial' })

/** Two approvers who look at the inbox before anything is in it. */
async function twoPeople(browser: Browser) {
  const people = [await enter(opened, browser, ['approver'], 'Maria'), await enter(opened, browser, ['approver'], 'Sam')] as const
  for (const { page } of people) {
    await page.goto(`${opened.url}/inbox`)
    await expect(page.getByText('live', { exact: true })).toBeVisible()
  }
  return people
}

const choose = async (page: Page, path: string): Promise<void> => {
  await row(page, 'write_file').first().click()
  await expect(card(page)).toContainText(path)
}

test('a write waits, the inbox shows it without a reload, two people approve it, and the file is written once', async ({ browser }) => {
  await openAgent(2)
  const [maria, sam] = await twoPeople(browser)
  const path = join(folder, 'report.md')
  const writing = agent.write(path, 'the weekly report\n')
  await expect(row(maria.page, 'write_file')).toBeVisible()
  await choose(maria.page, path)
  await choose(sam.page, path)
  await expect(card(maria.page)).toContainText('File writes require approval')
  await approve(maria.page).click()
  await expect(card(sam.page)).toContainText('1 of 2 approved')
  await expect(readFile(path)).rejects.toThrow()
  await approve(sam.page).click()
  expect((await writing).isAllowed).toBe(true)
  expect(await readFile(path, 'utf8')).toBe('the weekly report\n')
  await expect(card(maria.page)).toContainText('Done: it ran once.')
  expect(await toldOf(opened, path)).toEqual(['vote', 'vote', 'hold.approved', 'hold.claimed', 'receipt done'])
  const story = await storyOf(maria.page)
  await expect(story).toContainText('Maria approved it.')
  await expect(story).toContainText('The approval of Maria and Sam was used, once.')
  await Promise.all([maria.context.close(), sam.context.close()])
})

test('a write that somebody denies is not made, and the agent is told', { tag: '@slow' }, async ({ browser }) => {
  await openAgent(2)
  const [maria, sam] = await twoPeople(browser)
  const path = join(folder, 'denied.md')
  const writing = agent.write(path, 'no\n')
  await expect(row(maria.page, 'write_file')).toBeVisible()
  await choose(maria.page, path)
  await maria.page.keyboard.press('d')
  await maria.page.getByRole('textbox').fill('not this one')
  await maria.page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click()
  expect((await writing).isAllowed).toBe(false)
  await expect(readFile(path)).rejects.toThrow()
  expect(await toldOf(opened, path)).toEqual(['vote', 'hold.denied', 'receipt denied'])
  expect((await agent.write(path, 'no\n')).text).toMatch(/denied/)
  await Promise.all([maria.context.close(), sam.context.close()])
})

test('a grant lets the next call of its shape through, and no other', async ({ browser }) => {
  await openAgent(1)
  const [maria, sam] = await twoPeople(browser)
  const path = (name: string): string => join(folder, name)
  const writing = agent.write(path('granted-1.md'), 'one')
  await expect(row(maria.page, 'write_file')).toBeVisible()
  await choose(maria.page, path('granted-1.md'))
  await maria.page.keyboard.press('n')
  const dialog = maria.page.getByRole('dialog')
  await dialog.getByLabel('How path may differ').selectOption({ label: 'a path inside …' })
  await dialog.getByRole('button', { name: 'Approve, and 5 more' }).click()
  expect((await writing).isAllowed).toBe(true)
  await expect(dialog).toHaveCount(0)
  expect((await agent.write(path('granted-2.md'), 'one')).isAllowed).toBe(true)
  await expect(row(sam.page, 'write_file')).toHaveCount(0)
  const outside = agent.write(path('granted-3.md'), 'two')
  await expect(row(sam.page, 'write_file')).toBeVisible()
  await maria.page.goto(`${opened.url}/inbox/grants`)
  await expect(maria.page.getByRole('listitem').filter({ hasText: 'write_file' })).toContainText('4 of 5 left')
  await expect(maria.page.getByText('used by')).toBeVisible()
  await choose(sam.page, path('granted-3.md'))
  await sam.page.keyboard.press('d')
  await sam.page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click()
  expect((await outside).isAllowed).toBe(false)
  await Promise.all([maria.context.close(), sam.context.close()])
})

test('a write that one of two approves in time is not made, and both see it expire', { tag: '@slow' }, async ({ browser }) => {
  await openAgent(2, { expires: '12s' })
  const [maria, sam] = await twoPeople(browser)
  const path = join(folder, 'expired.md')
  const writing = agent.write(path, 'too late\n')
  await expect(row(maria.page, 'write_file')).toBeVisible()
  await Promise.all([choose(maria.page, path), choose(sam.page, path)])
  await approve(maria.page).click()
  await expect(card(sam.page)).toContainText('1 of 2 approved')
  const answer = await writing
  expect(answer).toMatchObject({ isAllowed: false, text: expect.stringContaining('nobody approved this call in time') })
  for (const { page } of [maria, sam]) {
    await expect(card(page)).toContainText('Expired: nobody answered in time')
    await expect(row(page, 'write_file')).toHaveCount(0)
  }
  await expect(approve(sam.page)).toHaveCount(0)
  await expect(readFile(path)).rejects.toThrow()
  expect(await toldOf(opened, path)).toEqual(['vote', 'hold.expired', 'receipt expired'])
  await expect(await storyOf(sam.page)).toContainText('Its time ran out: nothing ran.')
  await Promise.all([maria.context.close(), sam.context.close()])
})

test('an agent that is told to come back finds the approval it was given meanwhile, and its write is made once', { tag: '@slow' }, async ({
  browser,
}) => {
  await openAgent(2, { flags: ['--hold-ms', '500'] })
  const [maria, sam] = await twoPeople(browser)
  const path = join(folder, 'later.md')
  const { isAllowed, text } = await agent.write(path, 'later\n')
  expect(isAllowed).toBe(false)
  expect(text).toContain('exactly the same arguments')
  // Where the agent sends its person: the card of this call.
  const address = /http\S+\/inbox\/H-[0-9A-Z]{10}/.exec(text)?.[0] ?? ''
  for (const { page } of [maria, sam]) {
    await expect(row(page, 'write_file')).toBeVisible()
    await page.goto(address)
    await expect(card(page)).toContainText(path)
    await approve(page).click()
    await expect(approve(page)).toHaveCount(0)
  }
  await expect(card(maria.page)).toContainText('Approved: it runs once')
  await expect(readFile(path)).rejects.toThrow()
  expect((await agent.write(path, 'later\n')).isAllowed).toBe(true)
  expect(await readFile(path, 'utf8')).toBe('later\n')
  await expect(card(maria.page)).toContainText('Done: it ran once.')
  const told = await toldOf(opened, path)
  expect(told.filter((type) => type !== 'hold.attach')).toEqual(['vote', 'vote', 'hold.approved', 'hold.claimed', 'receipt done'])
  const story = await storyOf(maria.page)
  await expect(story).toContainText('An identical call came back for it.')
  await expect(story).toContainText('The approval of Maria and Sam was used, once.')
  await Promise.all([maria.context.close(), sam.context.close()])
})

test('a write that the agent takes back leaves the inbox at once, and nobody can approve it any more', { tag: '@slow' }, async ({
  browser,
}) => {
  await openAgent(2)
  const [maria, sam] = await twoPeople(browser)
  const path = join(folder, 'taken-back.md')
  const controller = new AbortController()
  const writing = agent.write(path, 'never\n', controller.signal).catch((error: Error) => error.message)
  await expect(row(maria.page, 'write_file')).toBeVisible()
  await Promise.all([choose(maria.page, path), choose(sam.page, path)])
  await approve(maria.page).click()
  await expect(card(sam.page)).toContainText('1 of 2 approved')
  controller.abort('the user pressed escape')
  expect(await writing).toContain('the user pressed escape')
  for (const { page } of [maria, sam]) {
    await expect(card(page)).toContainText('Cancelled')
    await expect(row(page, 'write_file')).toHaveCount(0)
  }
  await expect(approve(sam.page)).toHaveCount(0)
  await expect(readFile(path)).rejects.toThrow()
  expect(await toldOf(opened, path)).toEqual(['vote', 'hold.cancelled', 'receipt cancelled'])
  await expect(await storyOf(sam.page)).toContainText('The agent took it back: nothing ran.')
  await Promise.all([maria.context.close(), sam.context.close()])
})
