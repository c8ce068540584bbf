import type { ReactNode } from 'react'
import { Mark } from './mark'

/** Where there is no frame: nobody is signed in, or nothing can be said about who is. */
export function Bare({ children }: { readonly children: ReactNode }) {
  return (
    <div className="mx-auto max-w-3xl px-4 py-6 md:px-8 md:py-16">
      <header className="flex items-center gap-2 pb-8 font-semibold tracking-tight">
        <Mark />
        Countersign
      </header>
      <main>{children}</main>
    </div>
  )
}
