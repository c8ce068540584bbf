import type { Metadata } from 'next'
import { InboxView } from '../../../components/inbox/inbox-view'
import { hasRight } from '../../../core/roles'
import { readInbox } from '../../_server/inbox'
import { actorOrSignIn } from '../../_server/session'

export const metadata: Metadata = { title: 'Inbox' }

type PageProps = { readonly searchParams: Promise<{ readonly [name: string]: string | readonly string[] | undefined }> }

export default async function InboxPage({ searchParams }: PageProps) {
  const actor = await actorOrSignIn('hold.read')
  const { after } = await searchParams
  const from = typeof after === 'string' ? after : null
  const side = await readInbox(actor, from)
  return <InboxView side={side} after={from} selected={null} mayDecide={hasRight(actor, 'hold.decide')} />
}
