import { expect } from '@playwright/test'
import { hasRight } from '../core/roles'
import { connect, type Sql } from '../db/connect'
import { test } from './browser'
import { type Console, openConsole } from './console'
import { type BuiltAction, builtActions } from './crawl-build'
import { bodyOf, hasStack, JUNK, multipart, post, type Said, saidIn } from './crawl-forge'
import { type Answer, ask, inTurns } from './crawl-http'
import { ACTIONS, type Action, Fields, ROUTES } from './crawl-matrix'
import { type Seeded, type Subject, seed } from './crawl-seed'
import { doings, markNow, stateOf, type Told, toldSince } from './crawl-state'

let opened: Console
let owner: Sql
let seeded: Seeded
let actions: readonly BuiltAction[]
let before: { readonly [table: string]: string }
let mark: string
let started: string

test.describe.configure({ mode: 'serial', timeout: 120_000 })

test.beforeAll(async () => {
  opened = await openConsole()
  owner = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test', max: 2 })
  seeded = await seed(opened)
  actions = await builtActions()
  started = await markNow(owner)
})

test.afterAll(async () => {
  await owner?.end()
  await opened?.close()
})

test.beforeEach(async () => {
  ;[before, mark] = [await stateOf(owner), await markNow(owner)]
})

/** Whatever was sent: no table holds anything else than before, and the log says of nobody that they did something. */
test.afterEach(async () => {
  expect(await stateOf(owner)).toEqual(before)
  expect(doings(await toldSince(owner, mark))).toEqual([])
})

const asked = (name: string): Action => {
  const action = ACTIONS[name]
  if (!action) throw new Error(`${name} is not in the matrix`)
  return action
}

const who = (wanted: string): Subject => {
  const found = seeded.subjects.find((subject) => subject.who === wanted)
  if (!found) throw new Error(`nobody is ${wanted}`)
  return found
}

const may = ({ roles }: Subject, { right }: Action): boolean => right === 'anybody' || hasRight({ roles }, right)

const pageOf = ({ name, pages }: BuiltAction): string => {
  const route = pages.map((page) => ROUTES[page]).find((each) => each !== undefined)
  if (!route) throw new Error(`${name} is on none of the pages of the matrix: ${pages.join(', ')}`)
  return seeded.fill(route.address).split('?')[0] ?? '/'
}

const filled = (arg: unknown): unknown => (arg instanceof Fields ? arg : JSON.parse(seeded.fill(JSON.stringify(arg))))

const call = (action: BuiltAction, { cookie }: Subject, headers = {}): Promise<Answer> =>
  post(opened.url, { page: pageOf(action), action: action.id, cookie, headers, ...bodyOf(asked(action.name).args.map(filled)) })

/** Waits for what is told after the answer: refusals do not hold it up. */
const told = async (wanted: (entry: Told) => boolean): Promise<readonly Told[]> => {
  await expect.poll(async () => (await toldSince(owner, mark)).some(wanted), { timeout: 15_000 }).toBe(true)
  return (await toldSince(owner, mark)).filter(wanted)
}

/** Leaving ends the session it is done with, so only those without one try. */
const LEAVING = 'app/(console)/actions.ts leave'

test('every action of the build is in the matrix, and nothing else is', () => {
  const built = actions.map(({ name }) => name).sort()
  const listed = Object.keys(ACTIONS).sort()
  const unlisted = built.filter((name) => !listed.includes(name))
  const gone = listed.filter((name) => !built.includes(name))
  const say = 'add or remove the line of an action in ACTIONS of e2e/crawl-matrix.ts: its right, and arguments that change nothing'
  expect({ unlisted, gone }, say).toEqual({ unlisted: [], gone: [] })
})

/** What would turn the review off, by somebody who may: if it is heard at all, it is done. */
const effective = async (): Promise<{ readonly action: BuiltAction; readonly args: readonly unknown[] }> => {
  const action = actions.find(({ name }) => name.endsWith('setReview'))
  const [row] = await owner<{ revision: number; review: string }[]>`select revision, review from countersign.settings`
  if (!action || !row) throw new Error('there is a setting')
  return { action, args: [{ review: row.review === 'off' ? 'on' : 'off', revision: row.revision }] }
}

