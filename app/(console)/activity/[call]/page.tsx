import { FlaskConical, ListPlus, Play } from 'lucide-react'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { type EntryShown, membersOf, textOf } from '../../../../components/activity/call-shown'
import { ClearText } from '../../../../components/activity/clear-text'
import { DecisionFacts } from '../../../../components/activity/decision-facts'
import { EntryList } from '../../../../components/activity/entry-list'
import { draftHref } from '../../../../components/activity/explorer'
import { HoldStory } from '../../../../components/activity/hold-story'
import { ReceiptFacts } from '../../../../components/activity/receipt-facts'
import { Section } from '../../../../components/activity/section'
import { Reproduced } from '../../../../components/activity/trace'
import { standingOf } from '../../../../components/decision-words'
import { LiveRefresh } from '../../../../components/live/live-refresh'
import { OutcomeBadge } from '../../../../components/outcome-badge'
import { Specimen } from '../../../../components/specimen'
import { CopyButton } from '../../../../components/ui/copy-button'
import { LinkButton } from '../../../../components/ui/link-button'
import { PageHeader } from '../../../../components/ui/page-header'
import { hasRight } from '../../../../core/roles'
import { readCall } from '../../../../db/activity-call'
import { policiesMet } from '../../../../db/activity-policies'
import { retrace } from '../../../../db/retrace'
import { policyFor } from '../../../_server/activity-policy'
import { database } from '../../../_server/database'
import { storyOf } from '../../../_server/hold-story'
import { actorOrSignIn } from '../../../_server/session'
import { eraseCall, reveal } from '../actions'

export const metadata: Metadata = { title: 'Call' }

type PageProps = { readonly params: Promise<{ readonly call: string }> }

const POLICIES = 200

export default async function CallPage({ params }: PageProps) {
  const actor = await actorOrSignIn('activity.read')
  const call = callOf((await params).call)
  const [entries, policies] = await Promise.all([readCall(database(), call), policiesMet(database(), POLICIES)])
  const decisions = entries.filter(({ type }) => type === 'decision')
  const [first] = decisions
  if (!first) notFound()
  const retraced = await Promise.all(decisions.map(async (entry) => ({ entry, retrace: withoutWords(await retrace(database(), entry)) })))
  const names = Object.fromEntries(policies.map(({ digest, name, version }) => [digest, { name, version }]))
  const ends = entries.filter(({ type }) => type === 'receipt')
  const story = await storyOf(entries)
  const kept = entries.flatMap((entry) => entry.kept)
  return (
    <>
      <PageHeader
        title={<Specimen text={textOf(first.fields.tool) ?? textOf(first.fields.method) ?? 'damaged entry'} plain />}
        badge={<OutcomeBadge standing={standingOf(rowOf(first, ends.at(-1)))} />}
        actions={
          hasRight(actor, 'policy.draft') && (
            <Acts call={call} policy={policyFor(policies, textOf(membersOf(first.fields.policy).digest))} />
          )
        }
      >
        Call <Specimen text={call} plain /> <CopyButton text={call} label="Copy the call’s id" className="size-6 align-middle" />
      </PageHeader>
      <div className="grid gap-x-10 gap-y-7 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="min-w-0 space-y-7">
          {retraced.map(({ entry, retrace: again }) => (
            <Section key={`${entry.writer}:${entry.seq}`} title={decisions.length > 1 ? `Decision of entry ${entry.seq}` : 'Decision'}>
              <div className="space-y-3">
                <DecisionFacts entry={entry} policies={names} />
                <Reproduced retrace={again} />
              </div>
            </Section>
          ))}
        </div>
        <div className="min-w-0 space-y-7">
          <Section title="What became of it">
            <HoldStory events={story} />
            {ends.length === 0 && <p className="text-sm">{openWords(textOf(first.fields.outcome))}</p>}
            <div className="space-y-4">
              {ends.map((entry) => (
                <ReceiptFacts key={`${entry.writer}:${entry.seq}`} entry={entry} />
              ))}
            </div>
          </Section>
          <Section title="Clear text">
            <ClearText
              call={call}
              kept={kept}
              mayReveal={hasRight(actor, 'activity.reveal')}
              reveal={reveal}
              erase={hasRight(actor, 'retention.erase') ? eraseCall : null}
            />
          </Section>
          <Section title="Entries" aside={<span className="text-quiet text-sm">{entries.length} in the log</span>}>
            <EntryList entries={entries} />
          </Section>
        </div>
      </div>
      <LiveRefresh topic="decisions" />
    </>
  )
}

/** What stands in an address is there once encoded; whatever else it is, there is no such call. */
function callOf(segment: string): string {
  try {
    return decodeURIComponent(segment).toWellFormed().replaceAll('\0', '\ufffd').slice(0, 256)
  } catch (error) {
    if (error instanceof URIError) notFound()
    throw error
  }
}

/** The sentences of a decision may quote the call: they are shown with its clear text, and to nobody else. */
const withoutWords = (again: Awaited<ReturnType<typeof retrace>>) =>
  'because' in again ? again : { ...again, decision: { ...again.decision, reason: '', near: [] } }

const rowOf = ({ fields }: EntryShown, end: EntryShown | undefined) => ({
  ...{ call: '', at: '', method: '', tool: null, server: '', principal: '', rule: null, constraint: null, code: '' },
  outcome: textOf(fields.outcome) ?? '',
  status: end ? (textOf(end.fields.status) ?? 'expired') : null,
})

const openWords = (outcome: string | null): string => {
  if (outcome === 'allow') return 'No entry says so yet: it is running, or its gateway is gone and nobody has closed its writer.'
  return outcome === 'escalate'
    ? 'It waits for a person; nothing was sent to the server.'
    : 'It did not run: nothing was sent to the server.'
}

function Acts({ call, policy }: { readonly call: string; readonly policy: string }) {
  return (
    <>
      <LinkButton href={draftHref(policy, call, 'simulate')} fresh>
        <Play />
        Simulate
      </LinkButton>
      <LinkButton href={draftHref(policy, call, 'rule')} fresh>
        <ListPlus />
        Make a rule
      </LinkButton>
      <LinkButton href={draftHref(policy, call, 'test')} fresh>
        <FlaskConical />
        Add as test
      </LinkButton>
    </>
  )
}
