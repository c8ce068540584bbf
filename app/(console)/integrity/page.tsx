import type { Metadata } from 'next'
import { Section } from '../../../components/activity/section'
import { Alarms } from '../../../components/integrity/alarms'
import { Compare } from '../../../components/integrity/compare'
import { Headline } from '../../../components/integrity/headline'
import type { PinnedShown } from '../../../components/integrity/integrity-shown'
import { Lookup } from '../../../components/integrity/lookup'
import { NoSeal, NoWitness } from '../../../components/integrity/no-seal'
import { StateFacts } from '../../../components/integrity/state-facts'
import { Timeline } from '../../../components/integrity/timeline'
import { Unseen } from '../../../components/integrity/unseen'
import { VerifyElsewhere } from '../../../components/integrity/verify-elsewhere'
import { VerifyHere } from '../../../components/integrity/verify-here'
import { LiveRefresh } from '../../../components/live/live-refresh'
import { Callout } from '../../../components/ui/callout'
import { LinkButton } from '../../../components/ui/link-button'
import { PageHeader } from '../../../components/ui/page-header'
import { type Actor, hasRight } from '../../../core/roles'
import { lookUp, readIntegrityPage } from '../../_server/integrity'
import { actorOrSignIn } from '../../_server/session'
import { endAlarm } from './actions'

export const metadata: Metadata = { title: 'Integrity' }

type PageProps = { readonly searchParams: Promise<{ readonly find?: string | string[] }> }

export default async function IntegrityPage({ searchParams }: PageProps) {
  const actor = await actorOrSignIn('integrity.read')
  const [asked = ''] = [(await searchParams).find ?? ''].flat()
  const [state, found] = await Promise.all([readIntegrityPage(), asked === '' ? null : lookUp(actor, asked)])
  if (!state) return <NoKeys />
  const { told, problem } = state
  return (
    <>
      <PageHeader
        title="Integrity"
        actions={hasRight(actor, 'evidence.export') && <LinkButton href="/evidence">Export evidence</LinkButton>}
      >
        Whether the log is still what was recorded, up to where, and who else can say so.
      </PageHeader>
      <div className="space-y-7">
        {problem !== null && (
          <Callout tone="bad" title="The sealed log does not hold together">
            {problem}
          </Callout>
        )}
        {told.checkpoint === null ? (
          <NoSeal />
        ) : (
          <div className="space-y-4">
            <Headline told={told} />
            <StateFacts {...state} told={told} />
            <Verify here={hasRight(actor, 'integrity.verify')} pinned={told.pinned} />
          </div>
        )}
        {told.checkpoint !== null && (
          <Section title="Last hour" aside={<span className="text-quiet text-sm">entries sealed per minute</span>}>
            <Timeline minutes={state.minutes} />
          </Section>
        )}
        <Section title="Alarms" aside={told.alarms > 0 && <span className="text-deny text-sm">{told.alarms} open</span>}>
          <Alarms alarms={state.alarms} end={mayEnd(actor)} />
        </Section>
        <Section title="Look up an entry">
          <Lookup asked={asked} found={found} pinned={told.pinned} />
        </Section>
        {told.checkpoint !== null && (
          <Section title="Compare two checkpoints">
            <Compare pinned={told.pinned} size={told.checkpoint.size} />
          </Section>
        )}
        {told.checkpoint !== null && told.witnesses === 0 && <NoWitness vkey={state.vkey} />}
        <Section title="What nobody can see from here">
          <Unseen sentences={state.unseen} />
        </Section>
      </div>
      <LiveRefresh topic="integrity" everyMs={10_000} />
    </>
  )
}

const mayEnd = (actor: Actor) => (hasRight(actor, 'alarm.end') ? endAlarm : null)

const NoKeys = () => (
  <PageHeader title="Integrity">
    The keys of this console can not be read, so there is nothing to check the log against: look at its data directory.
  </PageHeader>
)

const Verify = ({ here, pinned }: { readonly here: boolean; readonly pinned: PinnedShown }) =>
  here ? <VerifyHere pinned={pinned} /> : <VerifyElsewhere />
