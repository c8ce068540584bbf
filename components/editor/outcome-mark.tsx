import { Check, Hourglass, Minus } from 'lucide-react'
import type { Outcome } from '../../core/policy/model'
import { OUTCOME_WORDS } from '../../core/policy/what-if-words'
import { cn } from '../ui/class-names'

const LOOK = {
  allow: { colour: 'text-allow', Sign: Check },
  escalate: { colour: 'text-held', Sign: Hourglass },
  deny: { colour: 'text-deny', Sign: Minus },
} as const satisfies Record<Outcome, { colour: string; Sign: typeof Check }>

/** An outcome in a dense list: its colour, its sign and its word. */
export function OutcomeMark({ outcome, faded = false }: { readonly outcome: Outcome; readonly faded?: boolean }) {
  const { colour, Sign } = LOOK[outcome]
  return (
    <span className={cn('inline-flex items-center gap-0.5 whitespace-nowrap font-medium text-xs', faded ? 'text-quiet' : colour)}>
      <Sign aria-hidden="true" className="size-3" />
      {OUTCOME_WORDS[outcome]}
    </span>
  )
}
