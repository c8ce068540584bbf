import { quote } from '../quote'

/** What can be told: what becomes of a hold, and that an agent may hold no more. */
export const NOTICE_EVENTS = [
  ...(['hold.open', 'hold.approved', 'hold.denied', 'hold.expired', 'hold.cancelled', 'hold.revoked'] as const),
  'alert.too_many_holds',
] as const
export type NoticeEvent = (typeof NOTICE_EVENTS)[number]

/** All that leaves the house about a hold: nothing of its arguments, nor any sentence that could repeat them. Times are ISO 8601. */
export type HoldFacts = {
  readonly hold: string
  readonly server: string
  readonly tool: string
  readonly principal: string
  readonly rule: string
  readonly decideBy: string
}

/** Of an agent that has so many calls waiting that more of them are denied; server and tool are those of the call denied first. */
export type AgentFacts = { readonly principal: string; readonly server: string; readonly tool: string; readonly waiting: number }

/** One thing to tell one destination. `id` stays the same however often it is sent; `link` is where a person can do something about it. */
export type News = {
  readonly id: string
  readonly event: NoticeEvent | 'test'
  readonly at: string
  readonly facts: HoldFacts | AgentFacts | null
  readonly link: string
}

/** Where the console shows a hold, or all of them. */
export const inboxLink = (consoleUrl: string, hold: string | null): string => `${consoleUrl}/inbox${hold === null ? '' : `/${hold}`}`

const WORDS: { readonly [event in NoticeEvent]: string } = {
  'hold.open': 'waits for approval',
  'hold.approved': 'was approved',
  'hold.denied': 'was denied',
  'hold.expired': 'expired: nobody answered or used it in time',
  'hold.cancelled': 'was cancelled',
  'hold.revoked': 'had its approval revoked',
  'alert.too_many_holds': 'has so many calls waiting for people that more of them are denied',
}

const TEST = 'This is a test of Countersign: what is told of held calls arrives here.'

/** One sentence of it, with `shown` around whatever an agent, a server or a policy chose the characters of. */
export function headline({ event, facts }: News, shown: (text: string) => string): string {
  if (event === 'test' || facts === null) return TEST
  return 'hold' in facts
    ? `${shown(facts.tool)} on ${shown(facts.server)} ${WORDS[event]} (${facts.hold})`
    : `${shown(facts.principal)} ${WORDS[event]} (${facts.waiting})`
}

/** The facts that follow the headline, each with its name. */
export function details(
  { event, facts }: News,
  shown: (text: string) => string,
): readonly { readonly name: string; readonly text: string }[] {
  if (event === 'test' || facts === null) return []
  if (!('hold' in facts)) return [{ name: 'Denied first', text: `${shown(facts.tool)} on ${shown(facts.server)}` }]
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
