import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@playwright/test'
import { hasRight } from '../core/roles'
import { freePort } from '../db/free-port'
import { test } from './browser'
import { type Console, openConsole } from './console'
import { buildWithoutProxy, builtRoutes } from './crawl-build'
import { type Answer, ask, inTurns, VARIANTS } from './crawl-http'
import { CANARIES, canary, type Kind, ROUTES, type Route } from './crawl-matrix'
import { type Seeded, type Subject, seed } from './crawl-seed'

const KINDS = Object.keys(CANARIES) as Kind[]
const LISTENS_MS = 300
/** The page that says that the server failed says so whenever it is asked for. */
const ITS_OWN_ERROR = '/_global-error'

let opened: Console
let seeded: Seeded

test.beforeAll(async () => {
  opened = await openConsole()
  seeded = await seed(opened)
})

test.afterAll(() => opened.close())

test.describe.configure({ mode: 'serial', timeout: 240_000 })

const mayKnow = ({ roles }: Subject, kind: Kind): boolean => {
  const to = CANARIES[kind]
  return to !== 'nobody' && hasRight({ roles }, to)
}

const mayOpen = ({ roles }: Subject, { right }: Route): boolean => right === 'anybody' || hasRight({ roles }, right)

const found = (text: string): readonly Kind[] => {
  const lower = text.toLowerCase()
  return KINDS.filter((kind) => lower.includes(canary(kind)))
}

/** What is in the question may come back in the answer: the name of a policy stands in its address. */
const leaks = (subject: Subject, asked: string, answer: Answer): readonly Kind[] => {
  const text = `${JSON.stringify(answer.headers)}\n${answer.text}`
  return found(text).filter((kind) => !mayKnow(subject, kind) && !found(asked).includes(kind))
}

const headersFor = ({ cookie }: Subject, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
  const cookies = [cookie, more.cookie].filter((each) => each !== null && each !== undefined)
  return { ...more, ...(cookies.length > 0 ? { cookie: cookies.join('; ') } : {}) }
}

test('every page and route of the build is in the matrix, and nothing else is', async () => {
  const [built, listed] = [await builtRoutes(), Object.keys(ROUTES)]
  const unlisted = built.filter((route) => !listed.includes(route))
  const gone = listed.filter((route) => !built.includes(route))
  const say =
    'add or remove the line of a route in ROUTES of e2e/crawl-matrix.ts: its right, an address that fills it, and what it must show'
  expect({ unlisted, gone }, say).toEqual({ unlisted: [], gone: [] })
})

test('every page and route shows what it is for to everybody who may see it: the crawl can fail', async () => {
  for (const [name, route] of Object.entries(ROUTES))
    for (const subject of seeded.subjects.filter((each) => mayOpen(each, route))) {
      const asked = { path: seeded.fill(route.address), headers: headersFor(subject), ...(route.streams ? { forMs: LISTENS_MS } : {}) }
      const answer = await ask(opened.url, asked)
      const wanted = route.shows.filter((kind) => mayKnow(subject, kind))
      expect(found(answer.text), `${name} as ${subject.who}`).toEqual(expect.arrayContaining(wanted))
      expect(answer.status >= 500 && name !== ITS_OWN_ERROR, `${name} as ${subject.who}: ${answer.status}`).toBe(false)
    }
})

test('whoever may not is led to the sign-in, told no, or told that there is nothing', async () => {
  for (const [name, route] of Object.entries(ROUTES))
    for (const subject of seeded.subjects.filter((each) => !mayOpen(each, route))) {
      const answer = await ask(opened.url, { path: seeded.fill(route.address), headers: headersFor(subject), forMs: 3_000 })
      const leads = answer.status === 307 && String(answer.headers.location).startsWith('/sign-in')
      expect(leads || [401, 403, 404].includes(answer.status), `${name} as ${subject.who}: ${answer.status}`).toBe(true)
    }
})

type Asked = { readonly name: string; readonly route: Route; readonly subject: Subject; readonly at: number }

/** Of whom every way is asked; of the rest, who are told apart by the same line of code, every fourth, another for each route. */
const BY_EVERY_WAY = ['nobody', 'viewer']
const ONE_IN = 4

/** Some of the ways for everybody, others for each route and each person. */
const SOME_IN = 11
const someQuestions = (isAsking: (subject: Subject) => boolean): readonly Asked[] =>
  Object.entries(ROUTES).flatMap(([name, route], place) =>
    seeded.subjects
      .filter(isAsking)
      .flatMap((subject, who) =>
        VARIANTS.map((_, at) => ({ name, route, subject, at })).filter(({ at }) => (at + place + who) % SOME_IN === 0),
      ),
  )

