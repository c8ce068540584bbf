import { type Browser, type BrowserContext, type BrowserContextOptions, test as base } from '@playwright/test'

/**
 * Playwright's `test` with a browser that hands on the contexts that are done: a new one has to fetch and compile every script anew, which
 * is half of what a page costs. What it handed on carries no cookie, no permission and no stored value of whoever had it before. A context
 * that a test leaves open is done when the test is; one of a `beforeAll` stays.
 */
export const test = base.extend<{ readonly returned: undefined }, { readonly handedOn: HandedOn }>({
  handedOn: [async ({ browser }, use) => use(handOn(browser)), { scope: 'worker', auto: true }],
  returned: [
    async ({ handedOn }, use) => {
      handedOn.begin()
      await use(undefined)
      await handedOn.end()
    },
    { auto: true },
  ],
})

type HandedOn = {
  /** What is taken from now on belongs to one test. */
  begin(): void
  /** That test is over. */
  end(): Promise<void>
}

function handOn(browser: Browser): HandedOn {
  const make = browser.newContext.bind(browser)
  const idle = new Map<string, BrowserContext[]>()
  const taken = new Set<BrowserContext>()
  let inTest = false

  browser.newContext = async (options = {}) => {
    if (!isPlain(options)) return make(options)
    const key = JSON.stringify(options)
    const context = idle.get(key)?.pop() ?? (await made(key, options))
    if (inTest) taken.add(context)
    return context
  }

  const made = async (key: string, options: BrowserContextOptions): Promise<BrowserContext> => {
    const context = await make(options)
    const close = context.close.bind(context)
    let spoiled = false
    for (const name of SPOILING) {
      const spoil = context[name].bind(context) as (...given: unknown[]) => unknown
      const marked = (...given: unknown[]) => {
        spoiled = true
        return spoil(...given)
      }
      Object.assign(context, { [name]: marked })
    }
    context.close = async () => {
      taken.delete(context)
      if (spoiled || !(await emptied(context))) return close()
      idle.set(key, [...(idle.get(key) ?? []), context])
    }
    return context
  }

  return {
    begin: () => {
      inTest = true
    },
    end: async () => {
      inTest = false
      await Promise.all([...taken].map((context) => context.close()))
    },
  }
}

/** What stays with a context and can't be seen to be gone. */
const SPOILING = [
  'addInitScript',
  'exposeBinding',
  'exposeFunction',
  'grantPermissions',
  'route',
  'setExtraHTTPHeaders',
  'setOffline',
] as const

/** Sizes and colours alone: who asks for more than that, or brings a session along, gets a context of its own. */
const isPlain = (options: BrowserContextOptions): boolean =>
  Object.entries(options).every(([name, value]) => value === undefined || name === 'viewport' || name === 'colorScheme')

/** Whether nothing is left in it; where nothing shows which site it held, that can't be said. */
async function emptied(context: BrowserContext): Promise<boolean> {
  const [page, ...others] = context.pages()
  if (!page) return false
  const origins = new Set(context.pages().map((each) => new URL(each.url()).origin))
  await Promise.all(others.map((each) => each.close()))
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setScriptExecutionDisabled', { value: true })
  for (const origin of origins) if (origin !== 'null') await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
  await context.clearCookies()
  await page.close()
  return true
}
