'use client'

import { useId, useState } from 'react'
import { argumentsOf, plainValue } from '../../core/policy/input-schema'
import type { Principal } from '../../core/policy/model'
import { type ArgumentsSeen, readSample, type Sample, type ServerKnown, type ToolKnown } from '../../core/policy/sample'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Select } from '../ui/select'
import { Textarea } from '../ui/textarea'
import { visible } from './visible'

type SampleFormProps = {
  readonly servers: readonly ServerKnown[]
  readonly principals: readonly Principal[]
  readonly seen: readonly ArgumentsSeen[]
  readonly onClose: () => void
  readonly onWritten: (sample: Sample) => void
}

type Form = {
  readonly server: string
  readonly tool: string
  readonly principal: string
  readonly assurance: Principal['assurance']
  readonly args: string
}

/** A call written by hand; its arguments start as the tool's own definition has them. */
export function SampleForm({ servers, principals, seen, onClose, onWritten }: SampleFormProps) {
  const [form, setForm] = useState<Form>(() => ({
    server: servers[0]?.name ?? 'server',
    tool: '',
    principal: principals[0]?.id ?? 'local:agent@host',
    assurance: principals[0]?.assurance ?? 'asserted',
    args: '{}',
  }))
  const [wrong, setWrong] = useState<string | null>(null)
  const tools = servers.find(({ name }) => name === form.server)?.tools ?? []
  const known = tools.find(({ name }) => name === form.tool)
  const put = (change: Partial<Form>) => setForm((before) => ({ ...before, ...change }))
  const choose = (tool: string) => {
    const found = tools.find(({ name }) => name === tool)
    put({ tool, ...(found && /^\s*(?:\{\s*\})?\s*$/.test(form.args) ? { args: template(found) } : {}) })
  }
  const submit = () => {
    const sample = sampleOf(form)
    const reading = form.tool === '' ? { because: 'it names no tool' } : readSample(sample)
    if ('because' in reading) setWrong(`This is no call: ${reading.because}.`)
    else onWritten(sample)
  }
  return (
    <Dialog
      title="Write a sample"
      description="A call to try the policy with. It is sent to nobody."
      open
      onOpenChange={(open) => !open && onClose()}
    >
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Target form={form} servers={servers} tools={tools} onPut={put} onTool={choose} />
        <Caller form={form} principals={principals} onPut={put} />
        <Arguments form={form} known={known} seen={seen} wrong={wrong} onPut={put} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Add sample
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

let written = 0

function sampleOf({ server, tool, principal, assurance, args }: Form): Sample {
  const call = { method: 'tools/call', tool, server, principal: { id: principal, assurance }, session: null }
  return {
    id: `written:${++written}:${performance.now()}`,
    from: 'written',
    name: '',
    ...call,
    args: args.trim() === '' ? '{}' : args,
    facts: null,
  }
}

const template = ({ inputSchema }: ToolKnown): string => {
  const { required } = inputSchema as { readonly required?: readonly string[] }
  const names = argumentsOf(inputSchema).filter((name) => required?.includes(name) ?? true)
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, plainValue(inputSchema, name)])), null, 2)
}

type Put = (change: Partial<Form>) => void

function Target({
  form,
  servers,
  tools,
  onPut,
  onTool,
}: {
  readonly form: Form
  readonly servers: readonly ServerKnown[]
  readonly tools: readonly ToolKnown[]
  readonly onPut: Put
  readonly onTool: (tool: string) => void
}) {
  const list = useId()
  return (
    <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
      <Field label="Server">
        {(control) =>
          servers.length === 0 ? (
            <Input {...control} value={form.server} onChange={(event) => onPut({ server: event.target.value })} />
          ) : (
            <Select {...control} value={form.server} onChange={(event) => onPut({ server: event.target.value, tool: '' })}>
              {servers.map(({ name }) => (
                <option key={name} value={name}>
                  {visible(name)}
                </option>
              ))}
            </Select>
          )
        }
      </Field>
      <Field label="Tool">
        {(control) => (
          <>
            <Input {...control} list={list} value={form.tool} onChange={(event) => onTool(event.target.value)} autoComplete="off" />
            <datalist id={list}>
              {tools.map(({ name }) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
    </div>
  )
}

function Caller({ form, principals, onPut }: { readonly form: Form; readonly principals: readonly Principal[]; readonly onPut: Put }) {
  const list = useId()
  return (
    <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
      <Field label="Principal">
        {(control) => (
          <>
            <Input
              {...control}
              list={list}
              value={form.principal}
              onChange={(event) => onPut({ principal: event.target.value })}
              autoComplete="off"
            />
            <datalist id={list}>
              {principals.map(({ id }) => (
                <option key={id} value={id} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field label="Its identity is">
        {(control) => (
          <Select
            {...control}
            value={form.assurance}
            onChange={(event) => onPut({ assurance: event.target.value as Principal['assurance'] })}
          >
            <option value="asserted">asserted (stdio)</option>
            <option value="authenticated">authenticated (a token)</option>
          </Select>
        )}
      </Field>
    </div>
  )
}

function Arguments({
  form,
  known,
  seen,
  wrong,
  onPut,
}: {
  readonly form: Form
  readonly known: ToolKnown | undefined
  readonly seen: readonly ArgumentsSeen[]
  readonly wrong: string | null
  readonly onPut: Put
}) {
  const observed = seen.filter(({ server, tool }) => server === form.server && tool === form.tool).flatMap((one) => one.arguments)
  const names = [...new Set([...argumentsOf(known?.inputSchema ?? null), ...observed])]
  const present = objectIn(form.args)
  const missing = present ? names.filter((name) => !Object.hasOwn(present, name)) : []
  const add = (name: string) =>
    onPut({ args: JSON.stringify({ ...present, [name]: plainValue(known?.inputSchema ?? null, name) }, null, 2) })
  return (
    <>
      <Field label="Arguments" hint="JSON, as the agent would send it." error={wrong}>
        {(control) => (
          <Textarea
            {...control}
            rows={7}
            spellCheck={false}
            className="font-mono"
            value={form.args}
            onChange={(event) => onPut({ args: event.target.value })}
          />
        )}
      </Field>
      {missing.length > 0 && (
        <div className="flex flex-wrap items-center gap-1.5 text-sm">
          <span className="text-quiet">Add:</span>
          {missing.slice(0, 24).map((name) => (
            <Button key={name} size="sm" onClick={() => add(name)}>
              <Specimen text={name} plain />
            </Button>
          ))}
        </div>
      )}
    </>
  )
}

/** Null while the text is no JSON object; nothing is added to what somebody is in the middle of writing. */
function objectIn(text: string): { readonly [name: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { readonly [name: string]: unknown }) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
