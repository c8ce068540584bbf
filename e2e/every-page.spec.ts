import { expect } from '@playwright/test'
import { violationsOf } from './axe'
import { test } from './browser'
import { type Console, openConsole, record, signIn } from './console'
import { furnish, HOSTILE, OUTCOMES, sayGateway } from './furnish'
import { ALONE, EDITED, FRAMED, settle, visit } from './visit'

let opened: Console

test.describe.configure({ mode: 'parallel' })

/** Every outcome, names that hide something, and names as long as they may be. */
test.beforeAll(async () => {
  opened = await openConsole()
  await furnish(opened)
  await record(opened, [
    ...OUTCOMES,
    ...HOSTILE.map(({ name }) => ({ tool: name, server: name, rule: name })),
    { tool: 'x'.repeat(256), server: 'y'.repeat(256), principal: { id: 'z'.repeat(256), assurance: 'asserted' } },
  ])
  for (const [at, { name }] of HOSTILE.entries()) await sayGateway(opened, `${at}`, { server: name, host: name, because: name })
  await sayGateway(opened, 'f', { server: 'y'.repeat(256), host: 'h'.repeat(256), because: 'b'.repeat(600) })
})

test.afterAll(() => opened.close())

// Every rule once at each width, on pages as they were loaded; in the other theme the rule that could tell.
for (const { name, width, first, second, tag } of [
  { name: 'a phone', width: 390, first: 'light', second: null, tag: [] },
  { name: 'a desk', width: 1440, first: 'dark', second: 'light', tag: ['@slow'] },
] as const)
  test(`on ${name} nothing runs off the side, nothing breaks the policy for content, and axe finds nothing`, { tag: [...tag] }, async ({
    browser,
  }) => {
    test.slow()
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: first })
    await signIn(context, opened, ['viewer'], { name: '<b>\u202Eadmin</b>' })
    await signIn(context, opened, ['admin'], { name: 'n'.repeat(100) })
    for (const path of [...FRAMED, ...EDITED, ...ALONE]) {
      const { page, complaints } = await visit(opened, context, path)
      await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible()
      await settle(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width)
      expect(await violationsOf(page), `${path} by ${first}`).toEqual([])
      if (second !== null) {
        await page.emulateMedia({ colorScheme: second })
        await expect.poll(() => page.evaluate(transitions)).toBe(0)
        expect(await violationsOf(page, ['color-contrast']), `${path} by ${second}`).toEqual([])
      }
      const expected = path === '/nowhere' ? 1 : 0
      expect(complaints.length, `${path}: ${complaints.join('\n')}`).toBe(expected)
      await page.close()
    }
    await context.close()
  })

/** How many colours are still on their way; what pulses for as long as one waits is none. */
const transitions = (): number =>
  document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations !== Number.POSITIVE_INFINITY).length
