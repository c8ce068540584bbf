import { ChevronLeft, ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { LinkButton } from './link-button'

type PaginationProps = {
  readonly previous: string | null
  readonly next: string | null
  readonly label?: string
  readonly children?: ReactNode
}

/** Before and after by key, not by number: rows that arrive meanwhile shift nothing. `children` says what is shown. */
export function Pagination({ previous, next, label = 'More rows', children }: PaginationProps) {
  if (previous === null && next === null) return children ? <div className="py-3 text-quiet text-sm">{children}</div> : null
  return (
    <nav aria-label={label} className="flex items-center gap-2 py-3 text-quiet text-sm">
      <div className="flex-1">{children}</div>
      <Step href={previous} label="Newer">
        <ChevronLeft />
        Newer
      </Step>
      <Step href={next} label="Older">
        Older
        <ChevronRight />
      </Step>
    </nav>
  )
}

function Step({ href, label, children }: { readonly href: string | null; readonly label: string; readonly children: ReactNode }) {
  if (href !== null)
    return (
      <LinkButton href={href} size="sm" aria-label={label}>
        {children}
      </LinkButton>
    )
  return (
    <span className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line px-2 text-quiet [&_svg]:size-4 [&_svg]:opacity-55">
      {children}
    </span>
  )
}
