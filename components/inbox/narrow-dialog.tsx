'use client'

import { useState } from 'react'
import type { Choices } from '../../core/approval/shape'
import type { Outcome } from '../../core/outcome'
import { failureOf, useVerb } from '../policies/use-verb'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Select } from '../ui/select'
import { say } from '../ui/toast'
import type { ArgumentShown } from './argument-text'
import { choicesFrom, EXACT, type Widening, wideningsOf } from './bounds'
import type { CardShown } from './inbox-shown'
import { ShapeWords } from './shape-words'

export type AllowMore = (what: {
  readonly hold: string
  readonly binding: string
  readonly displayed: string
  readonly isHeld: boolean
  readonly choices: { name: string; bound: Choices[number]['bound'] }[]
  readonly uses: number
  readonly minutes: number
}) => Promise<Outcome<{ readonly grant: string }>>

type NarrowProps = {
  readonly card: CardShown
  readonly list: readonly ArgumentShown[] | null
  readonly allowMore: AllowMore
  readonly limits: { readonly uses: number; readonly minutes: number }
  readonly onClose: () => void
}

/** Lets more calls of the same shape through: a few, for a while, and no wider than is said here. */
export function NarrowDialog({ open, onClose, ...rest }: NarrowProps & { readonly open: boolean }) {
  const { card, list } = rest
  return (
    <Dialog
      open={open}
      onOpenChange={(stays) => !stays && onClose()}
      size="lg"
      title={card.state === 'held' ? 'Approve this call, and some more like it' : 'Let more like it through'}
      description="Only this agent, tool and server, only while this rule and definition stand, and never what a rule denies."
    >
      {card.noGrant !== null || list === null ? (
        <>
          <Callout>{card.noGrant ?? 'Its arguments can’t be read.'}</Callout>
          <DialogActions>
            <DialogClose>
              <Button>Close</Button>
            </DialogClose>
          </DialogActions>
        </>
      ) : (
        <NarrowForm {...rest} list={list} onClose={onClose} />
      )}
    </Dialog>
  )
}

const wholeFrom = (text: string, most: number): number | null => {
  const number = /^\d{1,6}$/.test(text.trim()) ? Number(text.trim()) : 0
  return number >= 1 && number <= most ? number : null
}

function NarrowForm({ card, list, allowMore, limits, onClose }: NarrowProps & { readonly list: readonly ArgumentShown[] }) {
  const [widenings, setWidenings] = useState<ReadonlyMap<string, Widening>>(() => new Map())
  const [usesText, setUses] = useState('5')
  const [minutesText, setMinutes] = useState('30')
  const { run, pending, failed } = useVerb(allowMore, () => {
    onClose()
    say.done('The grant is made.', 'It is listed under Grants, and can be taken back there.')
  })
  const uses = wholeFrom(usesText, limits.uses)
  const minutes = wholeFrom(minutesText, limits.minutes)
  const found = choicesFrom(list, widenings)
  const isHeld = card.state === 'held'
  const submit = () => {
    if ('because' in found || uses === null || minutes === null) return
    const { id: hold, binding, displayed } = card
    run({ hold, binding, displayed, isHeld, choices: [...found.choices], uses, minutes })
  }
  return (
    <div className="space-y-4">
      <fieldset className="space-y-2">
        <legend className="pb-1 font-medium text-sm">Each argument</legend>
        {list.map((argument) => (
          <Widen
            key={argument.name}
            argument={argument}
            widening={widenings.get(argument.name) ?? EXACT}
            onChange={(widening) => setWidenings(new Map([...widenings, [argument.name, widening]]))}
          />
        ))}
        {list.length === 0 && <p className="text-quiet text-sm">It has none, so neither has any call like it.</p>}
      </fieldset>
      <div className="grid grid-cols-2 gap-4">
        <Field label="Calls" {...(uses === null ? { error: `From 1 to ${limits.uses}.` } : {})}>
          {(control) => <Input {...control} inputMode="numeric" value={usesText} onChange={(event) => setUses(event.target.value)} />}
        </Field>
        <Field label="Minutes" {...(minutes === null ? { error: `From 1 to ${limits.minutes}.` } : {})}>
          {(control) => <Input {...control} inputMode="numeric" value={minutesText} onChange={(event) => setMinutes(event.target.value)} />}
        </Field>
      </div>
      {'because' in found ? (
        <Callout tone="warning">{found.because}</Callout>
      ) : (
        uses !== null && minutes !== null && <ShapeWords card={card} list={list} choices={found.choices} uses={uses} minutes={minutes} />
      )}
      {failed && <Callout tone="bad">{failureOf(failed)}</Callout>}
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button look="primary" pending={pending} disabled={'because' in found || uses === null || minutes === null} onClick={submit}>
          {isHeld ? `Approve, and ${uses ?? ''} more` : `Let ${uses ?? ''} more through`}
        </Button>
      </DialogActions>
    </div>
  )
}

const WAYS: { readonly [is in Widening['is']]: string } = {
  equal: 'exactly this',
  within: 'a path inside …',
  atMost: 'a number up to …',
  upTo: 'a text as long as …',
}

type WidenProps = { readonly argument: ArgumentShown; readonly widening: Widening; readonly onChange: (widening: Widening) => void }

function Widen({ argument, widening, onChange }: WidenProps) {
  const ways = wideningsOf(argument)
  const choose = (is: string) => onChange(ways.find((way) => way.is === is) ?? EXACT)
  return (
    <div className="grid items-center gap-x-3 gap-y-1 sm:grid-cols-[minmax(0,9rem)_11rem_minmax(0,1fr)]">
      <span className="truncate text-sm">
        <Specimen text={argument.name} plain />
      </span>
      <Select aria-label={`How ${argument.name} may differ`} value={widening.is} onChange={(event) => choose(event.target.value)}>
        {ways.map(({ is }) => (
          <option key={is} value={is}>
            {WAYS[is]}
          </option>
        ))}
      </Select>
      {widening.is === 'equal' ? (
        <span className="truncate text-quiet text-sm">
          <Specimen text={argument.text.slice(0, 120)} plain />
        </span>
      ) : (
        <Input
          aria-label={`Bound of ${argument.name}`}
          className="font-mono"
          value={widening.text}
          onChange={(event) => onChange({ ...widening, text: event.target.value })}
        />
      )}
    </div>
  )
}
