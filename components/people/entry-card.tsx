import type { ReactNode } from 'react'
import { Mark } from '../frame/mark'

/** What stands before the console: one question in the middle of the page. */
export function EntryCard({ title, children, lead }: { readonly title: string; readonly lead?: ReactNode; readonly children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 pt-[12vh] pb-12">
      <div className="w-full max-w-96">
        <p className="mb-6 flex items-center gap-2 font-semibold tracking-tight">
          <Mark className="size-5" />
          Countersign
        </p>
        <h1 className="font-semibold text-xl tracking-tight">{title}</h1>
        {lead !== undefined && <p className="mt-1 text-quiet">{lead}</p>}
        <div className="mt-6 space-y-5">{children}</div>
      </div>
    </main>
  )
}
