import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from '@playwright/test'
import { connect, type Sql } from '../db/connect'
import { test } from './browser'
import { type Console, openConsole, signIn } from './console'
import { builtActions } from './crawl-build'
import { entriesOf } from './entering'

let opened: Console
let owner: Sql
let evil: Server
let action: string

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
  opened = await openConsole()
  owner = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test', max: 1 })
  action = (await builtActions()).find(({ name }) => name.endsWith('setReview'))?.id ?? ''
  evil = createServer((_, response) => response.setHeader('content-type', 'text/html').end(evilPage()))
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
})

test.afterAll(async () => {
  evil?.close()
  await owner?.end()
  await opened?.close()
})

/** A site that tries what a browser lets it: the console in a frame, forms that send themselves, requests with the visitor's cookie. */
const evilPage = (): string => {
  const args = '[{&quot;review&quot;:&quot;off&quot;,&quot;revision&quot;:0}]'
  const form = (at: number, type: string) => `<iframe name="f${at}"></iframe>
    <form action="${opened.url}/settings" method="post" enctype="${type}" target="f${at}">
      <input name="$ACTION_ID_${action}" value=""><input name="0" value="${args}"></form>`
  return `<!doctype html><iframe name="framed" src="${opened.url}/settings"></iframe>
    ${['multipart/form-data', 'text/plain', 'application/x-www-form-urlencoded'].map((type, at) => form(at, type)).join('')}
    <script>
      for (const form of document.forms) form.submit()
      const body = '[{"review":"off","revision":0}]'
      const to = '${opened.url}/settings'
      const tries = [{ mode: 'no-cors', body }, { mode: 'cors', body, headers: { 'next-action': '${action}' } }, { mode: 'cors', method: 'PUT', body }]
      Promise.allSettled(tries.map((how) => fetch(to, { method: 'POST', credentials: 'include', ...how }).then((answer) => answer.text())))
        .then((said) => { window.said = said.map(({ status, value = '' }) => status + value) })
    </script>`
}

for (const { from, host } of [
  { from: 'another port of this machine, where the cookie is sent along', host: '127.0.0.1' },
  { from: 'another name, where it is not', host: 'localhost' },
])
  test(`a site at ${from}, neither frames the console nor changes anything`, async ({ context }) => {
    await signIn(context, opened, ['admin'])
    const before = await owner`select review, revision from countersign.settings`
    const page = await context.newPage()
    await page.goto(`http://${host}:${(evil.address() as AddressInfo).port}/`)
    await expect.poll(() => page.evaluate('window.said')).toHaveLength(3)
    expect(await page.evaluate('window.said.map((text) => text.slice(0, 20))')).toEqual(['rejected', 'rejected', 'rejected'])
    await expect.poll(() => page.frame('framed')?.url()).toBe('chrome-error://chromewebdata/')
    for (const name of ['f0', 'f1', 'f2']) await expect.poll(() => page.frame(name)?.url()).toBe('chrome-error://chromewebdata/')
    expect(await owner`select review, revision from countersign.settings`).toEqual(before)
    expect(await entriesOf(owner, 'config.review')).toEqual([])
    await expect.poll(async () => (await entriesOf(owner, 'request.refused')).map(({ because }) => because)).toContain('wrong_origin')
  })

test('the same from the console itself is done once: sent again it is refused, and that is recorded', async ({ context }) => {
  await signIn(context, opened, ['admin'])
  const send = async () => {
    const headers = { 'next-action': action, 'content-type': 'text/plain;charset=UTF-8', origin: opened.url }
    return (await context.request.post(`${opened.url}/settings`, { headers, data: '[{"review":"off","revision":0}]' })).text()
  }
  expect(await send()).toContain('"ok":true')
  for (let again = 0; again < 3; again += 1) expect(await send()).toContain('"fault":"conflict"')
  expect(await entriesOf(owner, 'config.review')).toHaveLength(1)
  expect(await entriesOf(owner, 'policy.refused')).toMatchObject(Array(3).fill({ attempt: 'setting', fault: 'conflict' }))
})
