import { expect } from '@playwright/test'
import { connect } from '../db/connect'
import { violationsOf } from './axe'
import { test } from './browser'
import { approve, card, type Inbox, openInbox } from './inbox-people'

let inbox: Inbox

test.beforeAll(async () => {
  inbox = await openInbox()
})

test.afterAll(() => inbox.close())

test.describe.configure({ mode: 'serial' })

const HOSTILE: readonly { readonly what: string; readonly raw: string; readonly shown: readonly (string | RegExp)[] }[] = [
  { what: 'ten thousand characters', raw: JSON.stringify({ a: 'x'.repeat(10_000) }), shown: [/10,000 characters/] },
  {
    what: 'JSON in a text, with a number no double holds',
    raw: '{"body":"{\\"amount\\": 250000000000000001}"}',
    shown: ['250000000000000001', 'Read it as JSON'],
  },
  { what: 'a number as it was written', raw: '{"n":1.00,"big":9007199254740993}', shown: ['1.00', '9007199254740993'] },
  { what: 'a right-to-left override', raw: JSON.stringify({ path: '/srv/\u202egnp.exe' }), shown: ['U+202E'] },
  {
    what: 'zero width and an escape sequence',
    raw: JSON.stringify({ to: 'a\u200bb', title: '\u001b[31mred' }),
    shown: ['U+200B', 'U+001B'],
  },
  { what: 'a letter of another alphabet', raw: JSON.stringify({ url: 'https://ex\u0430mple.org/' }), shown: ['U+0430'] },
  {
    what: 'markup',
    raw: JSON.stringify({ '<b>': '<img src=x onerror=alert(1)></script><script>alert(1)</script>' }),
    shown: ['<img src=x onerror=alert(1)>'],
  },
  { what: '100 KiB', raw: JSON.stringify({ body: 'a\u202e<b>\n'.repeat(17_000) }), shown: [/102,000 characters/] },
  { what: 'keys of the language', raw: '{"__proto__":{"a":1},"constructor":"x"}', shown: ['__proto__', 'constructor'] },
]

test('whatever a call carries is inert, complete and readable', async ({ browser }) => {
  const { page, context, complaints } = await inbox.enter(browser, ['approver'], 'Maria')
  for (const [at, { what, raw, shown }] of HOSTILE.entries()) {
    await inbox.open(page, await inbox.held(`hostile_${at}`, { raw, args: {} }))
    for (const text of shown) await expect(card(page).getByText(text).first(), what).toBeVisible()
    await page.keyboard.press('r')
    await expect(card(page).getByRole('button', { name: 'As a list' }), what).toBeVisible()
  }
  await inbox.open(
    page,
    await inbox.held('write\u202e<b>', { server: '<i>s</i>', principal: '</script>', reason: '<script>alert(1)</script>' }),
  )
  await expect(card(page).getByRole('heading', { level: 2 })).toContainText('U+202E')
  await expect(card(page).getByText('<script>alert(1)</script>')).toBeVisible()
  expect(complaints).toEqual([])
  await context.close()
})

test('what stands beside the arguments is shown whole and inert, and a lot of it is read to its end first', async ({ browser }) => {
  const { page, context, complaints } = await inbox.enter(browser, ['approver'], 'Maria')
  const besides = (tool: string, beside: object) => {
    const params = Buffer.from(JSON.stringify({ name: tool, arguments: { path: '/srv/a' }, ...beside }))
    return inbox.held(tool, { args: { path: '/srv/a' }, params })
  }
  const part = card(page).getByRole('region', { name: 'Beside the arguments, complete' })
  const meta = { 'io.modelcontextprotocol/x': '<script>alert(1)</script>', 'x.y/z': 'a\u202eb' }
  await inbox.open(page, await besides('beside_short', { _meta: { ...meta, progressToken: 'mine' }, task: { ttl: 1 } }))
  for (const told of ['io.modelcontextprotocol/x', '<script>alert(1)</script>', 'U+202E', '"ttl": 1'])
    await expect(part).toContainText(told)
  await expect(part).not.toContainText('mine')
  await expect(approve(page)).toBeEnabled()
  await inbox.open(page, await besides('beside_long', { _meta: { a: `${'x '.repeat(5_000)}and the end` } }))
  await expect(approve(page)).toBeDisabled()
  await part.getByRole('button', { name: /^Read all of it/ }).click()
  const text = part.getByRole('region', { name: 'what stands beside the arguments, complete' })
  await expect(text).toContainText('and the end')
  await text.press('End')
  await expect(approve(page)).toBeEnabled()
  expect(complaints).toEqual([])
  await context.close()
})

