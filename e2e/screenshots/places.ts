import type { Page } from '@playwright/test'
import type { Seeded } from './seed'

/** A page to picture: where it is, what must be there before it is, and what is done to it first. */
export type Place = {
  readonly path: (seeded: Seeded) => string
  readonly ready?: (page: Page) => Promise<unknown>
  readonly act?: (page: Page) => Promise<unknown>
}

const at = (path: string): Place => ({ path: () => path })
/** At a desk the outcomes stand beside the text; on a phone there is the text to read. */
const judged = async (page: Page) => {
  const isPhone = (page.viewportSize()?.width ?? 0) < 768
  if (isPhone) await page.getByTestId('policy-text').locator('.view-line').first().waitFor()
  else await page.getByText(/of [\d,]+ would change/).waitFor({ timeout: 30_000 })
}

/** At a desk the first card opens by itself. */
async function cardAtDesk(page: Page): Promise<void> {
  const isPhone = (page.viewportSize()?.width ?? 0) < 768
  if (!isPhone && (await page.getByRole('list', { name: 'Calls that wait' }).count()) > 0) await page.getByRole('article').waitFor()
}

/** Pages of those who are not signed in. */
export const ENTRY = {
  'sign-in': at('/sign-in'),
  'sign-in-refused': at('/sign-in?error=not_invited'),
  invite: { path: ({ invite }) => `/invite/${invite}` },
  reset: { path: ({ reset }) => `/reset/${reset}` },
  'reset-over': at('/reset/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
  'invite-over': at('/invite/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
  'set-up-over': at('/set-up?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
} as const satisfies { readonly [name: string]: Place }

export const WHEN_EMPTY = {
  overview: at('/'),
  inbox: { path: () => '/inbox', ready: cardAtDesk },
  'inbox-history': at('/inbox/history'),
  'inbox-grants': at('/inbox/grants'),
  activity: at('/activity'),
  policies: at('/policies'),
  editor: at('/policies/default/draft'),
  gateways: at('/gateways'),
  integrity: at('/integrity'),
  users: at('/users'),
  settings: at('/settings'),
  evidence: at('/evidence'),
  account: at('/account'),
  'not-found': at('/policies/none/compare'),
  palette: { path: () => '/', act: openPalette },
} as const satisfies { readonly [name: string]: Place }

export const ALIVE = {
  ...WHEN_EMPTY,
  ...ENTRY,
  editor: { path: () => '/policies/default/draft', ready: judged },
  hold: { path: ({ hold }) => `/inbox/${hold}` },
  'hold-narrow': { path: ({ hold }) => `/inbox/${hold}`, act: (page) => page.getByRole('button', { name: /^Approve narrow/ }).click() },
  'hold-none': at('/inbox/H-0000000000'),
  'inbox-unanswered': at('/inbox/history?end=unanswered'),
  'notify-new': { path: () => '/settings', act: (page) => page.getByRole('button', { name: /^Add/ }).click() },
  'activity-denied': at('/activity?outcome=deny&range=7d'),
  'activity-nothing': at('/activity?tool=nothing'),
  call: { path: ({ call }) => `/activity/${call}` },
  'integrity-entry': {
    path: ({ call }) => `/integrity?find=${call}`,
    ready: (page) =>
      page
        .getByText(/Verified here|Not sealed yet/)
        .first()
        .waitFor(),
  },
  policy: at('/policies/default'),
  review: { path: () => '/policies/default/review', ready: (page) => page.getByText(/\d+ differences?/).waitFor() },
  compare: { path: () => '/policies/default/compare?from=1&to=2', ready: (page) => page.getByText(/\d+ differences?/).waitFor() },
  nowhere: at('/nowhere'),
  filters: { path: () => '/activity', act: (page) => page.getByRole('button', { name: 'Tool', exact: true }).click() },
  more: { path: () => '/', act: openMore },
} as const satisfies { readonly [name: string]: Place }

/** Pages that stay open while the database goes; a browser has six connections for them all. */
export const STALE = {
  overview: ALIVE.overview,
  hold: ALIVE.hold,
  activity: ALIVE.activity,
  gateways: ALIVE.gateways,
  editor: ALIVE.editor,
} as const satisfies { readonly [name: string]: Place }

/** What the README shows, cut to a window. */
export const README = {
  overview: { place: ALIVE.overview, colorScheme: 'light' },
  activity: { place: ALIVE.activity, colorScheme: 'dark' },
  inbox: { place: ALIVE.hold, colorScheme: 'light' },
  editor: { place: ALIVE.editor, colorScheme: 'light' },
} as const satisfies { readonly [name: string]: { readonly place: Place; readonly colorScheme: 'dark' | 'light' } }

async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').waitFor()
}

/** On a phone the rest of the navigation, at a desk the account. */
async function openMore(page: Page): Promise<void> {
  const isPhone = (page.viewportSize()?.width ?? 0) < 768
  await page.getByRole('button', { name: isPhone ? /More/ : /Account of/ }).click()
}
