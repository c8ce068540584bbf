import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { Pill } from '../ui/pill'

type InboxTabsProps = { readonly here: 'waiting' | 'history' | 'grants'; readonly waiting: number; readonly grants: number }

/** The parts of the inbox, each a page of its own. */
export function InboxTabs({ here, waiting, grants }: InboxTabsProps) {
  const tabs = [
    { id: 'waiting', href: '/inbox', words: 'Waiting', count: waiting },
    { id: 'history', href: '/inbox/history', words: 'History', count: 0 },
    { id: 'grants', href: '/inbox/grants', words: 'Grants', count: grants },
  ] as const
  return (
    <nav aria-label="Parts of the inbox" className="mb-4 flex gap-5 border-line border-b">
      {tabs.map(({ id, href, words, count }) => (
        <Link
          key={id}
          href={href}
          aria-current={id === here ? 'page' : undefined}
          className={cn(
            '-mb-px flex h-9 items-center gap-1.5 border-transparent border-b-2 text-quiet text-sm hover:text-ink pointer-coarse:h-11',
            id === here && 'border-accent font-medium text-ink',
          )}
        >
          {words}
          {count > 0 && <Pill>{count.toLocaleString('en')}</Pill>}
        </Link>
      ))}
    </nav>
  )
}