test('what differs from the last approved call is told by argument, and by line', async ({ browser }) => {
  const { page, context } = await inbox.enter(browser, ['approver'], 'Maria')
  await inbox.open(page, await inbox.held('write_weekly', { args: { path: '/srv/w', content: 'one\ntwo\nthree' } }))
  await expect(card(page)).toContainText('This agent had no call of this tool approved before.')
  await approve(page).click()
  await expect(card(page)).toContainText('Approved: it runs once')
  await inbox.open(page, await inbox.held('write_weekly', { args: { path: '/srv/w', content: 'one\n2\nthree\nfour' } }))
  await expect(card(page).getByText('+3 −2 lines')).toBeVisible()
  await card(page).getByRole('button', { name: 'Show the difference' }).click()
  await expect(card(page).getByRole('figure')).toContainText('four')
  await context.close()
})

test('an approval is taken back before it is used', async ({ browser }) => {
  const { page, context } = await inbox.enter(browser, ['approver'], 'Maria')
  await inbox.open(page, await inbox.held('undo_me'))
  await approve(page).click()
  await card(page).getByRole('button', { name: 'Take it back…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click()
  await expect(card(page)).toContainText('Taken back: a person took the approval back; nothing ran. By Maria.')
  await context.close()
})

test('a grant says in words what it lets through, is listed, and is taken back', async ({ browser }) => {
  const { page, context } = await inbox.enter(browser, ['approver'], 'Maria')
  await inbox.open(page, await inbox.held('write_many', { args: { path: '/srv/data/a.md', content: 'hello' } }))
  await page.keyboard.press('n')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('How path may differ').selectOption({ label: 'a path inside …' })
  await dialog.getByLabel('Bound of path').fill('/srv/other')
  await expect(dialog).toContainText('The held call itself does not lie within these bounds.')
  await dialog.getByLabel('Bound of path').fill('/srv/data')
  await expect(dialog.getByRole('region', { name: 'What is let through' })).toContainText('path is a path inside /srv/data')
  await expect(dialog.getByRole('region', { name: 'What is let through' })).toContainText('content is exactly "hello"')
  await dialog.getByRole('button', { name: 'Approve, and 5 more' }).click()
  await expect(card(page)).toContainText('Approved: it runs once')
  await page.goto(`${inbox.opened.url}/inbox/grants`)
  const grant = page.getByRole('listitem').filter({ hasText: 'write_many' })
  await expect(grant).toContainText('5 of 5 left')
  await expect(grant).toContainText('made by Maria')
  await grant.getByRole('button', { name: 'Take back' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Take back' }).click()
  await expect(grant).toContainText('taken back by Maria')
  await context.close()
})

test('j and k go from call to call, and a key meant for one card never acts on another', async ({ browser }) => {
  const { page, context } = await inbox.enter(browser, ['approver'], 'Maria')
  const soon = (minutes: number) => ({ decideByMs: Date.now() + minutes * 60_000 })
  const [first, second] = [await inbox.held('key_first', soon(1)), await inbox.held('key_second', soon(1.5))]
  await inbox.open(page, first)
  await expect(approve(page)).toBeVisible()
  await page.keyboard.press('j')
  await page.keyboard.press('d')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page).toHaveURL(new RegExp(second))
  await expect(card(page).getByRole('heading', { name: /key_second/ })).toBeVisible()
  await page.keyboard.press('k')
  await expect(page).toHaveURL(new RegExp(first))
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toContainText('Approve narrow…')
  await context.close()
})

test('history tells who decided, how fast, and what nobody answered; its filters are in the address', async ({ browser }) => {
  const maria = await inbox.enter(browser, ['approver'], 'Maria')
  for (const tool of ['told_no', 'told_later']) {
    await inbox.open(maria.page, await inbox.held(tool))
    if (tool === 'told_later') continue
    await maria.page.keyboard.press('d')
    await maria.page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click()
    await expect(card(maria.page)).toContainText('Maria denied')
  }
  const { page, context } = await inbox.enter(browser, ['auditor'], 'Audra')
  await page.goto(`${inbox.opened.url}/inbox/history`)
  const table = page.getByRole('table', { name: 'Decided calls, newest first' })
  await expect(table.getByRole('row').filter({ hasText: 'told_no' })).toContainText('Maria')
  await expect(table.getByRole('row').filter({ hasText: 'told_later' })).toHaveCount(0)
  await page.getByRole('link', { name: 'Taken back' }).click()
  await expect(page).toHaveURL(/end=revoked/)
  await expect(page.getByText('told_no')).toHaveCount(0)
  await page.goto(`${inbox.opened.url}/inbox/history?tool=told_no&end=denied`)
  await expect(table.getByRole('row').filter({ hasText: 'told_no' })).toContainText('Denied')
  await page.goto(`${inbox.opened.url}/inbox/history?end=unanswered`)
  await expect(page.getByText('told_no')).toHaveCount(0)
  await Promise.all([maria.context.close(), context.close()])
})

for (const { name, width, colorScheme } of [
  { name: 'a phone in the dark', width: 390, colorScheme: 'dark' },
  { name: 'a desk by day', width: 1440, colorScheme: 'light' },
] as const)
  test(`on ${name} every part of the inbox is within reach and accessible`, { tag: '@slow' }, async ({ browser }) => {
    const { page, context } = await inbox.enter(browser, ['approver'], 'Maria', {
      viewport: { width, height: 844 },
      colorScheme,
      hasTouch: width < 500,
      isMobile: width < 500,
    })
    const id = await inbox.held('reach_me', { args: { path: '/srv/a', content: 'x\n'.repeat(300) } })
    for (const path of ['/inbox', `/inbox/${id}`, '/inbox/history', '/inbox/grants']) {
      await page.goto(`${inbox.opened.url}${path}`)
      await expect(page.getByText('live', { exact: true })).toBeVisible()
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width)
      expect(await violationsOf(page), path).toEqual([])
    }
    await inbox.open(page, id)
    if (width < 500)
      for (const button of await card(page).getByRole('button').all())
        expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(40)
    await context.close()
  })

test('ten thousand open calls come in pages, the most urgent first', async ({ browser }) => {
  const sql = connect(inbox.opened.database.urlFor('gateway'), { purpose: 'bulk', application: 'seed' })
  await sql`
    insert into countersign.holds (id, call, opened_by, likeness, binding, principal, assurance, server, tool, arguments, params, policy, epoch, rule,
      nonce, approvals, decide_by, use_within_ms)
    select 'H-' || translate(upper(substr(md5(n::text), 1, 10)), 'ILOU', '0123'), md5('call' || n), repeat('a', 32), repeat('b', 64), md5('x' || n) || md5('y' || n),
      'local:agent-' || n % 300 || '@host', 'asserted', 'files', '"write_file"', '{"path":"/srv/a"}'::bytea, '{}'::bytea, repeat('c', 64), 1, 'rule-1',
      'n', '[{"approvers":["approver"],"quorum":1}]'::jsonb, clock_timestamp() + (n % 3600 + 60) * interval '1 second', 300000
    from generate_series(1, 10000) n`
  await sql.end()
  const { page, context } = await inbox.enter(browser, ['approver'], 'Maria')
  await page.goto(`${inbox.opened.url}/inbox`)
  await expect(page.getByRole('list', { name: 'Calls that wait' }).getByRole('link')).toHaveCount(30)
  // So many calls at once are news: the list is drawn anew under the pointer, once or twice.
  await expect(async () => {
    await page.getByRole('link', { name: 'Less urgent' }).click()
    await expect(page).toHaveURL(/after=/, { timeout: 5_000 })
  }).toPass()
  await expect(page.getByRole('list', { name: 'Calls that wait' }).getByRole('link')).toHaveCount(30)
  await expect(page.getByRole('link', { name: 'Most urgent' })).toBeVisible()
  await context.close()
})
