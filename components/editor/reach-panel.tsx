'use client'

import { Check, CircleDashed, Hourglass, Minus } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Principal } from '../../core/policy/model'
import type { Reach } from '../../core/policy/reach'
import type { ServerKnown } from '../../core/policy/sample'
import { Specimen } from '../specimen'
import { Badge, type Tone } from '../ui/badge'
import { Select } from '../ui/select'
import type { Run } from './engine'
import type { EngineClient } from './engine-client'
import type { ReachRow } from './engine-reach'
import { Prose } from './prose'
import { visible } from './visible'

type ReachPanelProps = {
  readonly engine: EngineClient
  readonly run: Run | null
  readonly servers: readonly ServerKnown[]
  readonly principals: readonly Principal[]
  readonly onLine: (line: number) => void
}

const NOBODY: Principal = { id: 'local:agent@host', assurance: 'asserted' }
const keyOf = ({ id, assurance }: Principal): string => `${assurance} ${id}`

/** Who can do what: each tool of one server for one principal, over all arguments. */
export function ReachPanel({ engine, run, servers, principals, onLine }: ReachPanelProps) {
  const people = principals.length > 0 ? principals : [NOBODY]
  const names = servers.length > 0 ? servers.map(({ name }) => name) : ['server']
  const [who, setWho] = useState(keyOf(people[0] ?? NOBODY))
  const [server, setServer] = useState(names[0] ?? 'server')
  const [rows, setRows] = useState<readonly ReachRow[] | null>(null)
  const principal = people.find((one) => keyOf(one) === who) ?? NOBODY
  useEffect(() => {
    let current = true
    if (run?.rows === null) return
    engine.ask('reach', { id: principal.id, assurance: principal.assurance }, server).then(
      (found) => current && setRows(found),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [engine, run, principal.id, principal.assurance, server])
  return (
    <div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-3 py-2 text-sm">
        <span>What</span>
        <Select value={who} onChange={(event) => setWho(event.target.value)} aria-label="Principal" className="w-64">
          {people.map((one) => (
            <option key={keyOf(one)} value={keyOf(one)}>
              {visible(one.id)} ({one.assurance})
            </option>
          ))}
        </Select>
        <span>can do on</span>
        <Select value={server} onChange={(event) => setServer(event.target.value)} aria-label="Server" className="w-48">
          {names.map((name) => (
            <option key={name} value={name}>
              {visible(name)}
            </option>
          ))}
        </Select>
      </div>
      {run?.rows === null && (
        <p className="border-line border-b px-3 py-1.5 text-held text-sm">
          The text has a problem; this is what the last one without said.
        </p>
      )}
      {rows?.length === 0 && (
        <p className="px-3 py-3 text-quiet text-sm">
          No tool of this server is known yet. They are once an agent has listed them through a gateway.
        </p>
      )}
      {rows && rows.length > 0 && <ReachTable rows={rows} onLine={onLine} />}
    </div>
  )
}

function ReachTable({ rows, onLine }: { readonly rows: readonly ReachRow[]; readonly onLine: (line: number) => void }) {
  return (
    <table className="w-full text-left text-sm">
      <thead className="text-quiet text-xs">
        <tr className="border-line border-b">
          <th className="px-3 py-1.5 font-medium">Tool</th>
          <th className="px-3 py-1.5 font-medium">Decision</th>
          <th className="px-3 py-1.5 font-medium">By, and within what</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.tool} className="border-line border-b align-top">
            <td className="px-3 py-1.5">
              <Specimen text={row.tool} plain />
            </td>
            <td className="px-3 py-1.5">
              <Verdict verdict={row.verdict} />
            </td>
            <td className="px-3 py-1.5">
              <Rules row={row} onLine={onLine} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const VERDICTS = {
  allow: { tone: 'good', words: 'always allowed', Sign: Check },
  bounded: { tone: 'accent', words: 'within bounds', Sign: CircleDashed },
  person: { tone: 'warning', words: 'needs a person', Sign: Hourglass },
  never: { tone: 'bad', words: 'never', Sign: Minus },
} as const satisfies Record<Reach['verdict'], { tone: Tone; words: string; Sign: typeof Check }>

function Verdict({ verdict }: { readonly verdict: Reach['verdict'] }) {
  const { tone, words, Sign } = VERDICTS[verdict]
  return (
    <Badge tone={tone}>
      <Sign aria-hidden="true" /> {words}
    </Badge>
  )
}

function Rules({ row, onLine }: { readonly row: ReachRow; readonly onLine: (line: number) => void }) {
  return (
    <ul className="space-y-0.5">
      {row.rules.map(({ id, line, sentence }) => (
        <li key={`${id}:${line}`}>
          {line === null ? (
            <span>{id}</span>
          ) : (
            <button type="button" className="text-accent underline underline-offset-2" onClick={() => onLine(line)}>
              {id}
            </button>
          )}{' '}
          <span className="text-quiet">
            <Prose text={sentence} />
          </span>
        </li>
      ))}
      {row.byDefault && (
        <li className="text-quiet">
          {row.rules.length > 0 ? 'Else the default: ' : 'The default: '}
          {row.byDefault}.
        </li>
      )}
    </ul>
  )
}
