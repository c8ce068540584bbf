import type { ReactNode } from 'react'

/** One key. */
export function Kbd({ children }: { readonly children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-line bg-sunken px-1 font-sans text-quiet text-xs">
      {children}
    </kbd>
  )
}

/** One key, or two pressed one after the other. */
export function Keys({ keys: [first, second] }: { readonly keys: readonly [string, string?] }) {
  return (
    <span className="inline-flex gap-1">
      <Kbd>{first}</Kbd>
      {second !== undefined && <Kbd>{second}</Kbd>}
    </span>
  )
}
