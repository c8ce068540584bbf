import { cn } from './class-names'

/** Where something will be, once loading takes longer than 400 ms. */
export function Skeleton({ className }: { readonly className?: string }) {
  return <div aria-hidden="true" className={cn('h-4 animate-late rounded-sm bg-hover', className)} />
}

/** What is loading, said and drawn: rows of the height they will have. */
export function SkeletonRows({ what, rows = 8 }: { readonly what: string; readonly rows?: number }) {
  return (
    <div role="status" className="animate-late">
      <p className="mb-3 text-quiet text-sm">Loading {what}…</p>
      <div className="space-y-px">
        {Array.from({ length: rows }, (_, row) => row).map((row) => (
          <div key={row} className="flex h-8 items-center gap-6 border-line border-b">
            <Skeleton className="w-24" />
            <Skeleton className="w-16" />
            <Skeleton className="flex-1" />
          </div>
        ))}
      </div>
    </div>
  )
}
