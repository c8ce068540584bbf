'use client'

import { useState } from 'react'
import { Button } from '../ui/button'
import type { DraftText } from './answer'
import { PolicyDiff } from './diff'

type ConflictProps = {
  readonly theirs: DraftText
  readonly mine: string
  readonly saving: boolean
  readonly onKeep: (text: string) => void
  readonly onTake: () => void
  readonly onBack: () => void
}

/** Somebody saved first: both texts, and three ways on. None of them loses one. */
export function Conflict({ theirs, mine, saving, onKeep, onTake, onBack }: ConflictProps) {
  const [merged, setMerged] = useState(mine)
  const [from] = useState(mine)
  const who = theirs.by ?? 'Somebody else'
  return (
    <section aria-label="Save conflict" className="absolute inset-0 z-10 flex flex-col bg-raised">
      <div className="flex flex-wrap items-center gap-2 border-held-line border-b bg-held-back px-3 py-2 text-sm" role="alert">
        <p className="min-w-0 flex-1">
          <span className="font-medium">{who} saved this draft before you.</span> Nothing is lost: their text is on the left, yours on the
          right, where you can merge by hand.
        </p>
        <Button size="sm" look="quiet" onClick={onBack}>
          Back to my text
        </Button>
        <Button size="sm" disabled={saving} onClick={onTake}>
          Take theirs
        </Button>
        <Button size="sm" look="primary" pending={saving} onClick={() => onKeep(merged)}>
          {merged === from ? 'Keep mine' : 'Save the merged text'}
        </Button>
      </div>
      <div className="min-h-0 flex-1">
        <PolicyDiff
          before={{ title: `${who}, revision ${theirs.revision}`, text: theirs.text }}
          after={{ title: 'yours', text: from }}
          onEdit={setMerged}
        />
      </div>
    </section>
  )
}
