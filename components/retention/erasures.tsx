'use client'

import { Eraser } from 'lucide-react'
import { useState } from 'react'
import { CLASS_WORDS, isClearClass } from '../../core/retention/classes'
import { PersonName } from '../policies/person-name'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Link } from '../ui/link'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { BecauseDialog } from './because-dialog'
import type { EraseAgent, ErasureShown } from './retention-shown'

type ErasuresProps = { readonly erasures: readonly ErasureShown[]; readonly erase: EraseAgent | null }

/** What was erased of late, and why; and where somebody has an agent's clear text erased. */
export function Erasures({ erasures, erase }: ErasuresProps) {
  return (
    <>
      {erasures.length === 0 ? <p className="text-quiet">Nothing was erased so far.</p> : <ErasureTable erasures={erasures} />}
      {erase && (
        <p className="mt-3">
          <EraseDialog erase={erase} />
        </p>
      )}
    </>
  )
}

function ErasureTable({ erasures }: { readonly erasures: readonly ErasureShown[] }) {
  return (
    <Table caption="Erasures">
      <TableHead>
        <HeadCell>What</HeadCell>
        <HeadCell>Why</HeadCell>
        <HeadCell>Values</HeadCell>
        <HeadCell>When</HeadCell>
      </TableHead>
      <TableBody>
        {erasures.map((erasure) => (
          <TableRow key={erasure.id}>
            <Cell wide className="wrap-anywhere">
              <What erasure={erasure} />
            </Cell>
            <Cell wide label="Why" className="wrap-anywhere text-quiet">
              <Specimen text={erasure.because} plain />
              {erasure.by && (
                <>
                  {' '}
                  (<PersonName person={erasure.by} />)
                </>
              )}{' '}
              {!erasure.isTold && <span className="text-deny">No entry of the log says so.</span>}
            </Cell>
            <Cell label="Values" className="tabular-nums">
              {erasure.erased.toLocaleString('en')}
              {erasure.held > 0 && <span className="text-quiet"> · {erasure.held.toLocaleString('en')} kept by a legal hold</span>}{' '}
              {!erasure.isDone && <Badge tone="warning">under way</Badge>}
            </Cell>
            <Cell label="When" className="text-quiet">
              <RelativeTime at={erasure.at} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

function What({ erasure: { kind, what } }: { readonly erasure: ErasureShown }) {
  if (kind === 'retention') return isClearClass(what) ? CLASS_WORDS[what] : <Specimen text={what} plain />
  if (kind === 'principal')
    return (
      <>
        Agent <Specimen text={what} plain />
      </>
    )
  return (
    <Link href={`/activity/${encodeURIComponent(what)}`} className="rounded-sm underline underline-offset-2 hover:text-accent">
      Call <Specimen text={what} plain />
    </Link>
  )
}

function EraseDialog({ erase }: { readonly erase: EraseAgent }) {
  const [agent, setAgent] = useState('')
  const given = (because: string) => (agent.trim() === '' ? null : { agent: agent.trim(), because })
  return (
    <BecauseDialog
      title="Erase what an agent’s calls carried"
      description="Arguments, results and what people said of all its calls until now go for good. The entries stay, and the log still verifies."
      word="Erase"
      done="It is ordered. The last of it goes within some minutes."
      verb={erase}
      given={given}
      trigger={
        <Button look="danger">
          <Eraser />
          Erase an agent’s clear text
        </Button>
      }
    >
      <Field label="Agent" hint="Its id, as Activity shows it.">
        {(control) => <Input {...control} value={agent} maxLength={256} onChange={(event) => setAgent(event.target.value)} />}
      </Field>
    </BecauseDialog>
  )
}
