'use client'

import { useCallback, useEffect, useRef, useState } from 'react'
import { type Answer, answered, type DraftText, type Saved, whyNot } from './answer'
import type { TextHandle } from './text-pane'
import { forgetUnsaved, rememberUnsaved, type Unsaved, unsavedWork } from './unsaved'

type DraftProps = {
  readonly name: string
  readonly owner: string
  readonly draft: DraftText
  readonly onSave: (text: string, revision: number) => Promise<Answer<Saved>>
}

/** How the text stands to what is kept. `conflict`: somebody else's text came first; `aside`: a text that was replaced, to be put back. */
export type Keeping = {
  readonly revision: number
  readonly savedAt: string | null
  readonly dirty: boolean
  readonly saving: boolean
  readonly problem: string | null
  readonly conflict: DraftText | null
  readonly offered: Unsaved | null
  readonly aside: string | null
}

const REMEMBER_MS = 300

function atFirst(owner: string, name: string, draft: DraftText): Keeping {
  const work = unsavedWork(owner, name)
  const offered = work && work.text !== draft.text ? work : null
  return { revision: draft.revision, savedAt: draft.at, dirty: false, saving: false, problem: null, conflict: null, offered, aside: null }
}

/** Saving, what this browser remembers of unsaved work, and what happens when two people save. */
export function useDraft({ name, owner, draft, onSave }: DraftProps, handle: { readonly current: TextHandle | null }) {
  const [keeping, setKeeping] = useState<Keeping>(() => atFirst(owner, name, draft))
  const kept = useRef({ text: draft.text, revision: draft.revision })
  const remember = useMemory(owner, name)
  const put = useCallback((change: Partial<Keeping>) => setKeeping((before) => ({ ...before, ...change })), [])
  const changed = useCallback(
    (text: string) => {
      const dirty = text !== kept.current.text
      setKeeping((before) => (before.dirty === dirty ? before : { ...before, dirty }))
      remember(dirty ? { text, revision: kept.current.revision } : null)
    },
    [remember],
  )

  const keep = useCallback(
    (text: string, revision: number, at: string | null) => {
      kept.current = { text, revision }
      const dirty = handle.current?.text() !== text
      if (!dirty) remember(null)
      put({ revision, savedAt: at, dirty, conflict: null, problem: null })
    },
    [handle, remember, put],
  )

  /** Answers the revision the text is kept under, null when it is not. */
  const save = useCallback(
    async (text: string, revision = kept.current.revision): Promise<number | null> => {
      remember({ text, revision })
      put({ saving: true, problem: null })
      const answer = await answered(() => onSave(text, revision))
      put({ saving: false })
      if (!answer.ok) put({ problem: whyNot(answer) })
      else if (answer.value.saved) {
        keep(text, answer.value.revision, answer.value.at)
        return answer.value.revision
      } else put({ conflict: answer.value.theirs })
      return null
    },
    [onSave, keep, put, remember],
  )

  const takeTheirs = useCallback(
    (theirs: DraftText) => {
      const mine = handle.current?.text() ?? null
      handle.current?.replace(theirs.text)
      keep(theirs.text, theirs.revision, theirs.at)
      put({ aside: mine })
    },
    [handle, keep, put],
  )

  /** Work that started from an older revision meets the newer text as a conflict when it is saved. */
  const restore = useCallback(
    (work: Unsaved) => {
      kept.current = { ...kept.current, revision: work.revision }
      handle.current?.replace(work.text)
      put({ offered: null, revision: work.revision })
    },
    [handle, put],
  )

  return { keeping, put, changed, save, takeTheirs, restore }
}

/** Keeps unsaved work in this browser a moment after it changed, and at once when the page is left; null forgets it. */
function useMemory(owner: string, name: string) {
  const waiting = useRef<{ readonly timer: ReturnType<typeof setTimeout>; readonly now: () => void } | null>(null)
  useEffect(() => {
    const flush = () => {
      clearTimeout(waiting.current?.timer)
      waiting.current?.now()
    }
    window.addEventListener('pagehide', flush)
    return () => {
      window.removeEventListener('pagehide', flush)
      flush()
    }
  }, [])
  return useCallback(
    (work: Omit<Unsaved, 'at'> | null) => {
      clearTimeout(waiting.current?.timer)
      const now = () => {
        waiting.current = null
        if (work) rememberUnsaved(owner, name, { ...work, at: new Date().toISOString() })
        else forgetUnsaved(owner, name)
      }
      waiting.current = { timer: setTimeout(now, REMEMBER_MS), now }
    },
    [owner, name],
  )
}