const everyQuestion = (isAsking: (subject: Subject) => boolean): readonly Asked[] =>
  Object.entries(ROUTES).flatMap(([name, route], place) =>
    seeded.subjects
      .filter(isAsking)
      .flatMap((subject) =>
        VARIANTS.map((_, at) => ({ name, route, subject, at })).filter(
          ({ at }) => BY_EVERY_WAY.includes(subject.who) || (at + place) % ONE_IN === 0,
        ),
      ),
  )

/** By its plain name every page was asked for by everybody; whom nothing of the console is kept from need not ask by every other. */
const lacksSomething = (subject: Subject): boolean => KINDS.some((kind) => CANARIES[kind] !== 'nobody' && !mayKnow(subject, kind))

const hasFailed = (name: string, { status, text }: Answer): boolean =>
  (status >= 500 && name !== ITS_OWN_ERROR) || /\n\s+at .+:\d+:\d+/.test(text)

/** Asks everything of a console, and answers what was told to whom that should not have been. */
async function crawl(
  origin: string,
  questions: readonly Asked[],
): Promise<{ readonly asked: number; readonly told: number; readonly wrong: readonly string[] }> {
  const wrong: string[] = []
  let told = 0
  await inTurns(questions, async ({ name, route, subject, at }) => {
    const variant = VARIANTS[at]
    if (!variant) return
    const path = variant.path(seeded.fill(route.address))
    const forMs = route.streams ? { forMs: LISTENS_MS } : {}
    const answer = await ask(origin, { path, headers: headersFor(subject, variant.headers), ...forMs })
    if (found(answer.text).length > 0) told += 1
    const what = `${name} as ${subject.who}, ${variant.variant}`
    const leaked = leaks(subject, path, answer)
    if (leaked.length > 0) wrong.push(`${what}: ${leaked.join(', ')}`)
    if (hasFailed(name, answer)) wrong.push(`${what}: ${answer.status}`)
  })
  return { asked: questions.length, told, wrong }
}

test('no page tells anybody what is not for them, by some of its names', async () => {
  const { asked, told, wrong } = await crawl(opened.url, someQuestions(lacksSomething))
  expect(wrong).toEqual([])
  expect(asked).toBeGreaterThan(200)
  expect(told).toBeGreaterThan(20)
})

test('no page tells anybody what is not for them, by whatever name it is asked', { tag: '@slow' }, async () => {
  const { asked, told, wrong } = await crawl(opened.url, everyQuestion(lacksSomething))
  expect(wrong).toEqual([])
  expect(asked).toBeGreaterThan(1_500)
  expect(told).toBeGreaterThan(150)
})

const NOT_IN_OR_LEAST = ['nobody', 'somebody signed out', 'author']

test('nor without the proxy: what it says of a request is convenience, and no page relies on it', { tag: '@slow' }, async () => {
  const bare = await startWithoutProxy()
  try {
    const plain = await ask(bare.url, { path: '/sign-in' })
    expect(plain.headers['x-frame-options'], 'the proxy must be away').toBeUndefined()
    const { told, wrong } = await crawl(
      bare.url,
      everyQuestion(({ who }) => NOT_IN_OR_LEAST.includes(who)),
    )
    expect(wrong).toEqual([])
    expect(told).toBeGreaterThan(50)
  } finally {
    await bare.close()
  }
})

async function startWithoutProxy(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { script, remove } = await buildWithoutProxy()
  const port = await freePort()
  const { database, dataDir } = opened
  const env = {
    ...process.env,
    ...{ COUNTERSIGN_DATABASE_URL: database.urlFor('console'), COUNTERSIGN_HOME: dataDir },
    ...{ HOSTNAME: '127.0.0.1', PORT: String(port), NODE_ENV: 'production' as const },
  }
  const child: ChildProcess = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'], env })
  const url = `http://127.0.0.1:${port}`
  const close = async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    await remove()
  }
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answered = await ask(url, { path: '/icon.svg' }).catch(() => null)
    if (answered) return { url, close }
    await sleep(100)
  }
  await close()
  throw new Error('the console without its proxy did not answer')
}

test('a way back leads nowhere else', async () => {
  const viewer = seeded.subjects.find(({ who }) => who === 'viewer')
  if (!viewer) throw new Error('there is a viewer')
  for (const next of ['//e.example', '/..//e.example', '/.//e.example', '/\\e.example', '/\t/e.example', 'https://e.example', '/sign-in']) {
    const answer = await ask(opened.url, { path: `/sign-in?next=${encodeURIComponent(next)}`, headers: headersFor(viewer) })
    expect({ next, status: answer.status, to: answer.headers.location }).toEqual({ next, status: 307, to: '/' })
  }
})
