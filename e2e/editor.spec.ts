import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserContext, expect as expectSoon, type Locator, type Page } from '@playwright/test'
import { violationsOf } from './axe'
import { test } from './browser'
import { type Console, openConsole, record, signIn } from './console'
import { writePolicy } from './writing'

test.describe.configure({ mode: 'serial' })
const expect = expectSoon.configure({ timeout: 15_000 })

const CLI = join(import.meta.dirname, '..', 'dist', 'countersign.js')
const POLICY = `# What the agent may do with files.
version: "1"
default: deny
rules:
  - id: read
    tool: [read_file, list_directory]
    action: allow
    constraints:
      allowedPaths: ["/srv/data"]
  - id: change
    tool: write_file
    action: escalate
    reason: "Changes need a person"
`
const HOSTILE = '<img src=x onerror=alert(1)>'
const CALL = 'ca11'.repeat(8)

let opened: Console
let context: BrowserContext
let page: Page
let complaints: string[] = []

test.beforeAll(async ({ browser }) => {
  opened = await openConsole()
  const file = join(opened.dataDir, 'policy.yaml')
  writeFileSync(file, POLICY)
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'policy', 'publish', file, '--data-dir', opened.dataDir], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toMatchObject({ status: 0 })
  await record(opened, [{ server: 'files', rule: 'read', call: CALL, args: { path: `/srv/data/${HOSTILE}\u202E` } }])
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  await signIn(context, opened, ['admin'])
  page = await open(context)
})

test.afterAll(async () => {
  await context?.close()
  await opened?.close()
})

/** The editor, ready, with everything that its page complains of. */
async function open(within: BrowserContext): Promise<Page> {
  const opening = await within.newPage()
  opening.on('dialog', (dialog) => complaints.push(dialog.message()))
  opening.on('pageerror', (error) => complaints.push(error.message))
  opening.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  await opening.goto(`${opened.url}/policies/default/draft`)
  await expect(opening.getByText(/of \d+ would change/)).toBeVisible()
  return opening
}

const simulation = (on = page): Locator => on.getByRole('region', { name: 'Simulation' })
const text = (on = page): Locator => on.getByRole('textbox', { name: /Policy text/ })
const tab = (name: RegExp, on = page): Locator => on.getByRole('tab', { name })

const write = (whole: string, on = page): Promise<void> => writePolicy(on, whole)

/** Puts the cursor behind what a line ends with. */
async function goBehind(line: string): Promise<void> {
  await page.getByTestId('policy-text').getByText(line, { exact: true }).first().click()
  await page.keyboard.press('End')
}

test('nothing would change before anything is changed, and the rules are listed', async () => {
  await expect(simulation()).toContainText('None of')
  await expect(tab(/Problems 0/)).toBeVisible()
  await page.getByRole('button', { name: '2 rules' }).click()
  await expect(page.getByRole('button', { name: /change.*write_file.*escalate/ })).toBeVisible()
  await page.keyboard.press('Escape')
})

test('a misspelt key is marked where it stands, and the fix puts it right', async () => {
  await write(POLICY.replace('reason:', 'reazon:'))
  await tab(/Problems 1/).click()
  await expect(page.getByText('Rule 2: Unknown key "reazon"; did you mean "reason"?')).toBeVisible()
  await page.getByRole('button', { name: '13:5' }).click()
  await expect(page.getByTestId('policy-text').locator('.squiggly-error')).toHaveCount(1)
  await expect(simulation()).toContainText('There is a problem on line 13')
  await page.getByRole('button', { name: 'Change to reason' }).click()
  await expect(tab(/Problems 0/)).toBeVisible()
})

test('a quick fix is chosen by keyboard alone, inside the text', async () => {
  await write(POLICY.replace('reason:', 'reazon:'))
  await expect(tab(/Problems 1/)).toBeVisible()
  await page.keyboard.press('F8')
  await expect(page.getByText('1 of 1 problem')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByText('1 of 1 problem')).toHaveCount(0)
  await page.keyboard.press('Control+.')
  const menu = page.getByRole('listbox', { name: 'Action Widget' })
  // Keys belong to the text until the menu has them.
  await expect(menu).toBeFocused()
  await expect(menu.getByRole('option').first()).toContainText('Change to reason')
  await page.keyboard.press('Enter')
  await expect(tab(/Problems 0/)).toBeVisible()
  await expect(page.getByTestId('policy-text')).toContainText('reason:')
})

