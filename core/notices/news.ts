import { quote } from '../quote'

/** What of a hold can be told. */
export const HOLD_EVENTS = ['hold.open', 'hold.approved', 'hold.denied', 'hold.expired', 'hold.cancelled', 'hold.revoked'] as const
export type HoldEvent = (typeof HOLD_EVENTS)[number]

/** All that leaves the house about a hold: nothing of its arguments, nor any sentence that could repeat them. Times are ISO 8601. */
export type HoldFacts = {
  readonly hold: string
  readonly server: string
  readonly tool: string
  readonly principal: string
  readonly rule: string
  readonly decideBy: string
}

/** One thing to tell one destination. `id` stays the same however often it is sent; `link` is where a person can do something about it. */
export type News = {
  readonly id: string
  readonly event: HoldEvent | 'test'
  readonly at: string
  readonly facts: HoldFacts | null
  readonly link: string
}

/** Where the console shows a hold, or all of them. */
export const inboxLink = (consoleUrl: string, hold: string | null): string => `${consoleUrl}/inbox${hold === null ? '' : `/${hold}`}`

const WORDS: { readonly [event in HoldEvent]: string } = {
  'hold.open': 'waits for approval',
  'hold.approved': 'was approved',
  'hold.denied': 'was denied',
  'hold.expired': 'expired: nobody answered or used it in time',
  'hold.cancelled': 'was cancelled',
  'hold.revoked': 'had its approval revoked',
}

const TEST = 'This is a test of Countersign: what is told of held calls arrives here.'

/** One sentence of it, with `shown` around whatever an agent, a server or a policy chose the characters of. */
export function headline({ event, facts }: News, shown: (text: string) => string): string {
  if (event === 'test' || facts === null) return TEST
  return `${shown(facts.tool)} on ${shown(facts.server)} ${WORDS[event]} (${facts.hold})`
}

/** The facts that follow the headline, each with its name. */
export function details(
  { event, facts }: News,
  shown: (text: string) => string,
): readonly { readonly name: string; readonly text: string }[] {
  if (event === 'test' || facts === null) return []
  const asked = [
    { name: 'Asked by', text: shown(facts.principal) },
    { name: 'Held by rule', text: shown(facts.rule) },
  ]
  return event === 'hold.open' ? [...asked, { name: 'Decide by', text: facts.decideBy }] : asked
}

/** Chat and mail are read in a hurry: of a long name its beginning is enough to find the hold. */
const SHOWN_AT_MOST = 80

/** In quotes, on one line, with everything that hides or reorders drawn as a token. */
export const quotedName = (text: string): string => quote(text, SHOWN_AT_MOST)
