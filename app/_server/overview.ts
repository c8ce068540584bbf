import 'server-only'
import { convergenceOf, type GatewayRow, gatewayStanding, NEEDS_LOOK, type StandingWord } from '../../components/gateways/standing'
import { meaningOf, wordOf } from '../../components/gateways/standing-words'
import type { CallSpan } from '../../components/overview/calls-chart'
import type { Need } from '../../components/overview/needs'
import { spansOf } from '../../components/overview/spans'
import { type RangeWord, withRange } from '../../core/activity/question'
import { type Actor, hasRight } from '../../core/roles'
import { foldActivity } from '../../db/activity-fold'
import { tallyCalls } from '../../db/activity-tallies'
import { draftsToReview } from '../../db/reviews'
import { listTooMany, type TooManyHolds } from '../../db/too-many-holds'
import { database } from './database'
import { countMine } from './inbox'
import { integrityHere } from './integrity'

const EVERYTHING = { range: { is: 'last', word: '24h' }, facets: {}, call: null } as const

/** Calls over time by outcome, as far as the log has been folded by now; whether that is all of it. */
export async function callsOverTime(range: RangeWord): Promise<{ readonly spans: readonly CallSpan[]; readonly isWhole: boolean }> {
  const folded = await foldActivity(database())
  const spans = spansOf(await tallyCalls(database(), withRange(EVERYTHING, { is: 'last', word: range }), 'outcome'))
  return { spans, isWhole: folded?.behind === 0 }
}

/** More gateways than these in trouble are one line. */
const GATEWAYS_NAMED = 3
const HOLDS_COUNTED = 100

/** What waits for this person, most urgent first. */
export async function needsOf(actor: Actor, gateways: readonly GatewayRow[]): Promise<readonly Need[]> {
  const [drafts, waiting, tooMany, integrity] = await Promise.all([
    hasRight(actor, 'policy.review') ? draftsToReview(database(), actor.id) : [],
    hasRight(actor, 'hold.decide') ? countMine(actor, HOLDS_COUNTED) : 0,
    hasRight(actor, 'hold.read') ? listTooMany(database()) : [],
    hasRight(actor, 'integrity.read') ? integrityHere() : null,
  ])
  return [
    ...(integrity && integrity !== 'unread' && integrity.alarms > 0 ? [alarmsNeed(integrity.alarms)] : []),
    ...(waiting === 0 ? [] : [holdsNeed(waiting)]),
    ...tooMany.map(tooManyNeed),
    ...drafts.map(({ id, name }) => ({
      kind: 'review' as const,
      key: id,
      subject: name,
      sentence: 'waits for your review.',
      href: `/policies/${encodeURIComponent(name)}/review`,
    })),
    ...gatewayNeeds(gateways),
  ]
}

const alarmsNeed = (open: number): Need => ({
  kind: 'integrity',
  key: 'integrity',
  subject: null,
  sentence: `${open} ${open === 1 ? 'alarm' : 'alarms'} about the log ${open === 1 ? 'is' : 'are'} open: see what was noticed, and by whom.`,
  href: '/integrity',
})

const holdsNeed = (mine: number): Need => ({
  kind: 'holds',
  key: 'holds',
  subject: null,
  sentence: `${mine === HOLDS_COUNTED ? `${mine} or more` : mine} ${mine === 1 ? 'call waits' : 'calls wait'} for your decision.`,
  href: '/inbox',
})

const tooManyNeed = ({ principal, waiting, denied }: TooManyHolds): Need => ({
  kind: 'holds',
  key: `too many ${principal}`,
  subject: principal,
  sentence: `has ${waiting} calls waiting, as many as it may: ${denied} more ${denied === 1 ? 'was' : 'were'} denied.`,
  href: '/inbox',
})

function gatewayNeeds(gateways: readonly GatewayRow[]): readonly Need[] {
  const troubled = gateways.map((row) => ({ row, standing: gatewayStanding(row) })).filter(({ standing }) => NEEDS_LOOK.has(standing))
  if (troubled.length <= GATEWAYS_NAMED)
    return troubled.map(({ row, standing }) => ({
      kind: 'gateway',
      key: row.id,
      subject: row.server,
      sentence: gatewaySentence(row, standing),
      href: '/gateways',
    }))
  const { current, of } = convergenceOf(gateways, null)
  const sentence = `${troubled.length} gateways need a look; ${current} of the ${of} that answer enforce what is in force.`
  return [{ kind: 'gateway', key: 'gateways', subject: null, sentence, href: '/gateways' }]
}

/** How it stands and what that means; what a gateway says itself stands on its page. */
function gatewaySentence(row: GatewayRow, standing: StandingWord): string {
  const meaning = standing === 'degraded' ? 'It enforces what is in force, and says what is wrong.' : meaningOf(standing, row, 0)
  return `is ${wordOf(standing).word.toLowerCase()}${meaning === null ? '.' : `. ${meaning}`}`
}
