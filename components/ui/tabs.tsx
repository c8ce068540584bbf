'use client'

import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react'
import { useAwake } from './awake'
import { cn } from './class-names'
import { Pill } from './pill'

export type Tab = { readonly id: string; readonly label: ReactNode; readonly count?: ReactNode; readonly panel: ReactNode }

type TabsProps = {
  readonly label: string
  readonly tabs: readonly Tab[]
  /** Held by the caller where given. */
  readonly value?: string
  readonly onChange?: (id: string) => void
  readonly className?: string
}

const STEPS: { readonly [key: string]: number } = { ArrowRight: 1, ArrowLeft: -1 }

/**
 * Several views of one thing, one at a time; arrows, Home and End move. Panels stay mounted, so what was typed in one is there on return.
 * (Our own: the library's writes style attributes on the server, which our policy for styles refuses.)
 */
export function Tabs({ label, tabs, value, onChange, className }: TabsProps) {
  const base = useId()
  const list = useRef<HTMLDivElement>(null)
  const [own, setOwn] = useState(tabs[0]?.id ?? '')
  const isAwake = useAwake()
  const current = value ?? own
  const choose = (id: string) => {
    setOwn(id)
    onChange?.(id)
  }
  const move = (event: KeyboardEvent) => {
    const to = targetOf(event.key, tabs, current)
    if (to === undefined) return
    event.preventDefault()
    choose(to.id)
    list.current?.querySelector<HTMLElement>(`#${CSS.escape(`${base}-${to.id}`)}`)?.focus()
  }
  return (
    <div className={className}>
      <div ref={list} role="tablist" aria-label={label} className="flex gap-4 overflow-x-auto border-line border-b" onKeyDown={move}>
        {tabs.map(({ id, label: words, count }) => (
          <button
            key={id}
            id={`${base}-${id}`}
            type="button"
            role="tab"
            disabled={!isAwake}
            aria-selected={id === current}
            aria-controls={`${base}-${id}-panel`}
            tabIndex={id === current ? 0 : -1}
            onClick={() => choose(id)}
            className={cn(
              '-outline-offset-2 flex h-9 items-center gap-1.5 whitespace-nowrap border-transparent border-b-2 text-quiet text-sm hover:text-ink',
              id === current && 'border-accent font-medium text-ink',
            )}
          >
            {words}
            {count !== undefined && <Pill>{count}</Pill>}
          </button>
        ))}
      </div>
      {tabs.map(({ id, panel }) => (
        <div key={id} id={`${base}-${id}-panel`} role="tabpanel" aria-labelledby={`${base}-${id}`} hidden={id !== current} className="pt-4">
          {panel}
        </div>
      ))}
    </div>
  )
}

const targetOf = (key: string, tabs: readonly Tab[], current: string): Tab | undefined => {
  if (key === 'Home') return tabs[0]
  if (key === 'End') return tabs.at(-1)
  const step = STEPS[key]
  if (step === undefined) return undefined
  return tabs[(tabs.findIndex(({ id }) => id === current) + step + tabs.length) % tabs.length]
}
