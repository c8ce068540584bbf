'use client'

import { useDeferredValue, useMemo, useState } from 'react'
import type { Sample } from '../../core/policy/sample'
import { summaryOf } from '../../core/policy/what-if-words'
import { Button } from '../ui/button'
import { Input } from '../ui/input'
import type { EngineClient } from './engine-client'
import type { Row } from './engine-simulation'
import { type Listed, SampleRows } from './sample-rows'
import { SampleStory } from './sample-story'
import type { Standing } from './use-simulation'

type SimulationPanelProps = {
  readonly standing: Standing
  readonly samples: readonly Sample[]
  /** Looked at from the start. */
  readonly first: string | null
  readonly engine: EngineClient
  readonly compared: boolean
  readonly editable: boolean
  readonly own: 'policy' | 'guardrail'
  readonly onLine: (line: number) => void
  readonly onTest: (sample: Sample) => void
  readonly onRule: (sample: Sample) => void
  readonly onKeep: (sample: Sample) => void
  readonly onRemove: (sample: Sample) => void
  readonly onWrite: () => void
  readonly onRecorded: () => void
}

/** Every sample under the text being written; what would end otherwise than today stands first. */
export function SimulationPanel(props: SimulationPanelProps) {
  const { standing, samples, engine, compared, editable, own, onLine, onTest, onRule, onKeep, onRemove, onWrite, onRecorded } = props
  const [wanted, setWanted] = useState('')
  const [selected, setSelected] = useState<string | null>(props.first)
  const sought = useDeferredValue(wanted)
  const listed = useMemo(() => inOrder(samples, standing.rows, sought), [samples, standing.rows, sought])
  const chosen = listed.find(({ sample }) => sample.id === selected)
  return (
    <section aria-label="Simulation" className="flex min-h-0 flex-col">
      <header className="border-line border-b px-3 py-2">
        <div className="flex items-baseline gap-2">
          <h2 className="font-medium text-sm">Simulation</h2>
          {standing.run && <span className="text-quiet text-sm">{samples.length} samples</span>}
        </div>
        <Summary standing={standing} samples={samples} compared={compared} />
      </header>
      <div className="border-line border-b px-3 py-1.5">
        <Input
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
          placeholder="Filter by tool, argument or outcome"
          aria-label="Filter samples"
          className="h-7"
        />
      </div>
      {listed.length === 0 ? (
        <p className="flex-1 px-3 py-4 text-quiet text-sm">{standing.run && emptyWords(samples.length)}</p>
      ) : (
        <SampleRows listed={listed} selected={selected} onSelect={setSelected} label="Samples" />
      )}
      {chosen && (
        <SampleStory
          sample={chosen.sample}
          row={chosen.row}
          engine={engine}
          editable={editable}
          own={own}
          onLine={onLine}
          onTest={() => onTest(chosen.sample)}
          onRule={() => onRule(chosen.sample)}
          onKeep={() => onKeep(chosen.sample)}
          onRemove={() => onRemove(chosen.sample)}
        />
      )}
      <footer className="flex flex-wrap gap-2 border-line border-t px-3 py-2">
        <Button size="sm" onClick={onWrite}>
          Write a sample
        </Button>
        <Button size="sm" onClick={onRecorded}>
          From recorded calls
        </Button>
      </footer>
    </section>
  )
}

const emptyWords = (all: number): string =>
  all === 0 ? 'There are no samples yet: write one, or take recorded calls.' : 'No sample fits the filter.'

function Summary({ standing, samples, compared }: Pick<SimulationPanelProps, 'standing' | 'samples' | 'compared'>) {
  const { run, rows, stale, failure } = standing
  const changes = useMemo(() => samples.flatMap(({ id }) => changeIn(rows.get(id))), [rows, samples])
  if (failure) return <p className="text-deny text-sm">Nothing is simulated: {failure}. Reload the page to try again.</p>
  if (!run) return <p className="text-quiet text-sm">Judging …</p>
  const line = run.problems.find(({ severity }) => severity === 'error')?.place.line
  if (stale)
    return (
      <p className="text-held text-sm">
        {rows.size === 0
          ? `Nothing can be judged: there is a problem on line ${line ?? 1}.`
          : `There is a problem on line ${line ?? 1}; shown is what the text before it decides.`}
      </p>
    )
  return (
    <p className="text-sm" aria-live="polite">
      {!compared ? 'Nothing is in force yet to compare with.' : `${summaryOf(changes, samples.length)}.`}
    </p>
  )
}

const changeIn = (row: Row | undefined) =>
  row?.change === 'outcome' && row.before && row.after ? [{ before: row.before.outcome, after: row.after.outcome }] : []

const RANK = { outcome: 0, why: 1, none: 2 } as const

function inOrder(samples: readonly Sample[], rows: ReadonlyMap<string, Row>, sought: string): readonly Listed[] {
  const words = sought
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const listed = samples.map((sample): Listed => ({ sample, row: rows.get(sample.id) }))
  const fitting = words.length === 0 ? listed : listed.filter((one) => fits(one, words))
  const rankOf = ({ row }: Listed) => RANK[row?.change ?? 'none']
  return [0, 1, 2].flatMap((rank) => fitting.filter((one) => rankOf(one) === rank))
}

function fits({ sample, row }: Listed, words: readonly string[]): boolean {
  const text =
    `${sample.tool} ${sample.method} ${sample.name} ${sample.args} ${sample.server} ${sample.from} ${row?.after?.outcome} ${row?.after?.rule}`.toLowerCase()
  return words.every((word) => text.includes(word === 'held' ? 'escalate' : word))
}
