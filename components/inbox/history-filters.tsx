import { X } from 'lucide-react'
import { Specimen } from '../specimen'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { addressOf, ENDS, type End, type Wanted } from './history-wanted'

const WORDS: { readonly [end in End]: string } = {
  all: 'All',
  denied: 'Denied',
  done: 'Ran',
  failed: 'Failed',
  unknown: 'Unknown',
  expired: 'Expired',
  unanswered: 'Nobody answered',
  cancelled: 'Cancelled',
  revoked: 'Taken back',
}

const CHIP =
  'inline-flex h-7 items-center gap-1.5 rounded-full border border-line px-2.5 text-sm hover:bg-hover pointer-coarse:h-10 pointer-coarse:px-3.5 [&_svg]:size-3.5'

/** Which ends, and of which tool or agent; all of it in the address. */
export function HistoryFilters({ wanted }: { readonly wanted: Wanted }) {
  const at = (over: Partial<Wanted>): string => addressOf({ ...wanted, after: null, ...over })
  const names = [
    { word: 'tool', value: wanted.tool, off: at({ tool: null }) },
    { word: 'server', value: wanted.server, off: at({ server: null }) },
    { word: 'agent', value: wanted.principal, off: at({ principal: null }) },
  ]
  return (
    <nav aria-label="Filters" className="mb-4 flex flex-wrap gap-1.5">
      {ENDS.map((end) => (
        <Link
          key={end}
          href={at({ end })}
          aria-current={end === wanted.end ? 'true' : undefined}
          className={cn(CHIP, end === wanted.end && 'border-accent bg-accent-back font-medium text-accent')}
        >
          {WORDS[end]}
        </Link>
      ))}
      <Link
        href={at({ mine: !wanted.mine })}
        aria-current={wanted.mine ? 'true' : undefined}
        className={cn(CHIP, wanted.mine && 'border-accent bg-accent-back font-medium text-accent')}
      >
        Answered by me
      </Link>
      {names.map(
        ({ word, value, off }) =>
          value !== null && (
            <Link key={word} href={off} className={cn(CHIP, 'max-w-full border-accent bg-accent-back')}>
              <span className="text-quiet">{word}</span>
              <span className="truncate">
                <Specimen text={value} plain />
              </span>
              <X aria-label="take this filter away" />
            </Link>
          ),
      )}
    </nav>
  )
}
