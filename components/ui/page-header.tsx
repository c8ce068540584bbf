import type { ReactNode } from 'react'

type PageHeaderProps = {
  readonly title: ReactNode
  readonly children?: ReactNode
  readonly actions?: ReactNode
  readonly badge?: ReactNode
}

/** Where one is and what the page is for, in one sentence, with what can be done to all of it. */
export function PageHeader({ title, children, actions, badge }: PageHeaderProps) {
  return (
    <header className="mb-5 flex flex-wrap items-start gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1 basis-72">
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="wrap-anywhere font-semibold text-xl tracking-tight">{title}</h1>
          {badge}
        </div>
        {children !== undefined && <p className="mt-0.5 max-w-3xl text-quiet">{children}</p>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}
