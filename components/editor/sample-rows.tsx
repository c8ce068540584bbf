'use client'

import { Triangle } from 'lucide-react'
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react'
import type { Sample } from '../../core/policy/sample'
import { Specimen } from '../specimen'
import { cn } from '../ui/class-names'
import type { Row } from './engine-simulation'
import { OutcomeMark } from './outcome-mark'

export type Listed = { readonly sample: Sample; readonly row: Row | undefined }

const ROW_PX = 36
const AROUND = 6

type SampleRowsProps = {
  readonly listed: readonly Listed[]
  readonly selected: string | null
  readonly onSelect: (id: string) => void
  readonly label: string
}

/** A list of any length, of which only what is in sight is drawn. Arrows go from one to the next. */
export function SampleRows({ listed, selected, onSelect, label }: SampleRowsProps) {
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600 })
  useEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', measure)
    }
  }, [])
  const first = Math.max(0, Math.floor(view.top / ROW_PX) - AROUND)
  const last = Math.min(listed.length, Math.ceil((view.top + view.height) / ROW_PX) + AROUND)
  const move = (event: KeyboardEvent) => {
    const to = stepFrom(event.key, listed, selected)
    if (!to) return
    event.preventDefault()
    onSelect(to.sample.id)
    const at = listed.indexOf(to)
    const element = box.current
    if (element && (at * ROW_PX < element.scrollTop || (at + 1) * ROW_PX > element.scrollTop + element.clientHeight))
      element.scrollTop = at * ROW_PX - element.clientHeight / 2
    requestAnimationFrame(() => element?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus())
  }
  const focusable = listed.some(({ sample }) => sample.id === selected) ? selected : (listed[0]?.sample.id ?? null)
  return (
    <div ref={box} role="listbox" aria-label={label} tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto" onKeyDown={move}>
      <div className="relative" role="presentation" style={{ height: listed.length * ROW_PX }}>
        {listed.slice(first, last).map(({ sample, row }, index) => (
          <SampleRow
            key={sample.id}
            sample={sample}
            row={row}
            top={(first + index) * ROW_PX}
            selected={sample.id === selected}
            reachable={sample.id === focusable}
            position={first + index + 1}
            total={listed.length}
            onSelect={onSelect}
          />
        ))}
      </div>
    </div>
  )
}

function stepFrom(key: string, listed: readonly Listed[], selected: string | null): Listed | undefined {
  const at = listed.findIndex(({ sample }) => sample.id === selected)
  if (key === 'ArrowDown') return listed[Math.min(listed.length - 1, at + 1)]
  if (key === 'ArrowUp') return listed[Math.max(0, at - 1)]
  if (key === 'Home') return listed[0]
  return key === 'End' ? listed.at(-1) : undefined
}

type SampleRowProps = {
  readonly sample: Sample
  readonly row: Row | undefined
  readonly top: number
  readonly selected: boolean
  readonly reachable: boolean
  readonly position: number
  readonly total: number
  readonly onSelect: (id: string) => void
}

const SampleRow = memo(function SampleRow({ sample, row, top, selected, reachable, position, total, onSelect }: SampleRowProps) {
  const changed = row?.change === 'outcome'
  return (
    <button
      type="button"
      role="option"
      aria-selected={selected}
      aria-posinset={position}
      aria-setsize={total}
      tabIndex={reachable ? 0 : -1}
      onClick={() => onSelect(sample.id)}
      style={{ top, height: ROW_PX }}
      className={cn(
        '-outline-offset-2 absolute inset-x-0 flex items-center gap-2 border-line border-b px-3 text-left text-sm hover:bg-hover',
        selected && 'bg-accent-back',
      )}
    >
      <span className="w-3 shrink-0">{changed && <Triangle aria-label="changes" className="size-2.5 fill-current text-accent" />}</span>
      <span className="flex min-w-0 flex-1 items-baseline gap-2 truncate">
        <span className="shrink-0 font-medium">
          <Specimen text={cut(sample.tool ?? sample.method, 40)} plain />
        </span>
        <span className="truncate text-quiet">
          <Specimen text={gist(sample)} plain />
        </span>
      </span>
      <Ends row={row} />
      <span className="hidden w-16 shrink-0 truncate text-right text-quiet text-xs sm:inline">
        {row?.after?.rule ?? (row?.after ? 'default' : '')}
      </span>
    </button>
  )
})

/** Where the outcome changes, both; else the one there is. */
function Ends({ row }: { readonly row: Row | undefined }) {
  if (!row) return <span className="text-quiet text-xs">…</span>
  if (!row.after) return <span className="text-unknown text-xs">can’t be read</span>
  if (row.change !== 'outcome' || !row.before) return <OutcomeMark outcome={row.after.outcome} />
  return (
    <span className="inline-flex items-center gap-1">
      <OutcomeMark outcome={row.before.outcome} faded />
      <span className="text-quiet text-xs">→</span>
      <OutcomeMark outcome={row.after.outcome} />
    </span>
  )
}

/** What tells one call from another: its first text, else its arguments. */
export function gist({ args, name }: Sample): string {
  if (args === null) return name === '' ? 'arguments not shown' : cut(name, 90)
  const [, text] = /:\s*"((?:[^"\\]|\\.){1,120})/.exec(args) ?? []
  return cut(text === undefined ? (name === '' ? args : name) : unescaped(text), 90)
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text)
