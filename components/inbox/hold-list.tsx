'use client'

import { Check, X } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useTransition } from 'react'
import { usePageKeys } from '../palette/page-keys'
import { Specimen } from '../specimen'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { Countdown } from './countdown'
import { cardHref, type HoldRow, waitsForMe } from './inbox-shown'
import { leaveFor, useArrival, useLeaving } from './leaving'

type HoldListProps = {
  readonly rows: readonly HoldRow[]
  /** The hold whose card is shown. */
  readonly selected: string | null
  /** Where this page of the list begins. */
  readonly after: string | null
  readonly nowMs: number
  readonly children?: ReactNode
}

const DESK = '(min-width: 1024px)'
/** Whoever skims with j goes past cards without opening each. */
const SKIM_MS = 140
let scrolledTo = 0

/** The calls that wait, the one that ends first on top. j and k open the next and the one before. */
export function HoldList({ rows, selected, after, nowMs, children }: HoldListProps) {
  const box = useRef<HTMLDivElement>(null)
  const leaving = useLeaving()
  const open = useOpen(after)
  const here = leaving ?? selected
  useArrival(selected)
  useKeptScroll(box)
  const step = (by: 1 | -1) => {
    const at = rows.findIndex(({ id }) => id === here)
    const next = rows[at === -1 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]
    if (next && next.id !== here) open(next.id)
  }
  usePageKeys([
    { key: 'j', words: 'The next call', act: () => step(1) },
    { key: 'k', words: 'The call before', act: () => step(-1) },
    { key: 'Escape', words: 'Back to the list', act: () => focusRow(box.current) },
  ])
  const first = rows.find(waitsForMe) ?? rows[0]
  useFirstAtDesk(selected === null ? (first?.id ?? null) : null, open)
  return (
    <div
      ref={box}
      className="min-w-0 lg:sticky lg:top-11 lg:-mt-2 lg:h-[calc(100dvh-44px)] lg:overflow-y-auto lg:overscroll-contain lg:py-2 lg:pr-2"
    >
      <ul aria-label="Calls that wait" className="space-y-1">
        {rows.map((row) => (
          <li key={row.id}>
            <Row row={row} href={cardHref(row.id, after)} isHere={row.id === here} nowMs={nowMs} />
          </li>
        ))}
      </ul>
      {children}
    </div>
  )
}

let timer: number | undefined

/** Whoever presses something else meanwhile goes where that leads. */
function stay(): void {
  clearTimeout(timer)
  leaveFor(null)
}

/** Opens a hold: its row is marked at once, and its card comes when no other key follows. */
function useOpen(after: string | null): (hold: string) => void {
  const router = useRouter()
  const [, start] = useTransition()
  return (hold) => {
    leaveFor(hold)
    clearTimeout(timer)
    document.addEventListener('click', stay, { capture: true, once: true })
    const go = () => {
      document.removeEventListener('click', stay, { capture: true })
      if (!location.pathname.startsWith('/inbox')) return
      start(() => (matchMedia(DESK).matches ? router.replace : router.push)(cardHref(hold, after)))
    }
    timer = window.setTimeout(go, SKIM_MS)
  }
}

/** At a desk there is always a card beside the list; on a phone the list stands alone. */
function useFirstAtDesk(hold: string | null, open: (hold: string) => void): void {
  const current = useRef(open)
  useEffect(() => {
    current.current = open
  })
  useEffect(() => {
    if (hold !== null && matchMedia(DESK).matches) current.current(hold)
  }, [hold])
}

function useKeptScroll(box: { readonly current: HTMLDivElement | null }): void {
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    element.scrollTop = scrolledTo
    const here = element.querySelector('[aria-current="true"]')
    here?.scrollIntoView({ block: 'nearest' })
    const keep = () => {
      scrolledTo = element.scrollTop
    }
    element.addEventListener('scroll', keep, { passive: true })
    return () => element.removeEventListener('scroll', keep)
  }, [box])
}

const focusRow = (box: HTMLElement | null): void =>
  (box?.querySelector<HTMLElement>('[aria-current="true"]') ?? box?.querySelector<HTMLElement>('[data-row]'))?.focus()

type RowProps = { readonly row: HoldRow; readonly href: string; readonly isHere: boolean; readonly nowMs: number }

function Row({ row, href, isHere, nowMs }: RowProps) {
  const isMine = waitsForMe(row)
  return (
    <Link
      href={href}
      data-row
      aria-current={isHere ? 'true' : undefined}
      onClick={() => leaveFor(row.id)}
      className={cn(
        'block rounded-r-md border border-transparent border-l-2 px-3 py-2 text-sm hover:bg-hover pointer-coarse:py-3',
        isMine && 'border-l-held-line',
        isHere && 'bg-hover',
      )}
    >
      <span className="flex items-baseline gap-3">
        <span className="min-w-0 flex-1 truncate font-medium">
          <Specimen text={row.tool} plain />
          <span className="font-normal text-quiet">
            {' '}
            on <Specimen text={row.server} plain />
          </span>
        </span>
        <Countdown until={row.decideBy} nowMs={nowMs} className="text-quiet text-xs" />
      </span>
      <span className="mt-0.5 flex items-baseline gap-3 text-quiet text-xs">
        <span className="min-w-0 flex-1 truncate">
          <Specimen text={row.principal} plain />
        </span>
        <Progress row={row} isMine={isMine} />
      </span>
    </Link>
  )
}

function Progress({ row: { ownVote, approved, needed }, isMine }: { readonly row: HoldRow; readonly isMine: boolean }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap [&_svg]:size-3">
      {ownVote === 'approve' && <Check aria-hidden="true" className="text-allow" />}
      {ownVote === 'deny' && <X aria-hidden="true" className="text-deny" />}
      {ownVote === null ? isMine ? <span className="text-held">needs you</span> : null : <span>you answered</span>}
      {(needed > 1 || approved > 0) && (
        <span className="tabular-nums">
          {approved} of {needed}
        </span>
      )}
    </span>
  )
}
