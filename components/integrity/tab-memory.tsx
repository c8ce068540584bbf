'use client'

import { useEffect, useRef, useState } from 'react'
import type { IntegrityTold, LiveData } from '../live/live-data'
import { useLive } from '../live/use-live'
import { AlertDialog } from '../ui/alert-dialog'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Link } from '../ui/link'
import { forgetMemory, rememberedOf } from './tab-memory-store'
import { sayNote, TreeUnanswered } from './tree-client'

/** Those who remember say so at least this often. */
const SAY_EVERY_MS = 30_000

/**
 * This browser keeps the last checkpoint it saw and believes a newer one only with proof that it extends it. What is not so proven is an
 * alarm over every page, for as long as it lasts.
 */
export function TabMemory({ integrity }: { readonly integrity: LiveData['integrity'] }) {
  const { data } = useLive('integrity', integrity)
  const told = data === 'unread' ? null : data
  const [alarm, setAlarm] = useState<string | null>(null)
  useEffect(() => {
    if (!told) return
    let isOver = false
    lookInTurn(told)
      .then((sentence) => isOver || setAlarm(sentence))
      .catch(ignoreUnanswered)
    return () => {
      isOver = true
    }
  }, [told])
  const current = useRef(told)
  useEffect(() => {
    current.current = told
  }, [told])
  useEffect(() => {
    const timer = setInterval(() => {
      if (current.current && document.visibilityState === 'visible') say(current.current).catch(ignoreUnanswered)
    }, SAY_EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  if (alarm === null) return null
  const forget = (): void => {
    forgetMemory()
    setAlarm(null)
    if (told) lookInTurn(told).then(setAlarm).catch(ignoreUnanswered)
  }
  return <AlarmOver sentence={alarm} forget={forget} />
}

let turn: Promise<unknown> = Promise.resolve()
/** What the console was told of last: that all is well (null), or this sentence. */
let said: string | null | undefined

/** One look after the other: each begins with what the one before it has kept. */
function lookInTurn(told: IntegrityTold): Promise<string | null> {
  const mine = turn.then(async () => {
    // The code that verifies is loaded after the page: no page waits for it.
    const { lookAtLog } = await import('./tab-look').catch(() => {
      throw new TreeUnanswered('The console does not answer.')
    })
    const sentence = await lookAtLog(told)
    if (said !== sentence) await say(told).catch(ignoreUnanswered)
    said = sentence
    return sentence
  })
  // Whoever asked hears how it ended; the next one only waits until it has.
  turn = Promise.allSettled([mine])
  return mine
}

/** The console is told of the note that this browser has, and looks for itself whether its log still leads there. */
async function say({ pinned }: IntegrityTold): Promise<void> {
  const memory = rememberedOf(pinned)
  if (memory) await sayNote(memory.note)
}

/** The next look tries again; that the console does not answer is said elsewhere in the frame. */
function ignoreUnanswered(error: unknown): void {
  if (!(error instanceof TreeUnanswered)) throw error
}

function AlarmOver({ sentence, forget }: { readonly sentence: string; readonly forget: () => void }) {
  return (
    <div className="sticky top-11 z-20 bg-page">
      <Callout
        tone="bad"
        className="rounded-none border-x-0 px-4 md:px-6"
        title="The log is not the one that this browser remembers"
        action={
          <span className="flex flex-wrap justify-end gap-2">
            <AlertDialog
              title="Remember this log instead?"
              description="This browser forgets the checkpoint it kept, which may be the only trace of what was there before. That can’t be taken back."
              trigger={<Button size="sm">Remember this one…</Button>}
              action={
                <Button look="danger" onClick={forget}>
                  Forget and remember this one
                </Button>
              }
            />
          </span>
        }
      >
        {sentence}{' '}
        <Link href="/integrity" className="underline">
          Look at Integrity
        </Link>
      </Callout>
    </div>
  )
}
