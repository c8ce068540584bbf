import { createHash } from 'node:crypto'
import { expect } from '@playwright/test'
import { connect, type Sql } from '../db/connect'
import { type Beat, beat } from '../db/gateways'
import { addVersion } from '../db/policies'
import { publish, takeEpoch } from '../db/publications'
import { endSessions } from '../db/sessions'
import { test } from './browser'
import { type Console, openConsole, type SignedIn, signIn, throughWriter } from './console'

let opened: Console
let gateway: Sql
let consoleSql: Sql

test.beforeAll(async () => {
  opened = await openConsole()
  gateway = connect(opened.database.urlFor('gateway'), { purpose: 'pool', application: 'test' })
  consoleSql = connect(opened.database.urlFor('console'), { purpose: 'pool', application: 'test' })
})

test.afterAll(async () => {
  await Promise.all([gateway.end(), consoleSql.end()])
  await opened.close()
})

test.describe.configure({ mode: 'serial' })

const digestOf = (version: number): string => createHash('sha256').update(`v${version}`).digest('hex')

const says = (id: string, over: Partial<Beat>): Promise<void> =>
  beat(gateway, {
    id: id.repeat(32),
    host: `host-${id}`,
    version: '0.1.0',
    server: `server-${id}`,
    policy: 'default',
    digest: null,
    guardrail: null,
    epoch: null,
    state: 'enforcing',
    because: null,
    ...over,
  })

/** Signed by nobody: this is about what the console shows, and gateways that would refuse it are played here. */
async function putInForce(version: number): Promise<void> {
  const yaml = `# v${version}`
  const yamlSha256 = createHash('sha256').update(yaml).digest('hex')
  await addVersion(consoleSql, {
    name: 'default',
    kind: 'policy',
    digest: digestOf(version),
    yaml,
    yamlSha256,
    author: 'test',
    message: '',
  })
  const contents = { policies: { default: version }, guardrail: null }
  const epoch = await takeEpoch(consoleSql)
  await publish(consoleSql, { epoch, statement: '{}', signature: new Uint8Array(64), certificate: '{}', contents }, 'test', '')
}

const end = ({ user, session }: SignedIn): Promise<void> =>
  throughWriter(opened, (writer) =>
    writer.commit(async (tx) => {
      const entries = await endSessions(tx, { user, session, because: 'signed_out', actor: user, address: null })
      return { entries, result: undefined }
    }),
  )

test('a gateway’s word is on the page within two seconds: it appears, falls behind, catches up, goes silent', { tag: '@slow' }, async ({
  context,
}) => {
  await signIn(context, opened, ['viewer'])
  await putInForce(1)
  await says('a', { digest: digestOf(1), epoch: 1 })
  const page = await context.newPage()
  await page.goto(`${opened.url}/gateways`)
  await expect(page.getByText('live', { exact: true })).toBeVisible()
  const row = (id: string) => page.getByRole('row').filter({ hasText: `server-${id}` })
  const soon = { timeout: 2_000 }
  await expect(row('a')).toContainText('Current')
  await says('b', { digest: digestOf(1), epoch: 1 })
  await expect(row('b')).toContainText('Current', soon)
  const badge = page.getByRole('banner').getByRole('link', { name: /in force/ })
  await expect(badge).toHaveText(/default v1.*2 gateways/, soon)
  await putInForce(2)
  await expect(row('a')).toContainText('v2 is in force; it has not taken it yet.', soon)
  await expect(badge).toHaveText(/default v2.*0 of 2/, soon)
  await says('a', { digest: digestOf(2), epoch: 2 })
  await expect(row('a')).toContainText('Current', soon)
  await expect(badge).toHaveText(/1 of 2/, soon)
  await says('b', { digest: digestOf(2), epoch: 2, state: 'degraded', because: 'something is wrong' })
  await expect(row('b')).toContainText('something is wrong', soon)
  await says('b', { digest: digestOf(1), epoch: 9 })
  await expect(row('b')).toContainText('Ahead', soon)
  await says('b', { state: 'degraded', because: 'no policy is published' })
  await expect(row('b')).toContainText('Refuses all', soon)
  await says('b', { state: 'stopped' })
  await expect(row('b')).toContainText('Stopped', soon)
  await expect(row('a')).toContainText('Silent', { timeout: 25_000 })
})

test('a session that is ended elsewhere ends its stream, and its page leads to the sign-in', async ({ context, playwright }) => {
  const who = await signIn(context, opened, ['viewer'])
  const page = await context.newPage()
  await page.goto(`${opened.url}/gateways`)
  await expect(page.getByText('live', { exact: true })).toBeVisible()
  const copied = await playwright.request.newContext({ storageState: await context.storageState() })
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  // Answers once the stream is open, so that what ends is a session that was heard.
  const answer = await fetch(`${opened.url}/api/live/gateways`, { headers: { cookie }, signal: AbortSignal.timeout(30_000) })
  await end(who)
  const before = Date.now()
  expect(await answer.text()).toContain('event: ended')
  expect(Date.now() - before).toBeLessThan(15_000)
  expect((await copied.get(`${opened.url}/api/live/gateways`)).status()).toBe(401)
  await expect(page).toHaveURL(/\/sign-in/, { timeout: 15_000 })
  await copied.dispose()
})

test('nobody hears anything without a session, and nobody hears what there is not', async ({ context, request }) => {
  for (const topics of ['gateways', 'policies', 'decisions', 'gateways,policies'])
    expect((await request.get(`${opened.url}/api/live/${topics}`)).status()).toBe(401)
  await signIn(context, opened, ['viewer'])
  for (const topics of ['secrets', 'gateways,secrets', 'gateways,gateways', ',', '%00', '..%2fpolicies'])
    expect((await context.request.get(`${opened.url}/api/live/${topics}`)).status(), topics).toBe(404)
})

test('many tabs of one person are heard by one listening connection, and no more of them than are counted', async ({ context }) => {
  await signIn(context, opened, ['viewer'])
  const page = await context.newPage()
  await page.goto(`${opened.url}/gateways`)
  const statuses = await page.evaluate(async () => {
    const stop = new AbortController()
    const answers: number[] = []
    // One after the other: a browser has few connections for one host, and would wait for a free one.
    for (let tab = 0; tab < 4; tab += 1) answers.push((await fetch('/api/live/policies', { signal: stop.signal })).status)
    setTimeout(() => stop.abort(), 3_000)
    return answers
  })
  expect(statuses).toEqual([200, 200, 200, 200])
  const superuser = connect(opened.database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
  const [row] = await superuser<{ count: number }[]>`
    select count(*)::int as count from pg_stat_activity where application_name = 'countersign console listener'`
  await superuser.end()
  expect(row?.count).toBe(1)
  const stop = new AbortController()
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const more: number[] = []
  for (let tab = 0; tab < 14; tab += 1) {
    const { status } = await fetch(`${opened.url}/api/live/policies`, { headers: { cookie }, signal: stop.signal })
    more.push(status)
  }
  stop.abort()
  expect(more.filter((status) => status === 503).length).toBeGreaterThan(0)
  await expect(async () => {
    const again = new AbortController()
    const { status } = await fetch(`${opened.url}/api/live/policies`, { headers: { cookie }, signal: again.signal })
    again.abort()
    expect(status).toBe(200)
  }).toPass({ timeout: 5_000 })
})
