'use client'

import { Scale } from 'lucide-react'
import { useState } from 'react'
import type { LegalScope } from '../../core/audit/retention-fields'
import { PersonName } from '../policies/person-name'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { RelativeTime } from '../ui/relative-time'
import { BecauseDialog } from './because-dialog'
import type { AddLegalHold, LegalHoldShown, LiftLegalHold } from './retention-shown'

export type LegalHoldActions = { readonly add: AddLegalHold; readonly lift: LiftLegalHold }

type LegalHoldsProps = { readonly holds: readonly LegalHoldShown[]; readonly actions: LegalHoldActions | null }

/** What nobody and nothing erases until it is lifted. */
export function LegalHolds({ holds, actions }: LegalHoldsProps) {
  return (
    <>
      {holds.length === 0 ? (
        <p className="text-quiet">No legal hold is in force.</p>
      ) : (
        <ul aria-label="Legal holds" className="space-y-3">
          {holds.map((hold) => (
            <li key={hold.id} className="rounded-md border border-line px-4 py-3">
              <LegalHold hold={hold} lift={actions?.lift ?? null} />
            </li>
          ))}
        </ul>
      )}
      {actions && (
        <p className="mt-3">
          <AddHold add={actions.add} />
        </p>
      )}
    </>
  )
}

function LegalHold({ hold, lift }: { readonly hold: LegalHoldShown; readonly lift: LiftLegalHold | null }) {
  const { id, scope, because, by, at, lifted } = hold
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <p className="wrap-anywhere min-w-0 font-medium">
          <ScopeWords scope={scope} />
        </p>
        <span className="flex items-center gap-3">
          {lifted ? <Badge>lifted</Badge> : <Badge tone="warning">in force</Badge>}
          {!lifted && lift && (
            <BecauseDialog
              title="Lift this legal hold?"
              description="What it kept is erased when its days are over, or when somebody orders it. It can’t be put back."
              word="Lift"
              done="The legal hold is lifted."
              verb={lift}
              given={(why) => ({ id, because: why })}
              trigger={
                <Button size="sm" look="danger">
                  Lift
                </Button>
              }
            />
          )}
        </span>
      </div>
      <p className="wrap-anywhere mt-1 text-quiet text-sm">
        <Specimen text={because} plain /> · since <RelativeTime at={at} /> by <PersonName person={by} />
        {lifted && (
          <>
            {' '}
            · lifted <RelativeTime at={lifted.at} /> by <PersonName person={lifted.by} />: <Specimen text={lifted.because} plain />
          </>
        )}
      </p>
    </>
  )
}

function ScopeWords({ scope: { server, principalId, call, from, to } }: { readonly scope: LegalScope }) {
  const parts = [
    { what: 'server', is: server },
    { what: 'agent', is: principalId },
    { what: 'call', is: call },
    { what: 'recorded from', is: from },
    { what: 'recorded before', is: to },
  ].filter(({ is }) => is !== null)
  return parts.map(({ what, is }, at) => (
    <span key={what}>
      {at > 0 && ', '}
      <span className="font-normal text-quiet">{what}</span> <Specimen text={is ?? ''} plain />
    </span>
  ))
}

const EMPTY = { server: '', principalId: '', call: '', from: '', to: '' }
type Typed = typeof EMPTY

const FIELDS = [
  { name: 'server', label: 'Server' },
  { name: 'principalId', label: 'Agent' },
  { name: 'call', label: 'Call' },
] as const
const DAYS = [
  { name: 'from', label: 'Recorded from (UTC)' },
  { name: 'to', label: 'and before (UTC)' },
] as const

/** Null while it would cover everything there is. */
function scopeOf(typed: Typed): LegalScope | null {
  const name = (text: string) => (text.trim() === '' ? null : text.trim())
  const day = (text: string) => (text === '' ? null : `${text}T00:00:00.000Z`)
  const scope = {
    server: name(typed.server),
    principalId: name(typed.principalId),
    call: name(typed.call),
    from: day(typed.from),
    to: day(typed.to),
  }
  return Object.values(scope).some((each) => each !== null) ? scope : null
}

function AddHold({ add }: { readonly add: AddLegalHold }) {
  const [typed, setTyped] = useState(EMPTY)
  const set = (name: keyof Typed, value: string) => setTyped({ ...typed, [name]: value })
  const given = (because: string) => {
    const scope = scopeOf(typed)
    return scope && { scope, because }
  }
  return (
    <BecauseDialog
      title="A new legal hold"
      description="Until it is lifted no clear text of what fits all that is given here is erased, by anything or anybody."
      word="Hold"
      done="The legal hold is in force."
      verb={add}
      given={given}
      trigger={
        <Button>
          <Scale />
          New legal hold
        </Button>
      }
    >
      {FIELDS.map(({ name, label }) => (
        <Field key={name} label={label}>
          {(control) => (
            <Input {...control} value={typed[name]} maxLength={256} placeholder="any" onChange={(event) => set(name, event.target.value)} />
          )}
        </Field>
      ))}
      <div className="grid grid-cols-2 gap-3">
        {DAYS.map(({ name, label }) => (
          <Field key={name} label={label}>
            {(control) => <Input {...control} type="date" value={typed[name]} onChange={(event) => set(name, event.target.value)} />}
          </Field>
        ))}
      </div>
    </BecauseDialog>
  )
}
