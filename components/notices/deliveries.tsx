'use client'

import { useRouter } from 'next/navigation'
import type { Outcome } from '../../core/outcome'
import { failureOf, useVerb } from '../policies/use-verb'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { EmptyState } from '../ui/empty-state'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { say } from '../ui/toast'
import { EVENT_WORDS, type NoticeShown, STATE_WORDS } from './notice-shown'

type Retry = (id: string) => Promise<Outcome>

/** What was told lately, and how that went. */
export function Deliveries({ notices, retry }: { readonly notices: readonly NoticeShown[]; readonly retry: Retry }) {
  if (notices.length === 0)
    return <EmptyState title="Nothing was told yet">What a destination is told appears here, with what it answered.</EmptyState>
  return (
    <Table caption="Last deliveries">
      <TableHead>
        <HeadCell>What</HeadCell>
        <HeadCell>State</HeadCell>
        <HeadCell>To</HeadCell>
        <HeadCell>Last attempt</HeadCell>
        <HeadCell>
          <span className="sr-only">Actions</span>
        </HeadCell>
      </TableHead>
      <TableBody>
        {notices.map((notice) => (
          <TableRow key={notice.id}>
            <Cell>
              {notice.event === 'test' ? 'A test' : EVENT_WORDS[notice.event]}
              {notice.hold !== null && <span className="ml-2 whitespace-nowrap font-mono text-quiet text-xs">{notice.hold}</span>}
            </Cell>
            <Cell>
              <Badge tone={STATE_WORDS[notice.state].tone}>{STATE_WORDS[notice.state].words}</Badge>
            </Cell>
            <Cell wide label="To" className="[&_bdi]:font-sans">
              <Specimen text={notice.target} plain />
            </Cell>
            <Cell wide className="text-quiet [&_bdi]:font-sans">
              <LastAttempt notice={notice} />
            </Cell>
            <Cell wide className="md:text-right">
              {(notice.state === 'dead' || notice.state === 'waiting') && <RetryButton notice={notice} retry={retry} />}
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

function LastAttempt({ notice: { last, attempts, nextAt, madeAt } }: { readonly notice: NoticeShown }) {
  if (last === null)
    return (
      <>
        none since <RelativeTime at={madeAt} />
      </>
    )
  return (
    <>
      {last.error === null ? (
        <Specimen text={last.answer ?? ''} plain />
      ) : (
        <span className="text-deny wrap-anywhere">{<Specimen text={last.error} plain />}</span>
      )}{' '}
      in {last.ms} ms, <RelativeTime at={last.at} />
      {attempts > 1 && `, attempt ${attempts}`}
      {nextAt !== null && (
        <>
          ; again <RelativeTime at={nextAt} />
        </>
      )}
    </>
  )
}

/** Long enough for most destinations to have answered. */
const LOOK_AGAIN_MS = 2_500

function RetryButton({ notice, retry }: { readonly notice: NoticeShown; readonly retry: Retry }) {
  const router = useRouter()
  const { run, pending } = useVerb(
    async (id: string) => {
      const outcome = await retry(id)
      if (!outcome.ok) say.failed(failureOf(outcome))
      return outcome
    },
    () => {
      say.done('It is sent again now.')
      setTimeout(() => router.refresh(), LOOK_AGAIN_MS)
    },
  )
  return (
    <Button size="sm" pending={pending} onClick={() => run(notice.id)}>
      Retry now<span className="sr-only"> for {notice.target}</span>
    </Button>
  )
}
