import { Check, CircleDashed, Eye, OctagonAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Badge, type Tone } from '../ui/badge'

export type DraftStateShown = 'draft' | 'checked' | 'in_review' | 'approved' | 'published' | 'abandoned'

const LOOKS = {
  draft: { tone: 'warning', words: 'draft with problems', icon: <OctagonAlert aria-hidden="true" /> },
  checked: { tone: 'neutral', words: 'draft', icon: <CircleDashed aria-hidden="true" /> },
  in_review: { tone: 'accent', words: 'in review', icon: <Eye aria-hidden="true" /> },
  approved: { tone: 'good', words: 'approved', icon: <Check aria-hidden="true" /> },
  published: { tone: 'good', words: 'published', icon: <Check aria-hidden="true" /> },
  abandoned: { tone: 'neutral', words: 'abandoned', icon: <CircleDashed aria-hidden="true" /> },
} as const satisfies Record<DraftStateShown, { readonly tone: Tone; readonly words: string; readonly icon: ReactNode }>

/** How far a draft is. */
export function DraftBadge({ state }: { readonly state: DraftStateShown }) {
  const { tone, words, icon } = LOOKS[state]
  return (
    <Badge tone={tone}>
      {icon}
      {words}
    </Badge>
  )
}