test('the quick outline goes to a rule by its name', async () => {
  await write(POLICY)
  await expect(tab(/Problems 0/)).toBeVisible()
  await page.keyboard.press('Control+Shift+O')
  const found = page.getByRole('listbox', { name: /Type to narrow/ }).getByRole('option')
  await expect(found).toHaveText([/read/, /change/])
  await page.keyboard.type('chan')
  await expect(found).toHaveText([/change/])
  await page.keyboard.press('Enter')
  await expect(text()).toBeFocused()
  await page.keyboard.press('End')
  await page.keyboard.type(' # found')
  await expect(page.getByTestId('policy-text')).toContainText('id: change # found')
})

test('completion knows the keys that a rule may still have', async () => {
  await write(POLICY)
  await goBehind('"Changes need a person"')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+Space')
  const choices = page.getByRole('listbox', { name: 'Suggest' })
  await expect(choices.getByRole('option', { name: /^constraints/ })).toBeVisible()
  await expect(choices.getByRole('option', { name: /^tool/ })).toHaveCount(0)
  await page.keyboard.type('quor')
  await page.keyboard.press('Enter')
  await page.keyboard.type('2')
  await expect(page.getByTestId('policy-text')).toContainText('quorum: 2')
  await expect(tab(/Problems 0/)).toBeVisible()
})

test('a hover says what a rule means, and formatting keeps its meaning', async () => {
  await write(POLICY.replace('tool: [read_file, list_directory]', 'tool:   [ read_file,list_directory ]'))
  await expect(tab(/Problems 0/)).toBeVisible()
  await page.getByTestId('policy-text').getByText('allowedPaths', { exact: true }).hover()
  await expect(page.getByRole('tooltip').getByText(/Allows read_file or list_directory, where every path is inside/)).toBeVisible()
  await page.getByRole('button', { name: 'Format' }).click()
  await expect(page.getByTestId('policy-text')).toContainText('[read_file, list_directory]')
  await expect(simulation()).toContainText('None of')
})

test('what would change stands first, with the summary, the reason and the line', async () => {
  await write(POLICY.replace('"/srv/data"', '"/srv/other"'))
  await expect(simulation()).toContainText(/\d+ of \d+ would change: \d+ allow → deny/)
  const first = simulation().getByRole('option').first()
  await expect(first).toContainText('deny')
  await first.click()
  const story = page.getByRole('region', { name: 'Selected sample' })
  await expect(story).toContainText('is outside "/srv/other"')
  await story.getByRole('button', { name: 'read · line 5' }).click()
  await expect(text()).toBeFocused()
})

test('a sample becomes a test of the policy, and every comment stays', async () => {
  await write(POLICY)
  await expect(simulation()).toContainText('None of')
  await simulation().getByRole('option').first().click()
  await expect(page.getByRole('region', { name: 'Selected sample' })).toContainText('symlinks are not checked here')
  await page.getByRole('button', { name: 'Save as test' }).click()
  await expect(page.getByText(/Added as a test that expects/)).toBeVisible()
  await expect(tab(/Tests 1\/1/)).toBeVisible()
  await expect(page.getByTestId('policy-text')).toContainText('# What the agent may do with files.')
})

test('hostile arguments of a recorded call are inert, and what hides in them is drawn', async () => {
  await page.getByRole('button', { name: 'From recorded calls' }).click()
  await expect(page.getByRole('dialog').getByText(HOSTILE, { exact: false }).first()).toBeVisible()
  await page.getByRole('button', { name: /Take all/ }).click()
  const row = simulation()
    .getByRole('option')
    .filter({ hasText: HOSTILE.slice(0, 12) })
    .first()
  await expect(row).toContainText('allow')
  await row.click()
  const story = page.getByRole('region', { name: 'Selected sample' })
  await expect(story).toContainText(HOSTILE)
  await expect(story).toContainText('U+202E')
  await story.getByRole('button', { name: 'Save as test' }).click()
  await expect(tab(/Tests 2\/2/)).toBeVisible()
})

test('who can do what is told for every tool that is known', async () => {
  await tab(/Who can do what/).click()
  await expect(page.getByRole('row', { name: /^read_file/ })).toContainText('within bounds')
  await expect(page.getByRole('row', { name: /^write_file/ })).toContainText('needs a person')
  await expect(page.getByRole('row', { name: /^read_file/ })).toContainText('every path is inside /srv/data')
})

