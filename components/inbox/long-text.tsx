'use client'

import { Check, ChevronDown } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { SpecimenText } from '../specimen'
import { Button } from '../ui/button'

type LongTextProps = {
  readonly label: string
  /** `text, 12,408 characters in 310 lines` */
  readonly kind: string
  readonly text: string
  /** Its lines are ours (JSON on lines of its own). */
  readonly isLaidOut?: boolean
  readonly isRead: boolean
  /** Called once the end has been on the screen. */
  readonly onRead: () => void
  /** Whether reading it is asked of this person. */
  readonly isAsked: boolean
}

const PREVIEW_CHARACTERS = 280
const PREVIEW_LINES = 5

/** A long text, folded until somebody opens it; whoever is asked to read it has done so when its end was on the screen. */
export function LongText({ label, kind, text, isLaidOut = false, isRead, onRead, isAsked }: LongTextProps) {
  const [isOpen, setIsOpen] = useState(false)
  if (!isOpen)
    return (
      <div className="rounded-md border border-line bg-sunken">
        <div className="max-h-30 overflow-hidden px-3 py-2 opacity-80">
          <SpecimenText text={previewOf(text)} isLaidOut={isLaidOut} />
        </div>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line border-t px-2 py-1.5 text-sm">
          <Button size="sm" data-unread={isAsked && !isRead ? '' : undefined} onClick={() => setIsOpen(true)}>
            <ChevronDown />
            {isRead ? 'Open again' : 'Read all of it'}
            <span className="sr-only">: {kind}</span>
          </Button>
          <ReadMark isRead={isRead} isAsked={isAsked} />
        </div>
      </div>
    )
  return (
    <Opened
      label={label}
      text={text}
      isLaidOut={isLaidOut}
      isRead={isRead}
      onRead={onRead}
      isAsked={isAsked}
      fold={() => setIsOpen(false)}
    />
  )
}

type OpenedProps = Required<Omit<LongTextProps, 'kind'>> & { readonly fold: () => void }

function Opened({ label, text, isLaidOut, isRead, onRead, isAsked, fold }: OpenedProps) {
  const box = useRef<HTMLElement>(null)
  const end = useRef<HTMLDivElement>(null)
  const read = useRef(onRead)
  useEffect(() => {
    read.current = onRead
  })
  useEffect(() => {
    if (!end.current || !box.current) return
    // What scrolls must be reached by keyboard, and this was just asked for.
    box.current.tabIndex = 0
    box.current.focus({ preventScroll: true })
    const watcher = new IntersectionObserver(([seen]) => seen?.isIntersecting && read.current(), { root: box.current })
    watcher.observe(end.current)
    return () => watcher.disconnect()
  }, [])
  return (
    <div className="rounded-md border border-edge bg-sunken">
      <section ref={box} aria-label={`${label}, complete`} className="max-h-[62dvh] overflow-y-auto px-3 py-2">
        <SpecimenText text={text} isLaidOut={isLaidOut} />
        <div ref={end} className="mt-2 border-line border-t pt-1 text-quiet text-xs">
          The end of {label}
        </div>
      </section>
      <div className="flex flex-wrap items-center gap-x-3 border-line border-t px-2 py-1.5 text-sm">
        <Button size="sm" look="quiet" onClick={fold}>
          Fold
        </Button>
        <ReadMark isRead={isRead} isAsked={isAsked} />
      </div>
    </div>
  )
}

function ReadMark({ isRead, isAsked }: { readonly isRead: boolean; readonly isAsked: boolean }) {
  if (isRead)
    return (
      <span className="inline-flex items-center gap-1 text-allow">
        <Check aria-hidden="true" className="size-4" />
        read to the end
      </span>
    )
  return isAsked ? <span className="text-held">to be read to the end before you approve</span> : null
}

/** Cut between characters, never inside one. */
const previewOf = (text: string): string =>
  `${[...text.split('\n').slice(0, PREVIEW_LINES).join('\n').slice(0, PREVIEW_CHARACTERS)].slice(0, -1).join('')}…`
