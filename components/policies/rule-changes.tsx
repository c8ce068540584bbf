import type { RuleChange } from '../../core/policy/rule-origins'
import { Specimen } from '../specimen'
import { cn } from '../ui/class-names'

const WORDS: { readonly [what in RuleChange['what']]: string } = { added: 'new', removed: 'gone', changed: 'changed', moved: 'moved' }
const TONES: { readonly [what in RuleChange['what']]: string } = {
  added: 'text-allow',
  removed: 'text-deny',
  changed: 'text-held',
  moved: 'text-quiet',
}
const SHOWN = 40

/** What became of each rule between two texts, in one line. Nothing where only comments, tests or words differ. */
export function RuleChanges({ changes, className }: { readonly changes: readonly RuleChange[]; readonly className?: string }) {
  if (changes.length === 0) return null
  return (
    <p className={cn('flex flex-wrap gap-x-4 gap-y-1 text-sm', className)}>
      <span className="text-quiet">Rules:</span>
      {changes.slice(0, SHOWN).map(({ id, what }) => (
        <span key={`${what}:${id}`}>
          <Specimen text={id} plain /> <span className={TONES[what]}>{WORDS[what]}</span>
        </span>
      ))}
      {changes.length > SHOWN && <span className="text-quiet">and {changes.length - SHOWN} more</span>}
    </p>
  )
}