test('the difference to what is in force is shown', async () => {
  await tab(/Changes against v1/).click()
  await expect(page.getByText(/\d+ difference/)).toBeVisible()
})

test('whoever comes from a recorded call finds a rule for it alone above the one that decides it, or a test of it', async () => {
  await page.goto(`${opened.url}/policies/default/draft?call=${CALL}&do=rule`)
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByText('Made a rule for this call alone')).toBeVisible()
  await expect(simulation()).toContainText(/1 of \d+ would change: 1 allow → held/)
  // Written so that a reviewer sees what hides.
  await expect(page.getByTestId('policy-text')).toContainText(String.raw`args.path: "/srv/data/${HOSTILE}\u202e"`)
  await page.getByRole('button', { name: '3 rules' }).click()
  await expect(page.getByRole('dialog', { name: 'Rules' }).getByRole('button')).toHaveText([
    /rule-1.*escalate/,
    /read.*allow/,
    /change.*escalate/,
  ])
  await page.keyboard.press('Escape')

  // Asked for once: a reload gives the work back and adds nothing to it.
  await page.reload()
  await page.getByRole('button', { name: 'Restore' }).click()
  await expect(page.getByRole('button', { name: '3 rules' })).toBeVisible()
  await expect(page.getByText('Made a rule for this call alone')).toHaveCount(0)

  await page.goto(`${opened.url}/policies/default/draft?call=${CALL}&do=test`)
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByText(/Added as a test that expects allow/)).toBeVisible()
  await expect(tab(/Tests 1\/1/)).toBeVisible()
})

test('unsaved work survives a reload, and is offered, not applied', async () => {
  await write(POLICY.replace('Changes need a person', 'Only this browser knows'))
  await expect(page.getByText('not saved').first()).toBeVisible()
  await expect.poll(() => page.evaluate(() => JSON.stringify(localStorage))).toContain('Only this browser knows')
  await page.reload()
  await expect(page.getByText('This browser has work that was not saved')).toBeVisible()
  await expect(page.getByTestId('policy-text')).not.toContainText('Only this browser knows')
  await page.getByRole('button', { name: 'Restore' }).click()
  await expect(page.getByTestId('policy-text')).toContainText('Only this browser knows')
  await page.keyboard.press('Control+s')
  await expect(page.getByText(/revision 1, saved/)).toBeVisible()
})

test('of two who save at once the second sees both texts, and nothing is lost', { tag: '@slow' }, async ({ browser }) => {
  const other = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  await signIn(other, opened, ['admin'], { name: 'Jo Other' })
  const theirs = await open(other)
  await write(POLICY.replace('Changes need a person', 'Theirs'), theirs)
  await theirs.keyboard.press('Control+s')
  const saved = Number(/\d+/.exec(await theirs.getByText(/revision \d+, saved/).innerText())?.[0])
  await other.close()
  await write(POLICY.replace('Changes need a person', 'Mine'))
  await page.keyboard.press('Control+s')
  const conflict = page.getByRole('region', { name: 'Save conflict' })
  await expect(conflict).toContainText('Jo Other saved this draft before you')
  await expect(conflict).toContainText('Theirs')
  await expect(conflict).toContainText('Mine')
  await conflict.getByRole('button', { name: 'Take theirs' }).click()
  await expect(page.getByTestId('policy-text')).toContainText('Theirs')
  await page.getByRole('button', { name: 'Put my text back' }).click()
  await expect(page.getByTestId('policy-text')).toContainText('Mine')
  await page.keyboard.press('Control+s')
  await expect(page.getByText(`revision ${saved + 1}, saved`)).toBeVisible()
})

test('Escape, then Tab, leaves the text', async () => {
  await text().focus()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Tab')
  await expect(text()).not.toBeFocused()
})

test('the policy for content refused nothing, and nothing ran that should not', async () => {
  expect(complaints).toEqual([])
})

for (const colorScheme of ['light', 'dark'] as const)
  test(`by ${colorScheme} axe has nothing to say, at a desk and on a phone`, async () => {
    await page.emulateMedia({ colorScheme })
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 })
      await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0)
      expect(await violationsOf(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    }
    await page.setViewportSize({ width: 1440, height: 900 })
  })

test('on a phone the text is read, and says so', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(page.getByText('On a screen this narrow a policy is only read')).toBeVisible()
  await text().focus()
  await page.keyboard.type('x')
  await expect(page.getByTestId('policy-text')).not.toContainText('x#')
  complaints = []
})
