import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { HoldCard } from '../../../../components/inbox/hold-card'
import { InboxView } from '../../../../components/inbox/inbox-view'
import { hasRight } from '../../../../core/roles'
import { MOST_MINUTES, MOST_USES } from '../../../../db/hold-grants'
import { readCard, readInbox } from '../../../_server/inbox'
import { actorOrSignIn } from '../../../_server/session'
import { allowMore, takeBack, vote } from '../actions'

type PageProps = {
  readonly params: Promise<{ readonly hold: string }>
  readonly searchParams: Promise<{ readonly [name: string]: string | readonly string[] | undefined }>
}

const HOLD = /^H-[0-9A-Z]{10}$/

export async function generateMetadata({ params }: PageProps): Promise<Metadata> {
  const { hold } = await params
  return { title: HOLD.test(hold) ? `Call ${hold}` : 'Inbox' }
}

export default async function HoldPage({ params, searchParams }: PageProps) {
  const actor = await actorOrSignIn('hold.read')
  const { hold } = await params
  if (!HOLD.test(hold)) notFound()
  const { after } = await searchParams
  const from = typeof after === 'string' ? after : null
  const [side, card] = await Promise.all([readInbox(actor, from), readCard(actor, hold)])
  if (!card) notFound()
  return (
    <InboxView side={side} after={from} selected={hold} mayDecide={hasRight(actor, 'hold.decide')}>
      <HoldCard
        key={`${hold}:${card.displayed}`}
        card={card}
        verbs={{ vote, allowMore, takeBack }}
        limits={{ uses: MOST_USES, minutes: MOST_MINUTES }}
      />
    </InboxView>
  )
}
