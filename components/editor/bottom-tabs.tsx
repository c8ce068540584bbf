'use client'

import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react'
import { cn } from '../ui/class-names'

export type BottomTab = {
  readonly id: string
  readonly label: ReactNode
  readonly panel: () => ReactNode
  readonly tone?: 'bad' | 'warning' | undefined
}

type BottomTabsProps = {
  readonly tabs: readonly BottomTab[]
  readonly value: string
  readonly onChange: (id: string) => void
  readonly end: ReactNode
}

/** The views under the text; only the one in sight exists, for one of them is an editor of its own. */
export function BottomTabs({ tabs, value, onChange, end }: BottomTabsProps) {
  const base = useId()
  const list = useRef<HTMLDivElement>(null)
  const current = tabs.find(({ id }) => id === value) ?? tabs[0]
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined || !current) return
    event.preventDefault()
    const to = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length]
    if (!to) return
    onChange(to.id)
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus())
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex items-center gap-3 border-line border-b pr-3">
        <div ref={list} role="tablist" aria-label="About this text" className="flex min-w-0 flex-1 overflow-x-auto" onKeyDown={move}>
          {tabs.map(({ id, label, tone }) => (
            <button
              key={id}
              type="button"
              role="tab"
              id={`${base}-${id}`}
              aria-selected={id === current?.id}
              aria-controls={`${base}-panel`}
              tabIndex={id === current?.id ? 0 : -1}
              onClick={() => onChange(id)}
              className={cn(
                '-outline-offset-2 h-9 whitespace-nowrap border-transparent border-b-2 px-3 text-quiet text-sm hover:text-ink',
                id === current?.id && 'border-accent font-medium text-ink',
                tone === 'bad' && 'text-deny',
                tone === 'warning' && 'text-held',
              )}
            >
              {label}
            </button>
          ))}
        </div>
        {end}
      </div>
      <div
        role="tabpanel"
        id={`${base}-panel`}
        aria-labelledby={`${base}-${current?.id}`}
        className="-outline-offset-2 min-h-0 flex-1 overflow-y-auto"
      >
        {current?.panel()}
      </div>
    </div>
  )
}
