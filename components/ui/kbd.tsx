import type { ReactNode } from 'react'

/** One key. */
export function Kbd({ children }: { readonly children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-line bg-sunken px-1 font-sans text-quiet text-xs">
      {children}
    </kbd>
  )
}
