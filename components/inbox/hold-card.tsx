'use client'

import { Braces, ChevronLeft, History, ListPlus, ScrollText } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { draftHref } from '../activity/explorer'
import { usePageKeys } from '../palette/page-keys'
import { SpecimenText } from '../specimen'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { LinkButton } from '../ui/link-button'
import { ArgumentList, toRead } from './argument-list'
import { type ArgumentShown, argumentsFrom, indentedArguments, isLong } from './argument-text'
import { CardActions, type CardVerbs } from './card-actions'
import { CardHead } from './card-head'
import { CardOutcome } from './card-outcome'
import { Beside, besideFrom } from './hold-card-beside'
import { type CardShown, type Contents, waitsForMe } from './inbox-shown'
import { useLeaving } from './leaving'
import { LongText } from './long-text'
import { SinceLast } from './since-last'
import { type Reading, useReading } from './use-reading'

type HoldCardProps = {
  readonly card: CardShown
  readonly verbs: CardVerbs
  readonly limits: { readonly uses: number; readonly minutes: number }
}

/** One held call: what is asked first, then why, then what can be said of it. */
export function HoldCard({ card, verbs, limits }: HoldCardProps) {
  const { id, contents } = card
  const list = useMemo(() => (contents?.arguments ? argumentsFrom(contents.arguments) : null), [contents?.arguments])
  const reading = useReading(list ? toRead(list) : [])
  const beside = useMemo(() => besideFrom(contents?.beside ?? null), [contents?.beside])
  const besideReading = useReading(beside?.isLong ? [beside.text] : [])
  const leaving = useLeaving()
  const isLeaving = leaving !== null && leaving !== id
  return (
    <article aria-labelledby="card-title" aria-busy={isLeaving || undefined} className={cn('min-w-0 max-w-4xl', isLeaving && 'opacity-50')}>
      <Link href="/inbox" className="-mt-2 mb-1 inline-flex h-10 items-center gap-1 rounded-sm text-quiet text-sm lg:hidden">
        <ChevronLeft aria-hidden="true" className="size-4" />
        All that wait
      </Link>
      <CardHead card={card} />
      <Carried card={card} list={list} reading={reading} isLeaving={isLeaving}>
        {beside && <Beside beside={beside} reading={besideReading} isAsked={waitsForMe(card)} />}
      </Carried>
      {!card.isWhole && card.state === 'held' && (
        <Callout tone="bad" className="mt-3" title="What is stored is not what was held">
          Somebody changed this call in the database after it was held, or it can’t be read. It can be denied, and not approved.
        </Callout>
      )}
      <CardOutcome card={card} />
      <More card={card} />
      <CardActions card={card} list={list} verbs={verbs} limits={limits} left={reading.left + besideReading.left} isLeaving={isLeaving} />
    </article>
  )
}

type CarriedProps = {
  readonly card: CardShown
  readonly list: readonly ArgumentShown[] | null
  readonly reading: Reading
  readonly isLeaving: boolean
  readonly children: ReactNode
}

/** What the call carries, as a list or as it came, and what differs from the one before. */
function Carried({ card, list, reading, isLeaving, children }: CarriedProps) {
  const { contents } = card
  const [isRaw, setIsRaw] = useState(false)
  const turn = () => setIsRaw(!isRaw)
  usePageKeys(contents && !isLeaving ? [{ key: 'r', words: 'The arguments as raw JSON, or as a list', act: turn }] : [])
  if (!contents || !card.isKept || (list === null && !isRaw))
    return (
      <Box isCovered>
        <Unreadable isCovered={contents === null} isKept={card.isKept} />
      </Box>
    )
  const isAsked = waitsForMe(card)
  return (
    <>
      <Box
        action={
          <Button size="sm" look="quiet" aria-pressed={isRaw} onClick={turn}>
            <Braces />
            {isRaw ? 'As a list' : 'Raw JSON'}
          </Button>
        }
      >
        {isRaw || list === null ? (
          <Raw contents={contents} sizeBytes={card.sizeBytes} reading={reading} isAsked={isAsked && reading.left > 0} />
        ) : (
          <ArgumentList list={list} reading={reading} isAsked={isAsked} />
        )}
      </Box>
      <div className="mt-3 space-y-3">
        {list && <SinceLast before={contents.before} list={list} />}
        {children}
      </div>
    </>
  )
}

type BoxProps = { readonly isCovered?: boolean; readonly action?: ReactNode; readonly children: ReactNode }

function Box({ isCovered = false, action, children }: BoxProps) {
  return (
    <section aria-label={isCovered ? 'Arguments' : 'Arguments, complete'} className="mt-4 rounded-md border border-edge bg-raised">
      <div className="flex min-h-10 flex-wrap items-center gap-x-3 border-line border-b px-4 py-1.5 text-sm">
        <h3 className="flex-1 font-medium">{isCovered ? 'Arguments' : 'Arguments, complete'}</h3>
        {action}
      </div>
      {children}
    </section>
  )
}

/** Where else this call, and those like it, are told of. */
function More({ card: { call, tool, server, policy, mayDraft } }: { readonly card: CardShown }) {
  return (
    <nav aria-label="More about this call" className="mt-4 flex flex-wrap gap-2">
      <LinkButton look="quiet" size="sm" href={`/inbox/history?${new URLSearchParams({ tool, server })}`}>
        <History />
        History of this tool
      </LinkButton>
      <LinkButton look="quiet" size="sm" href={`/activity/${call}`}>
        <ScrollText />
        In the log
      </LinkButton>
      {mayDraft && (
        <LinkButton look="quiet" size="sm" fresh href={draftHref(policy.name ?? 'default', call, 'rule')}>
          <ListPlus />
          Make it a rule
        </LinkButton>
      )}
    </nav>
  )
}

type RawProps = { readonly contents: Contents; readonly sizeBytes: number; readonly reading: Reading; readonly isAsked: boolean }

/** The bytes as they came; whoever reads them to the end has read every argument. */
function Raw({ contents, sizeBytes, reading, isAsked }: RawProps) {
  const text = contents.raw ?? (contents.arguments === null ? '' : indentedArguments(contents.arguments))
  const kind = `${sizeBytes.toLocaleString('en')} bytes`
  return (
    <div className="px-4 py-3">
      {isLong(text) ? (
        <LongText
          label="raw JSON"
          kind={kind}
          text={text}
          isLaidOut={contents.raw === null}
          isRead={reading.left === 0}
          onRead={reading.readAll}
          isAsked={isAsked}
        />
      ) : (
        <SpecimenText text={text} />
      )}
    </div>
  )
}

const NOT_KEPT = 'What this call carried is not kept: the gateway that held it keeps no clear text, and the call is over.'

function Unreadable({ isCovered, isKept }: { readonly isCovered: boolean; readonly isKept: boolean }) {
  return (
    <p className="px-4 py-3 text-quiet text-sm">
      {!isKept
        ? NOT_KEPT
        : isCovered
          ? 'What this call carries is shown to authors, approvers, auditors and admins.'
          : 'What is stored can’t be read as arguments.'}
    </p>
  )
}
