'use client'

import { Check, ChevronDown } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { type Facet, toggled, withValues } from '../../core/activity/question'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { cn } from '../ui/class-names'
import { Input } from '../ui/input'
import { Link } from '../ui/link'
import { Pill } from '../ui/pill'
import { Popover } from '../ui/popover'
import { hrefOf, type Shown } from './explorer'
import { FACET_WORDS, valueWord } from './facet-words'
import type { Choice } from './filter-bar'

type FacetMenuProps = { readonly shown: Shown; readonly facet: Facet; readonly choices: readonly Choice[] }

/** From here on a list is worth searching. */
const SEARCHED_FROM = 8

/** The values of one facet that were met; any other can be typed. Each is a link: it can be opened in a tab of its own. */
export function FacetMenu({ shown, facet, choices }: FacetMenuProps) {
  const [open, setOpen] = useState(false)
  const [sought, setSought] = useState('')
  const router = useRouter()
  const chosen = shown.question.facets[facet] ?? []
  const name = FACET_WORDS[facet]
  const listed = choices.filter(({ value, word }) => `${value} ${word ?? ''}`.toLowerCase().includes(sought.toLowerCase()))
  const take = (event: FormEvent) => {
    event.preventDefault()
    if (sought === '') return
    setOpen(false)
    const [only] = listed
    const value = listed.length === 1 && only ? only.value : sought
    router.push(hrefOf({ ...shown, question: withValues(shown.question, facet, [...new Set([...chosen, value])]) }))
  }
  return (
    <Popover
      label={`Filter by ${name.toLowerCase()}`}
      className="w-72 p-1"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="sm" look={chosen.length > 0 ? 'secondary' : 'quiet'}>
          {name}
          {chosen.length > 0 && <Pill>{chosen.length}</Pill>}
          <ChevronDown />
        </Button>
      }
    >
      {(choices.length >= SEARCHED_FROM || choices.length === 0) && (
        <form onSubmit={take} className="p-1">
          <Input
            aria-label={`${name} to look for`}
            placeholder={`${name}, exactly`}
            value={sought}
            onChange={(event) => setSought(event.target.value)}
            maxLength={256}
            className="font-mono"
          />
        </form>
      )}
      <ul className="max-h-80 overflow-y-auto">
        {listed.map((choice) => (
          <li key={choice.value}>
            <Option shown={shown} facet={facet} choice={choice} isOn={chosen.includes(choice.value)} done={() => setOpen(false)} />
          </li>
        ))}
        {listed.length === 0 && (
          <li className="px-2 py-1.5 text-quiet">
            {sought === '' ? 'None was met so far.' : 'None of this name was met. Enter asks for it all the same.'}
          </li>
        )}
      </ul>
    </Popover>
  )
}

type OptionProps = {
  readonly shown: Shown
  readonly facet: Facet
  readonly choice: Choice
  readonly isOn: boolean
  readonly done: () => void
}

function Option({ shown, facet, choice, isOn, done }: OptionProps) {
  const word = choice.word ?? valueWord(facet, choice.value)
  return (
    <Link
      href={hrefOf({ ...shown, question: toggled(shown.question, facet, choice.value) })}
      onClick={done}
      aria-current={isOn ? 'true' : undefined}
      className={cn('flex min-h-8 items-center gap-2 rounded-sm px-2 py-1 hover:bg-hover pointer-coarse:min-h-10', isOn && 'font-medium')}
    >
      <span className="min-w-0 flex-1">{word ?? <Specimen text={choice.value} plain />}</span>
      {isOn && <Check className="size-4 shrink-0 text-accent" />}
    </Link>
  )
}
