import { type BrowserContext, expect, type Page } from '@playwright/test'
import type { Actor, Role } from '../core/roles'
import { connect, type Sql } from '../db/connect'
import { type Draft, saveDraft, submitDraft } from '../db/drafts'
import { openEpochs } from '../db/epochs'
import { openKeys } from '../db/keys'
import { invite } from '../db/people-invites'
import { createToken } from '../db/people-tokens'
import { publishDraft } from '../db/releases'
import { castVote } from '../db/reviews'
import { keepSample } from '../db/samples'
import { signedIn } from '../db/testing-people'
import type { Writer } from '../db/writer'
import { test } from './browser'
import { type Console, openConsole, signIn, throughWriter } from './console'
import { visit } from './visit'

/** What would run or break out, if any place took text for markup, an address or a template. */
const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  '"><svg/onload=alert(1)>',
  "';alert(1)//",
  '<a href="javascript:alert(1)">open</a>',
  '</textarea></title><iframe srcdoc="<script>parent.alert(1)</script>">',
  '{{constructor.constructor("alert(1)")()}}#{alert(1)}',
  '<style>*{display:none}</style><base href="//evil.example">',
  '__proto__',
] as const
const REORDERED = 'Maria \u202Enimda\u202C\u200B\u2066x'
const TEXT = `${HOSTILE.join(' ')} ${REORDERED}`

/** The worst that still is an address. */
const ADDRESSES = ['a&#60b&lt', '{{7*7}}', '`alert`', '__proto__']

let opened: Console
let sql: Sql
let context: BrowserContext

test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ browser }) => {
  opened = await openConsole()
  sql = connect(opened.database.urlFor('console'), { purpose: 'pool', application: 'test', max: 2 })
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  await signIn(context, opened, ['admin'], { name: HOSTILE[0] })
  await throughWriter(opened, async (writer) => {
    await seedPeople(writer)
    await seedPolicy(writer)
  })
})

test.afterAll(async () => {
  await context?.close()
  await sql?.end()
  await opened?.close()
})

const person = async (writer: Writer, role: Role, name: string): Promise<Actor> => (await signedIn(sql, writer, [role], name)).actor

async function seedPeople(writer: Writer): Promise<void> {
  for (const name of [...HOSTILE, REORDERED]) await person(writer, 'viewer', name)
  const admin = await person(writer, 'admin', HOSTILE[1])
  for (const local of ADDRESSES) await invite(writer, admin, { email: `${local}@example.org`, roles: ['viewer'] })
  await createToken(writer, admin, { name: HOSTILE[0], days: 7 })
}

/** What hides is refused in the text of a policy, unless it is written as an escape. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[\u200B\u202A-\u202E\u2066-\u2069]/g, (hidden) => `\\u${hidden.charCodeAt(0).toString(16)}`)

const yamlOf = (text: string): string =>
  `# ${text} ${HOSTILE.join(' ')}\nversion: "1"\ndefault: deny\nrules:\n  - id: hostile\n    tool: ${quoted(HOSTILE[1])}\n    action: allow\n    reason: ${quoted(`${text} ${TEXT}`)}\n`

async function seedPolicy(writer: Writer): Promise<void> {
  const author = await person(writer, 'author', HOSTILE[0])
  const reviewer = await person(writer, 'approver', HOSTILE[2])
  const keys = await openKeys(opened.dataDir)
  const publisher = { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(opened.dataDir, keys.trust.log) }
  for (const version of [0, 1]) {
    const draft = await kept(writer, author, version, yamlOf(`version ${version}`))
    await submitDraft(writer, author, seenOf(draft), TEXT)
    await castVote(writer, reviewer, seenOf(draft), 'approve', TEXT)
    await publishDraft({ writer, publisher }, author, seenOf(draft), TEXT, Date.now())
  }
  const draft = await kept(writer, author, 2, yamlOf('a third'))
  await submitDraft(writer, author, seenOf(draft), TEXT)
  await castVote(writer, reviewer, seenOf(draft), 'request_changes', TEXT)
  await keepSample(sql, author, 'default', {
    ...{ id: '', from: 'written', name: TEXT, method: 'tools/call', tool: HOSTILE[1], server: HOSTILE[0], session: null, facts: null },
    ...{ principal: { id: HOSTILE[0], assurance: 'asserted' }, args: JSON.stringify({ [HOSTILE[1]]: TEXT }) },
  })
}

const seenOf = ({ id, revision, yamlSha256 }: Draft) => ({ draft: id, revision, textDigest: yamlSha256 })

async function kept(writer: Writer, author: Actor, base: number, yaml: string): Promise<Draft> {
  const saved = await saveDraft(writer, author, { name: 'default', kind: 'policy', draft: null, revision: 0, base, yaml })
  if (saved.is === 'conflict') throw new Error(saved.because)
  return saved.draft
}

/** Elements that only the text of somebody else could have brought, and scripts that ran. */
const brokenOut = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() =>
    [
      ...document.querySelectorAll('iframe, base, img[src="x"], svg[onload], [onerror], a[href^="javascript:"], a[href*="evil.example"]'),
    ].map((element) => element.outerHTML.slice(0, 100)),
  )

const HIDES = /[\u202A-\u202E\u2066-\u2069\u200B]/

for (const { path, shows } of [
  { path: '/users', shows: [...HOSTILE, 'a&#60b&lt@example.org', '{{7*7}}@example.org', 'U+202E', 'U+200B'] },
  { path: '/policies', shows: [HOSTILE[0]] },
  { path: '/policies/default', shows: [HOSTILE[0], HOSTILE[2], HOSTILE[5], 'U+202E', 'U+2066'] },
  { path: '/policies/default/review', shows: [HOSTILE[0], HOSTILE[2], HOSTILE[5], 'U+202E', 'U+2066'] },
  { path: '/policies/default/compare?from=1&to=2', shows: [HOSTILE[0]] },
  { path: '/policies/default/draft', shows: [HOSTILE[5]] },
  { path: '/account', shows: [HOSTILE[0]] },
  { path: '/', shows: [HOSTILE[0]] },
])
  test(`what people wrote stays text on ${path}`, async () => {
    const { page, complaints } = await visit(opened, context, path)
    for (const text of shows) await expect(page.getByText(text, { exact: false }).first(), text).toBeAttached()
    expect(await brokenOut(page)).toEqual([])
    expect(complaints).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280)
    const drawn = await page.evaluate(() =>
      [...document.querySelectorAll('main *')]
        .filter(({ childElementCount }) => childElementCount === 0)
        .map((leaf) => leaf.textContent ?? ''),
    )
    expect(drawn.filter((text) => HIDES.test(text))).toEqual([])
    await page.close()
  })
