import { ArrowDown, ArrowUp, Ban, Check, FileText, type LucideIcon, Minus, TriangleAlert, WifiOff } from 'lucide-react'
import { Badge } from '../ui/badge'
import type { StandingWord } from './standing'
import { wordOf } from './standing-words'

const SIGNS: Record<StandingWord, LucideIcon> = {
  current: Check,
  behind: ArrowDown,
  ahead: ArrowUp,
  file: FileText,
  nothing: Ban,
  degraded: TriangleAlert,
  silent: WifiOff,
  stopped: Minus,
}

/** How a gateway stands to what is in force: a sign, a word, a colour. */
export function StandingBadge({ standing }: { readonly standing: StandingWord }) {
  const { word, tone } = wordOf(standing)
  const Sign = SIGNS[standing]
  return (
    <Badge tone={tone}>
      <Sign aria-hidden="true" />
      {word}
    </Badge>
  )
}
