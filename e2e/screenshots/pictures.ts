import { join } from 'node:path'
import { type Browser, type BrowserContext, type Page, test } from '@playwright/test'
import { stopEmbedded } from '../../db/embedded'
import { type Console, openConsole } from '../console'
import { ALIVE, ENTRY, type Place, README, STALE, WHEN_EMPTY } from './places'
import { type Seeded, type StorageState, seedFew, seedFull } from './seed'

type View = { readonly width: 1440 | 390; readonly colorScheme: 'dark' | 'light' }

const VIEWS: readonly View[] = [
  { width: 1440, colorScheme: 'dark' },
  { width: 1440, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
]
const HEIGHTS = { 1440: 900, 390: 844 } as const
/** A page that is longer than this is cut. */
const LONGEST = 2_000

const wordsOf = ({ width, colorScheme }: View): string => `${width}-${colorScheme}`

const contextOf = (browser: Browser, { width, colorScheme }: View, storageState?: StorageState): Promise<BrowserContext> =>
  browser.newContext({
    ...(storageState && { storageState }),
    viewport: { width, height: HEIGHTS[width] },
    colorScheme,
    hasTouch: width === 390,
    reducedMotion: 'reduce',
  })

async function shoot(page: Page, name: string, isWhole = true): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 }
  const whole = await page.evaluate(() => document.documentElement.scrollHeight)
  const path = join(test.info().project.outputDir, `${name}.png`)
  // Cut to what is drawn at once: nothing that is fixed to the window is moved by it.
  if (isWhole) await page.setViewportSize({ width, height: Math.min(Math.max(whole, height), LONGEST) })
  await page.screenshot({ path, animations: 'disabled' })
  await page.setViewportSize({ width, height })
}

async function open(page: Page, opened: Console, { path, ready, act }: Place, seeded: Seeded): Promise<void> {
  await page.goto(`${opened.url}${path(seeded)}`)
  await page.getByRole('heading').first().waitFor()
  if (ready) await ready(page)
  if (act) await act(page)
  await page.waitForLoadState('networkidle', { timeout: 1_500 }).catch((late: Error) => {
    if (late.name !== 'TimeoutError') throw late
  })
}

for (const { state, seed, places } of [
  { state: 'empty', seed: null, places: WHEN_EMPTY },
  { state: 'few', seed: seedFew, places: ALIVE },
  { state: 'full', seed: seedFull, places: ALIVE },
] as const)
  test.describe(state, () => {
    let opened: Console
    let seeded: Seeded
    test.beforeAll(async ({ browser }) => {
      opened = await openConsole()
      seeded = await (seed ?? setUp)(browser, opened)
    })
    test.afterAll(async () => {
      await seeded?.stop()
      await opened?.close()
    })

    for (const view of VIEWS)
      for (const [name, place] of Object.entries(places))
        test(`${state} ${name} ${wordsOf(view).replace('-', ' ')}`, async ({ browser }) => {
          const context = await contextOf(browser, view, name in ENTRY ? undefined : seeded.state)
          const page = await context.newPage()
          await open(page, opened, place, seeded)
          await shoot(page, `${state}-${name}-${wordsOf(view)}`)
          await context.close()
        })
  })

test.describe('readme', () => {
  let opened: Console
  let seeded: Seeded
  test.beforeAll(async ({ browser }) => {
    opened = await openConsole()
    seeded = await seedFull(browser, opened)
  })
  test.afterAll(async () => {
    await seeded?.stop()
    await opened?.close()
  })
  for (const [name, { place, colorScheme }] of Object.entries(README))
    test(`readme ${name}`, async ({ browser }) => {
      const context = await contextOf(browser, { width: 1440, colorScheme }, seeded.state)
      const page = await context.newPage()
      await open(page, opened, place, seeded)
      await page.getByText('live', { exact: true }).waitFor()
      await shoot(page, `readme-${name}`, false)
      await context.close()
    })
})

test('failing: the database stops while pages are looked at, and is still down when they are loaded again', async ({ browser }) => {
  test.setTimeout(600_000)
  const opened = await openConsole()
  const seeded = await seedFew(browser, opened)
  const shown: { readonly page: Page; readonly name: string; readonly context: BrowserContext }[] = []
  for (const view of VIEWS) {
    const context = await contextOf(browser, view, seeded.state)
    for (const [name, place] of Object.entries(STALE)) {
      const page = await context.newPage()
      await open(page, opened, place, seeded)
      shown.push({ page, context, name: `${name}-${wordsOf(view)}` })
    }
  }
  await seeded.stop()
  await stopEmbedded(opened.dataDir)
  await new Promise((resolve) => setTimeout(resolve, 20_000))
  for (const { page, name } of shown) await shoot(page, `failing-later-${name}`)
  for (const { page, name } of shown) {
    await page.reload({ waitUntil: 'domcontentloaded' })
    await page.getByRole('heading').first().waitFor()
    await shoot(page, `failing-${name}`)
  }
  await Promise.all(shown.map(({ context }) => context.close()))
  await opened.close()
})

/** The first admin comes as everywhere: by the link that the launcher prints. */
async function setUp(browser: Browser, { url, setUpUrl }: Console): Promise<Seeded> {
  for (const view of VIEWS) {
    const context = await contextOf(browser, view)
    const page = await context.newPage()
    await page.goto(setUpUrl ?? '')
    await shoot(page, `empty-set-up-${wordsOf(view)}`)
    await page.goto(`${url}/sign-in`)
    await shoot(page, `empty-sign-in-${wordsOf(view)}`)
    await context.close()
  }
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(setUpUrl ?? '')
  await page.getByLabel('E-mail').fill('maria@example.org')
  await page.getByLabel('Name').fill('Maria Lind')
  await page.getByLabel('Password').fill('a long sentence that nobody guesses')
  await page.getByRole('button', { name: 'Become the first admin' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const state = await context.storageState()
  await context.close()
  return { state, call: '', hold: '', invite: '', reset: '', stop: () => Promise.resolve() }
}
