import { type ReactNode, useId } from 'react'
import { Link } from '../ui/link'

type PanelProps = {
  readonly title: ReactNode
  readonly href?: string
  readonly more?: string
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** One part of the overview: a name, what it shows, and the page that shows all of it. */
export function Panel({ title, href, more = 'All', aside, children }: PanelProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="min-w-0">
      <div className="mb-2 flex min-h-7 flex-wrap items-center gap-x-4 gap-y-1 border-line border-b pb-1">
        <h2 id={id} className="font-medium text-sm">
          {title}
        </h2>
        <div className="flex flex-1 items-center justify-end gap-4 text-sm">
          {aside}
          {href !== undefined && (
            <Link href={href} className="rounded-sm text-quiet hover:text-ink hover:underline">
              {more}
            </Link>
          )}
        </div>
      </div>
      {children}
    </section>
  )
}
