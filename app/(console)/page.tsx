import type { Metadata } from 'next'
import { LiveRefresh } from '../../components/live/live-refresh'
import { CallsChart, CallTotals } from '../../components/overview/calls-chart'
import { FirstSteps } from '../../components/overview/first-steps'
import { GatewayHealth } from '../../components/overview/gateway-health'
import { InForceList } from '../../components/overview/in-force'
import { LastDecisions } from '../../components/overview/last-decisions'
import { Needs } from '../../components/overview/needs'
import { Panel } from '../../components/overview/panel'
import { Link } from '../../components/ui/link'
import { PageHeader } from '../../components/ui/page-header'
import { addressOf, type Question, type RangeWord } from '../../core/activity/question'
import { hasRight } from '../../core/roles'
import { listDecisions, logMark } from '../../db/decisions'
import { database } from '../_server/database'
import { gatewaysHere, inForceHere } from '../_server/fleet'
import { callsOverTime, needsOf } from '../_server/overview'
import { actorOrSignIn } from '../_server/session'

export const metadata: Metadata = { title: 'Overview' }

const LAST_SHOWN = 10
const SHOWN_RANGES = { '24h': '24 hours', '7d': '7 days' } as const satisfies { readonly [word in RangeWord]?: string }
const OUTCOMES = { allow: 'allow', held: 'escalate', deny: 'deny' } as const

type PageProps = { readonly searchParams: Promise<{ readonly range?: string | string[] }> }

export default async function OverviewPage({ searchParams }: PageProps) {
  const actor = await actorOrSignIn('overview.read')
  const range = (await searchParams).range === '7d' ? '7d' : '24h'
  // Before the rest is read: what comes in between is asked for again.
  const mark = await logMark(database())
  const [gateways, inForce] = await Promise.all([gatewaysHere(), inForceHere()])
  const [needs, { spans, isWhole }, last] = await Promise.all([
    needsOf(actor, gateways),
    callsOverTime(range),
    listDecisions(database(), LAST_SHOWN),
  ])
  const isNew = last.length === 0
  return (
    <>
      <PageHeader title="Overview">What needs you, what agents asked for, and who enforces which policy.</PageHeader>
      <div className="grid gap-x-10 gap-y-7 xl:grid-cols-[minmax(0,1fr)_360px]">
        <div className="min-w-0 space-y-7">
          {(needs.length > 0 || !isNew) && (
            <Panel title="Needs you">
              <Needs needs={needs} />
            </Panel>
          )}
          {isNew && <FirstSteps hasPolicy={inForce !== null} hasGateway={gateways.length > 0} mayDraft={hasRight(actor, 'policy.draft')} />}
          {!isNew && (
            <Panel title={`Calls, last ${SHOWN_RANGES[range]}`} aside={<Ranges current={range} />}>
              <div className="mb-3">
                <CallTotals
                  spans={spans}
                  hrefOf={(outcome) => activity({ range: { is: 'last', word: range }, facets: { outcome: [OUTCOMES[outcome]] } })}
                />
              </div>
              {!isWhole && <p className="mb-2 text-held text-sm">The newest calls are still being counted; the list below has them.</p>}
              <CallsChart spans={spans} hrefOf={({ from, to }) => activity({ range: { is: 'between', from, to } })} />
            </Panel>
          )}
          {!isNew && (
            <Panel title="Last decisions" href="/activity">
              <LastDecisions rows={last} />
            </Panel>
          )}
        </div>
        <div className="min-w-0 space-y-7">
          <Panel title="In force" href="/policies">
            <InForceList drawn={inForce} />
          </Panel>
          <Panel title="Gateways" href="/gateways">
            <GatewayHealth drawn={gateways} />
          </Panel>
        </div>
      </div>
      <LiveRefresh topic="decisions" drawn={{ mark }} />
    </>
  )
}

const activity = (question: Partial<Question>): string =>
  `/activity?${addressOf({ range: { is: 'last', word: '24h' }, facets: {}, call: null, ...question })}`

function Ranges({ current }: { readonly current: keyof typeof SHOWN_RANGES }) {
  return (
    <nav aria-label="How far back" className="flex gap-3">
      {Object.entries(SHOWN_RANGES).map(([word, words]) => (
        <Link
          key={word}
          href={word === '24h' ? '/' : `/?range=${word}`}
          aria-current={word === current ? 'true' : undefined}
          className={word === current ? 'font-medium' : 'rounded-sm text-quiet hover:text-ink hover:underline'}
        >
          {words}
        </Link>
      ))}
    </nav>
  )
}
