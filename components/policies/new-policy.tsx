'use client'

import { Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Select } from '../ui/select'
import { readPolicyFile } from './policy-file'
import { failureOf, useVerb } from './use-verb'

type From = { readonly text: string } | { readonly starter: string }
type Begin = (given: { readonly name: string; readonly kind: 'policy' | 'guardrail'; readonly from: From }) => Promise<Outcome<string>>

type NewPolicyProps = {
  readonly starters: readonly string[]
  readonly taken: readonly string[]
  readonly isFirst: boolean
  readonly begin: Begin
}

/** Begins a draft from a policy that comes with the package, from a file, or from nothing. Nothing is enforced before it is published. */
export function NewPolicy(props: NewPolicyProps) {
  const trigger = (
    <Button look="primary">
      <Plus />
      New policy
    </Button>
  )
  return (
    <Dialog title="New policy" description="Opens a draft. Nothing is enforced before it is published." trigger={trigger}>
      <NewPolicyForm {...props} />
    </Dialog>
  )
}

const FROM_FILE = 'file:'
const FROM_NOTHING = 'nothing:'
const NOTHING = 'version: "1"\ndefault: deny\nrules:\n  - tool: read_file\n    action: deny\n'
const NOTHING_GUARDRAIL = 'kind: guardrail\nversion: "1"\nrules:\n  - tool: execute_command\n    action: deny\n'

function NewPolicyForm({ starters, taken, isFirst, begin }: NewPolicyProps) {
  const [name, setName] = useState(isFirst ? 'default' : '')
  const [kind, setKind] = useState<'policy' | 'guardrail'>('policy')
  const [source, setSource] = useState(starters[0] ?? FROM_NOTHING)
  const [file, setFile] = useState<File | null>(null)
  const [unread, setUnread] = useState<string | null>(null)
  // A whole new document: the editor's page has security headers of its own.
  const { run, pending, failed } = useVerb(begin, (address) => window.location.assign(address))
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const read = await textFrom(source, kind, file)
    setUnread('because' in read ? read.because : null)
    if (!('because' in read)) run({ name, kind, from: read })
  }
  const chooseKind = (chosen: 'policy' | 'guardrail'): void => {
    setKind(chosen)
    if (chosen === 'guardrail' && source !== FROM_FILE) setSource(FROM_NOTHING)
  }
  const isTaken = taken.includes(name)
  return (
    <form className="space-y-4" onSubmit={(event) => void submit(event)}>
      <Field
        label="Name"
        hint="What gateways are started with: countersign --gateway --policy NAME. Without it they take default."
        error={isTaken ? 'There is a policy of this name: open it and edit it there.' : undefined}
      >
        {(control) => (
          <Input
            {...control}
            value={name}
            onChange={(event) => setName(event.target.value)}
            required
            pattern="[a-z0-9][a-z0-9._-]{0,62}"
            title="Lower-case letters, digits, dots, dashes and underscores"
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <Field label="Kind" hint={kind === 'guardrail' ? 'Lies over every policy and can only make a decision stricter.' : undefined}>
        {(control) => (
          <Select {...control} value={kind} onChange={(event) => chooseKind(event.target.value === 'guardrail' ? 'guardrail' : 'policy')}>
            <option value="policy">policy</option>
            <option value="guardrail">guardrail</option>
          </Select>
        )}
      </Field>
      <Field label="Begin with">
        {(control) => (
          <Select {...control} value={source} onChange={(event) => setSource(event.target.value)}>
            {kind === 'policy' && starters.map((starter) => <option key={starter}>{starter}</option>)}
            <option value={FROM_FILE}>a file…</option>
            <option value={FROM_NOTHING}>one rule, to be rewritten</option>
          </Select>
        )}
      </Field>
      {source === FROM_FILE && (
        <Field label="File" hint="YAML text, at most 256 KiB.">
          {(control) => (
            <input
              {...control}
              type="file"
              accept=".yaml,.yml,text/yaml"
              required
              className="block w-full text-sm"
              onChange={(event) => setFile(event.target.files?.[0] ?? null)}
            />
          )}
        </Field>
      )}
      {(unread ?? failed) && <Callout tone="bad">{unread ?? (failed && failureOf(failed))}</Callout>}
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" look="primary" pending={pending} disabled={isTaken}>
          Open the draft
        </Button>
      </DialogActions>
    </form>
  )
}

async function textFrom(source: string, kind: 'policy' | 'guardrail', file: File | null): Promise<From | { readonly because: string }> {
  if (source === FROM_FILE) return file === null ? { because: 'Choose a file first.' } : readPolicyFile(file)
  if (source === FROM_NOTHING || kind === 'guardrail') return { text: kind === 'guardrail' ? NOTHING_GUARDRAIL : NOTHING }
  return { starter: source }
}
