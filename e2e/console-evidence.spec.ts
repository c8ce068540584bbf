import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import type { EntryFields } from '../core/audit/entry'
import { connect } from '../db/connect'
import { readTrust } from '../db/keys'
import { verifyFile } from '../db/testing-evidence'
import { test } from './browser'
import { type Console, openConsole, record, signIn, throughWriter } from './console'
import { entriesOf } from './entering'

let opened: Console

test.describe.configure({ mode: 'serial', timeout: 60_000 })

test.beforeAll(async () => {
  opened = await openConsole()
  await record(opened, [
    { tool: 'read_file', server: 'files', args: { path: '/srv/canary-one' }, status: 'done' },
    { tool: 'send_mail', server: 'mail', args: { to: 'canary-two' }, outcome: 'deny' },
  ])
  const sql = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test', max: 1 })
  const sealed = async () =>
    (
      await sql`select from countersign.seal_runs r join countersign.entries e on e.writer = r.writer and e.tool = 'send_mail'
    and e.seq >= r.seq and e.seq < r.seq + r.count`
    ).length
  await expect.poll(sealed, { timeout: 30_000 }).toBe(1)
  await sql.end()
})
test.afterAll(() => opened?.close())

test('an auditor counts, exports and is given a file that verifies without us; the log says so, and so does the list', async ({
  page,
  context,
}, info) => {
  const { user } = await signIn(context, opened, ['auditor'], { name: 'Audra Auditor' })
  await page.goto(`${opened.url}/evidence`)
  await expect(page.getByText(/^About 2 calls/)).toBeVisible()
  await expect(page.getByRole('navigation', { name: 'Pages' }).locator('[aria-current=page]').first()).toContainText('Integrity')
  await page.getByLabel('Server').fill('mail')
  await page.getByLabel('With clear text').check()
  await page.getByRole('button', { name: 'Count what that is' }).click()
  await expect(page.getByText(/^About 1 call,/)).toBeVisible()
  await expect(page).toHaveURL(/server=mail/)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export', exact: true }).click()])
  const path = join(info.outputDir, 'evidence.zip')
  await download.saveAs(path)
  expect((await readFile(path)).subarray(0, 2).toString()).toBe('PK')
  const report = await verifyFile(path, { trust: await readTrust(opened.dataDir) })
  expect(report).toMatchObject({ verdict: 'intact', found: 0, manifest: { scope: { server: 'mail', clearText: true } } })
  expect(report.manifest?.counts.types.decision).toBe(1)
  await expect(page.getByText('When this was exported, every entry in it was the one sealed')).toBeVisible()
  await expect(page.getByRole('row').filter({ hasText: 'Audra Auditor' })).toContainText('mail')
  const sql = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test', max: 1 })
  const [told] = await entriesOf(sql, 'export')
  await sql.end()
  expect(told).toMatchObject({ actor: user, clearText: true, filters: { server: 'mail' }, export: report.manifest?.export })
  // Whoever comes back finds it, and a download that was cut off goes on; nobody else is given a byte.
  await page.reload()
  await expect(page.getByRole('list', { name: 'Your exports' }).getByRole('link', { name: 'Download again' })).toBeVisible()
  const address = `${opened.url}/evidence/${report.manifest?.export}`
  const headers = { range: 'bytes=1000-', 'if-range': `"${report.manifest?.export}"` }
  const rest = await context.request.get(address, { headers })
  const bytes = await readFile(path)
  expect([rest.status(), rest.headers()['content-range']]).toEqual([206, `bytes 1000-${bytes.length - 1}/${bytes.length}`])
  expect(await rest.body()).toEqual(bytes.subarray(1000))
  await signIn(context, opened, ['auditor'])
  expect((await context.request.get(address, { headers })).status()).toBe(404)
})

test('what a writer invents about exports breaks no page, nor do days that there are not', async ({ page, context }) => {
  const invented = { type: 'export', actor: {}, form: [{}], from: {}, to: 7, filters: 'x', first: 'a', end: null, clearText: 'yes' }
  await throughWriter(opened, (writer) => writer.append(invented as unknown as EntryFields))
  await signIn(context, opened, ['auditor'])
  await page.goto(`${opened.url}/evidence?from=2026-02-31&to=2026-00-10&server=%00&outcome=x`)
  await expect(page.getByRole('heading', { name: 'What has left' })).toBeVisible()
  await expect(page.getByRole('table', { name: 'Exports' })).toBeVisible()
})

test('whoever may not export is told that there is no such page; whoever looks up too much, that it is', async ({ page, context }) => {
  const { user } = await signIn(context, opened, ['author'])
  const answer = await page.goto(`${opened.url}/evidence`)
  expect(answer?.status()).toBe(404)
  const sql = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test', max: 1 })
  for (const of of ['entries', 'proofs'])
    await sql`insert into countersign.throttle as t (key, tokens, filled_at) values (${`${of}:${user}`}, 0, now() + interval '1 hour')
      on conflict (key) do update set tokens = 0, filled_at = excluded.filled_at`
  await sql.end()
  const looked = await context.request.get(`${opened.url}/integrity?find=%230`)
  expect(await looked.text()).toContain('You look up more than 60 entries a minute here')
  const refused = await context.request.get(`${opened.url}/integrity/tree`)
  expect([refused.status(), refused.headers()['retry-after']]).toEqual([429, '1'])
})

test('a log that was tampered with is exported as damaged, and the page says so', async ({ page, context }, info) => {
  const superuser = connect(opened.database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
  await superuser.unsafe(`do $$ declare name text; begin
      for name in select relname from pg_class where relnamespace = 'countersign'::regnamespace and relname like 'entries%' and relkind in ('r', 'p') loop
        execute format('alter table countersign.%I disable trigger user', name);
      end loop;
    end $$;
    update countersign.entries set body = replace(body, 'send_mail', 'send_love') where tool = 'send_mail'`)
  await superuser.end()
  await signIn(context, opened, ['admin'])
  await page.goto(`${opened.url}/evidence`)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export', exact: true }).click()])
  const path = join(info.outputDir, 'damaged.zip')
  await download.saveAs(path)
  await expect(page.getByText('Exported as damaged')).toBeVisible()
  expect(await verifyFile(path, { trust: await readTrust(opened.dataDir) })).toMatchObject({ verdict: 'damaged' })
})
