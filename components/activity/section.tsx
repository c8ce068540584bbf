import { type ReactNode, useId } from 'react'

/** One part of a page about one call. */
export function Section({
  title,
  aside,
  children,
}: {
  readonly title: ReactNode
  readonly aside?: ReactNode
  readonly children: ReactNode
}) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="min-w-0">
      <div className="mb-2 flex flex-wrap items-baseline gap-x-3 border-line border-b pb-1">
        <h2 id={id} className="font-medium text-sm">
          {title}
        </h2>
        {aside}
      </div>
      {children}
    </section>
  )
}
