import type { ReactNode } from 'react'

/** An empty or failing page: what is so, and what to do next. */
export function Notice({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="rounded-md border border-line bg-raised p-6">
      <h2 className="font-medium text-lg">{title}</h2>
      <div className="mt-2 space-y-3 text-quiet">{children}</div>
    </section>
  )
}

export function CommandLine({ children }: { readonly children: string }) {
  return <pre className="overflow-x-auto rounded-md border border-line bg-page px-3 py-2 font-mono text-ink text-sm">{children}</pre>
}
