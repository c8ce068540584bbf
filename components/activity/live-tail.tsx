'use client'

import { ArrowUp, Radio } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useEffect, useRef, useState, useTransition } from 'react'
import { listenLive } from '../live/live-store'
import { Button } from '../ui/button'
import { cn } from '../ui/class-names'

type LiveTailProps = {
  /** Where the number of newer rows is asked for; null where the list is empty, or where nothing newer can come. */
  readonly newerHref: string | null
  /** The first page of this question. */
  readonly topHref: string
  readonly isTop: boolean
}

const ASK_AT_MOST_EVERY_MS = 1_000
const COUNTED = 100

/**
 * Says how many decisions came in since the page was drawn. New rows are drawn only while nobody's pointer, focus or scroll is among
 * them: rows never move under whoever reads.
 */
export function LiveTail({ newerHref, topHref, isTop }: LiveTailProps) {
  const router = useRouter()
  const [following, setFollowing] = useState(true)
  const [isDrawing, draw] = useTransition()
  const newer = useNewer(newerHref, () => {
    if (!following || !isTop || isBeingRead()) return false
    draw(() => router.refresh())
    return true
  })
  const show = () => {
    window.scrollTo({ top: 0 })
    draw(() => (isTop ? router.refresh() : router.push(topHref)))
  }
  return (
    <>
      <span aria-live="polite" className={cn(newer === 0 && 'sr-only')}>
        {newer > 0 && (
          <Button size="sm" onClick={show} pending={isDrawing} className="border-accent/50 text-accent">
            <ArrowUp />
            {newer >= COUNTED ? `${COUNTED}+` : newer} new
          </Button>
        )}
      </span>
      <Button size="sm" look={following ? 'secondary' : 'quiet'} aria-pressed={following} onClick={() => setFollowing(!following)}>
        <Radio className={cn(following && 'text-allow')} />
        Follow
      </Button>
    </>
  )
}

/** Asks how many are newer whenever the log grew, and hands them to `take`; what it does not take is counted. */
function useNewer(href: string | null, take: () => boolean): number {
  const [counted, setCounted] = useState({ href, newer: 0 })
  const latest = useRef(take)
  useEffect(() => {
    latest.current = take
  })
  useEffect(() => {
    let timer: number | undefined
    let isFirst = true
    const ask = async () => {
      timer = undefined
      const newer = href === null ? 1 : await newerAt(href)
      if (newer > 0 && !latest.current()) setCounted({ href, newer: href === null ? 0 : newer })
    }
    const stop = listenLive('decisions', () => {
      // What is told first is where the log stands, which may be where the page was drawn; with rows to compare it is asked all the same.
      const skip = isFirst && href === null
      isFirst = false
      if (!skip) timer ??= window.setTimeout(() => void ask(), ASK_AT_MOST_EVERY_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [href])
  return counted.href === href ? counted.newer : 0
}

/** Nothing where it can't be told, whatever kept it: the next change asks again, and the frame says that nothing live is heard. */
async function newerAt(href: string): Promise<number> {
  const answer = await fetch(href, { headers: { accept: 'application/json' } }).catch(() => null)
  if (!answer?.ok) return 0
  const { newer }: { newer: number } = await answer.json()
  return newer
}

const isBeingRead = (): boolean =>
  window.scrollY > 8 ||
  document.visibilityState === 'hidden' ||
  document.querySelector('[data-rows]:hover, [data-rows]:focus-within, [data-radix-popper-content-wrapper], [role="dialog"]') !== null
