import type { ReactNode } from 'react'
import { cn } from './class-names'

type EmptyStateProps = { readonly title: string; readonly children?: ReactNode; readonly action?: ReactNode; readonly className?: string }

/** An empty page or part: what is so, and what to do next, with the exact command (CommandLine) where there is one. */
export function EmptyState({ title, children, action, className }: EmptyStateProps) {
  return (
    <section className={cn('rounded-md border border-line border-dashed px-5 py-6', className)}>
      <h2 className="font-medium text-lg">{title}</h2>
      {children !== undefined && <div className="mt-1.5 max-w-3xl space-y-3 text-quiet">{children}</div>}
      {action !== undefined && <div className="mt-4 flex flex-wrap gap-2">{action}</div>}
    </section>
  )
}
