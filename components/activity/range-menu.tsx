'use client'

import { Calendar, ChevronDown } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { RANGES, type Range, type RangeWord, withRange } from '../../core/activity/question'
import { Button } from '../ui/button'
import { cn } from '../ui/class-names'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Link } from '../ui/link'
import { Popover } from '../ui/popover'
import { hrefOf, type Shown } from './explorer'
import { RANGE_WORDS } from './facet-words'

const ALL: Range = { is: 'between', from: null, to: null }

/** How far back, or between two times. */
export function RangeMenu({ shown }: { readonly shown: Shown }) {
  const [open, setOpen] = useState(false)
  const { range } = shown.question
  const done = () => setOpen(false)
  return (
    <Popover
      label="Time"
      className="w-72 p-1"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="sm">
          <Calendar />
          {rangeWords(range)}
          <ChevronDown />
        </Button>
      }
    >
      <ul>
        {(Object.keys(RANGES) as RangeWord[]).map((word) => (
          <Item key={word} shown={shown} range={{ is: 'last', word }} isOn={range.is === 'last' && range.word === word} done={done} />
        ))}
        <Item shown={shown} range={ALL} isOn={range.is === 'between' && range.from === null && range.to === null} done={done} />
      </ul>
      <Between shown={shown} done={done} />
    </Popover>
  )
}

function rangeWords(range: Range): string {
  if (range.is === 'last') return RANGE_WORDS[range.word]
  const { from, to } = range
  if (from === null && to === null) return 'All time'
  if (from === null) return `Until ${short(to)}`
  return to === null ? `Since ${short(from)}` : `${short(from)} – ${short(to)}`
}

const short = (at: string | null): string => (at === null ? '' : new Date(at).toISOString().slice(0, 16).replace('T', ' '))

type ItemProps = { readonly shown: Shown; readonly range: Range; readonly isOn: boolean; readonly done: () => void }

function Item({ shown, range, isOn, done }: ItemProps) {
  return (
    <li>
      <Link
        href={hrefOf({ ...shown, question: withRange(shown.question, range) })}
        onClick={done}
        aria-current={isOn ? 'true' : undefined}
        className={cn('flex min-h-8 items-center rounded-sm px-2 hover:bg-hover pointer-coarse:min-h-10', isOn && 'bg-hover font-medium')}
      >
        {rangeWords(range)}
      </Link>
    </li>
  )
}

/** Two times in UTC, as everything here is. */
function Between({ shown, done }: { readonly shown: Shown; readonly done: () => void }) {
  const router = useRouter()
  const { range } = shown.question
  const [from, setFrom] = useState(range.is === 'between' ? localOf(range.from) : '')
  const [to, setTo] = useState(range.is === 'between' ? localOf(range.to) : '')
  const go = (event: FormEvent) => {
    event.preventDefault()
    done()
    router.push(hrefOf({ ...shown, question: withRange(shown.question, { is: 'between', from: utcOf(from), to: utcOf(to) }) }))
  }
  return (
    <form onSubmit={go} className="space-y-2 border-line border-t p-2 pt-3">
      <Field label="From (UTC)">
        {(control) => <Input {...control} type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} />}
      </Field>
      <Field label="To (UTC)">
        {(control) => <Input {...control} type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} />}
      </Field>
      <Button type="submit" size="sm" disabled={from === '' && to === ''}>
        Show
      </Button>
    </form>
  )
}

const localOf = (at: string | null): string => (at === null ? '' : new Date(at).toISOString().slice(0, 16))
const utcOf = (local: string): string | null => (local === '' ? null : `${local.slice(0, 16)}:00Z`)
