'use client'

import { Download } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState, useTransition } from 'react'
import { failureOf, useVerb } from '../policies/use-verb'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Checkbox } from '../ui/checkbox'
import { CommandLine } from '../ui/command-line'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Select } from '../ui/select'
import { type Asked, addressOf, commandOf, type EstimateShown, type OrderEvidence, OUTCOMES, scopeOf } from './evidence-shown'

type ExportFormProps = {
  readonly asked: Asked
  readonly estimate: EstimateShown
  /** Whether clear text may go with it. */
  readonly mayReveal: boolean
  readonly order: OrderEvidence
}

const isSame = (one: Asked, other: Asked): boolean => addressOf(one) === addressOf(other)

/** What is to leave; it is counted before it can be taken. */
export function ExportForm({ asked, estimate, mayReveal, order }: ExportFormProps) {
  const router = useRouter()
  const [typed, setTyped] = useState(asked)
  const [counting, start] = useTransition()
  const isCounted = isSame(typed, asked)
  const isBackwards = typed.from !== '' && typed.to !== '' && typed.from >= typed.to
  const count = (event: FormEvent) => {
    event.preventDefault()
    if (!isBackwards) start(() => router.push(addressOf(typed)))
  }
  return (
    <form method="get" action="/evidence" onSubmit={count} className="space-y-4">
      <Fields typed={typed} change={setTyped} isBackwards={isBackwards} />
      <Checkbox
        label="With clear text"
        hint="Arguments, results and what people said, as far as they are kept, with the salts that open their commitments."
        name="clear"
        value="1"
        disabled={!mayReveal}
        checked={typed.clear}
        onChange={(event) => setTyped({ ...typed, clear: event.target.checked })}
      />
      {isCounted ? (
        <Take asked={asked} estimate={estimate} order={order} />
      ) : (
        <Button type="submit" look="primary" pending={counting} disabled={isBackwards}>
          Count what that is
        </Button>
      )}
    </form>
  )
}

type FieldsProps = { readonly typed: Asked; readonly change: (typed: Asked) => void; readonly isBackwards: boolean }

const NAMES = [
  { name: 'server', label: 'Server' },
  { name: 'agent', label: 'Agent' },
  { name: 'policy', label: 'Policy, by name or digest' },
] as const

function Fields({ typed, change, isBackwards }: FieldsProps) {
  const set = (name: keyof Asked) => (event: { readonly target: { readonly value: string } }) =>
    change({ ...typed, [name]: event.target.value })
  return (
    <div className="grid gap-x-4 gap-y-3 md:grid-cols-3">
      <Field label="Recorded from (UTC)">
        {(control) => <Input {...control} type="date" name="from" value={typed.from} onChange={set('from')} />}
      </Field>
      <Field label="and before (UTC)" error={isBackwards ? 'This is not after the first day.' : undefined}>
        {(control) => <Input {...control} type="date" name="to" value={typed.to} onChange={set('to')} />}
      </Field>
      <Field label="Decision">
        {(control) => (
          <Select {...control} name="outcome" value={typed.outcome} onChange={set('outcome')}>
            <option value="">any</option>
            {OUTCOMES.map((outcome) => (
              <option key={outcome}>{outcome}</option>
            ))}
          </Select>
        )}
      </Field>
      {NAMES.map(({ name, label }) => (
        <Field key={name} label={label}>
          {(control) => <Input {...control} name={name} placeholder="any" maxLength={256} value={typed[name]} onChange={set(name)} />}
        </Field>
      ))}
    </div>
  )
}

type TakeProps = Pick<ExportFormProps, 'asked' | 'estimate' | 'order'>

function Take({ asked, estimate, order }: TakeProps) {
  const { run, pending, failed } = useVerb(order, (id) => fetchFile(`/evidence/${id}`))
  const scope = scopeOf(asked)
  return (
    <div className="space-y-3">
      <p>{estimateWords(estimate)}</p>
      {failed && <Callout tone="bad">{failureOf(failed)}</Callout>}
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-quiet">
        <Button look="primary" pending={pending} disabled={estimate.sealed === 0} onClick={() => run(scope)}>
          <Download />
          Export
        </Button>
        The log records it before the first byte leaves.
      </p>
      <details className="text-sm">
        <summary className="w-fit rounded-sm text-quiet">
          On the command line, where an export goes on even after the machine was restarted
        </summary>
        <div className="mt-2">
          <CommandLine>{commandOf(scope)}</CommandLine>
        </div>
      </details>
    </div>
  )
}

/** A download leaves the page where it is, whatever comes of it. */
function fetchFile(href: string): void {
  const link = document.createElement('a')
  link.href = href
  link.download = ''
  link.click()
}

function estimateWords({ calls, isMore, sealed, unsealed }: EstimateShown): string {
  if (sealed === 0) return 'Nothing of this log is sealed yet, so nothing can be exported: countersign up or countersign seal does that.'
  const number =
    calls === null
      ? 'More calls than are counted here'
      : `${isMore ? 'more than ' : ''}${calls.toLocaleString('en')} ${calls === 1 ? 'call' : 'calls'}`
  const rest = unsealed > 0 ? ` ${unsealed.toLocaleString('en')} newer entries are not sealed yet and stay out.` : ''
  return `About ${number}, with what became of them, from a sealed log of ${sealed.toLocaleString('en')} entries.${rest}`
}