const send = async (headers: Readonly<Record<string, string | undefined>>, page = '/settings'): Promise<Answer> => {
  const { action, args } = await effective()
  return post(opened.url, { page, action: action.id, cookie: who('admin').cookie, headers, ...bodyOf(args) })
}

const FOREIGN = [
  { from: 'another site', headers: { origin: 'https://evil.example' } },
  { from: 'another site that the browser names', headers: { 'sec-fetch-site': 'cross-site' } },
  { from: 'another port of this machine', headers: { origin: 'http://127.0.0.1:1', 'sec-fetch-site': undefined } },
  { from: 'a page that has no origin', headers: { origin: 'null' } },
  { from: 'our name over another protocol', headers: { origin: 'https:' } },
  { from: 'nowhere', headers: { origin: undefined, 'sec-fetch-site': undefined } },
  { from: 'no browser at all, by its own word', headers: { 'sec-fetch-site': 'none' } },
  { from: 'another site, for a host of its own', headers: { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' } },
  { from: 'a host that was forwarded, and is not ours', headers: { 'x-forwarded-host': 'evil.example' } },
  {
    from: 'a proxy that has run already',
    headers: { origin: 'https://evil.example', 'x-middleware-subrequest': Array(5).fill('proxy').join(':') },
  },
] as const

// Before the rest: of more kinds of refusals than are told apart at once the log has no address (db/request-refusals.ts).
test('a change from another origin is refused and recorded, though its session could make it', async () => {
  for (const { from, headers } of FOREIGN) {
    const own = 'origin' in headers && headers.origin === 'https:' ? { origin: opened.url.replace('http:', 'https:') } : headers
    const answer = await send(own)
    expect(saidIn(answer), from).toBeNull()
    expect(answer.status, from).toBeGreaterThanOrEqual(400)
    expect(hasStack(answer), from).toBe(false)
  }
  expect((await told(({ because }) => because === 'wrong_origin'))[0]).toMatchObject({ type: 'request.refused', address: '127.0.0.1' })
})

test('whoever lacks the right of an action is refused, and nothing changes', async () => {
  const wrong: string[] = []
  const attempts = actions.flatMap((action) =>
    seeded.subjects.filter((subject) => !may(subject, asked(action.name))).map((subject) => ({ action, subject })),
  )
  await inTurns(attempts, async ({ action, subject }) => {
    const answer = await call(action, subject)
    const fault = saidIn(answer)?.fault
    const wanted = subject.roles.length === 0 ? 'unauthenticated' : 'forbidden'
    if (answer.status !== 200 || fault !== wanted) wrong.push(`${action.name} as ${subject.who}: ${answer.status} ${fault}`)
  })
  expect(wrong).toEqual([])
  expect(attempts.length).toBeGreaterThan(100)
  const refused = await told(({ because, right }) => because === 'forbidden' && right === 'user.manage')
  expect(refused[0]).toMatchObject({ type: 'request.refused', actor: expect.stringMatching(/^[0-9a-f]{32}$/), address: '127.0.0.1' })
  await told(({ because, actor }) => because === 'unauthenticated' && actor === null)
})

test('whoever has the right is let to the verb: what was refused above was refused for the right alone', async () => {
  const wrong: string[] = []
  const attempts = actions.flatMap((action) =>
    seeded.subjects
      .filter((subject) => action.name !== LEAVING && may(subject, asked(action.name)))
      .map((subject) => ({ action, subject })),
  )
  await inTurns(attempts, async ({ action, subject }) => {
    const said = saidIn(await call(action, subject))
    if (!wasHeard(said)) wrong.push(`${action.name} as ${subject.who}: ${JSON.stringify(said)}`)
  })
  expect(wrong).toEqual([])
})

const wasHeard = (said: Said | null): boolean => {
  if (said === null || said.fault === 'forbidden' || said.fault === 'failed') return false
  if (said.fault === 'unauthenticated') return said.because?.includes('password') ?? false
  return !said.because?.startsWith('This request is not of the form')
}

test('leaving without a session leaves nothing behind', async () => {
  const action = actions.find(({ name }) => name === LEAVING)
  if (!action) throw new Error('there is a way out')
  for (const subject of seeded.subjects.filter(({ roles }) => roles.length === 0))
    expect((await call(action, subject)).status).toBeLessThan(400)
})

test('what no page sends changes nothing and tells nothing of the inside, whoever sends it', async () => {
  const wrong: string[] = []
  const admin = who('admin')
  const attempts = actions
    .filter(({ name }) => name !== LEAVING)
    .flatMap((action, at) => JUNK.filter((_, junk) => junk % 3 === at % 3 || at < 3).map((junk) => ({ action, junk })))
  await inTurns(attempts, async ({ action, junk: { what, body, type = 'text/plain;charset=UTF-8' } }) => {
    const answer = await post(opened.url, { page: pageOf(action), action: action.id, cookie: admin.cookie, body, type })
    if (hasStack(answer)) wrong.push(`${action.name}, ${what}: says too much`)
    if (answer.status >= 500 && answer.text.length > 200) wrong.push(`${action.name}, ${what}: ${answer.status}`)
    if (saidIn(answer)?.fault === 'failed') wrong.push(`${action.name}, ${what}: failed`)
  })
  expect(wrong).toEqual([])
  expect((await ask(opened.url, { path: '/', headers: { cookie: admin.cookie ?? '' } })).status).toBe(200)
  await told(({ because }) => because === 'malformed')
})

test('a name that is not ours is refused and recorded, whatever is asked', async () => {
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', 'user@127.0.0.1', '0x7f.1', '[::ffff:127.0.0.1]'])
    expect((await send({ host, origin: `http://${host}` })).status, host).toBeGreaterThanOrEqual(400)
  await told(({ because }) => because === 'wrong_host')
})

test('no other method changes anything, nor does an action that is named in a GET', async () => {
  const { action, args } = await effective()
  const { body } = bodyOf(args)
  const cookie = who('admin').cookie ?? ''
  const routes = Object.values(ROUTES).filter(({ streams }) => !streams)
  for (const { address } of routes)
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await ask(opened.url, { method, path: seeded.fill(address), headers: { cookie, origin: opened.url }, body })
      expect({ address, method, status: answer.status }).toEqual({ address, method, status: 405 })
    }
  for (const method of ['GET', 'HEAD']) {
    const headers = { cookie, origin: opened.url, 'next-action': action.id, 'content-type': 'text/plain;charset=UTF-8' }
    expect(saidIn(await ask(opened.url, { method, path: '/settings', headers, body })), method).toBeNull()
  }
})

test('an action that does not exist is refused and recorded, by header and by form', async () => {
  const cookie = who('admin').cookie
  for (const id of ['0'.repeat(42), '7f'.repeat(21), 'x', '__proto__', '../../etc/passwd', `${actions[0]?.id}0`]) {
    for (const { action, ...body } of [
      { action: id, ...bodyOf([]) },
      { action: null, ...multipart([[`$ACTION_ID_${id}`, '']]) },
      {
        action: null,
        ...multipart([
          [`$ACTION_REF_1`, ''],
          ['$ACTION_1:0', `{"id":"${id}","bound":"$@1"}`],
          ['$ACTION_1:1', '[]'],
        ]),
      },
    ]) {
      const answer = await post(opened.url, { page: '/settings', action, cookie, ...body })
      expect(saidIn(answer), id).toBeNull()
      expect(hasStack(answer), id).toBe(false)
    }
  }
  await told(({ because }) => because === 'unknown_action')
})

test('a thousand forgeries are a handful of entries', async () => {
  await inTurns(Array.from({ length: 1_000 }), async () => {
    await post(opened.url, {
      page: '/settings',
      action: 'x',
      cookie: null,
      headers: { origin: 'https://evil.example' },
      body: '[]',
      type: 'text/plain',
    })
  })
  // The first of a kind is told at once, which another test may have had; what follows is one entry a minute.
  const ofThisKind = (await toldSince(owner, started)).filter(({ because }) => because === 'wrong_origin')
  expect(ofThisKind.length).toBeGreaterThan(0)
  expect(ofThisKind.length).toBeLessThan(12)
})
