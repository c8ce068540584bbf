'use client'

import { useCallback, useEffect, useRef, useState } from 'react'
import { NO_OUTLINE, type Outline } from '../../core/policy/outline'
import type { Sample } from '../../core/policy/sample'
import type { Run, Settings } from './engine'
import { EngineClient } from './engine-client'
import type { Row } from './engine-simulation'

/** What is known of the text now. `rows` are of the last text that compiled, which `stale` says is not this one. */
export type Standing = {
  readonly run: Run | null
  readonly outline: Outline
  readonly rows: ReadonlyMap<string, Row>
  readonly library: readonly Sample[]
  readonly stale: boolean
  readonly failure: string | null
  /** When the text that this is about came to be. */
  readonly changedAt: number
}

const NOTHING: Standing = { run: null, outline: NO_OUTLINE, rows: new Map(), library: [], stale: false, failure: null, changedAt: 0 }

/** The engine in its worker, and what it said last. */
export function useSimulation(settings: Settings, samples: readonly Sample[], onRun: (run: Run) => void) {
  const [standing, setStanding] = useState(NOTHING)
  const latest = useRef({ settings, onRun, outline: NO_OUTLINE as Outline })
  latest.current.onRun = onRun
  const [engine, setEngine] = useState<EngineClient | null>(null)
  useEffect(() => {
    const client = new EngineClient(
      latest.current.settings,
      (run, _text, changedAt) => {
        if (run.outline) latest.current.outline = run.outline
        latest.current.onRun(run)
        setStanding((before) => after(before, run, changedAt))
      },
      (failure) => setStanding((before) => ({ ...before, failure })),
    )
    setEngine(client)
    return () => client.close()
  }, [])
  useEffect(() => {
    if (!engine) return
    engine.ask('samples', samples).then(
      () => engine.again(),
      () => undefined,
    )
  }, [engine, samples])
  useEffect(() => {
    if (standing.changedAt > 0) tellTime(standing.changedAt, standing.run?.ms ?? 0)
  }, [standing])
  const outline = useCallback(() => latest.current.outline, [])
  return { engine, standing, outline }
}

function after(before: Standing, run: Run, changedAt: number): Standing {
  const outline = run.outline ?? before.outline
  if (run.rows === null)
    return {
      ...before,
      run: { ...run, tests: before.run?.tests ?? [], changes: before.run?.changes ?? [] },
      outline,
      stale: true,
      failure: null,
      changedAt,
    }
  const rows = run.rows.length === 0 ? before.rows : new Map([...before.rows, ...run.rows.map((row) => [row.id, row] as const)])
  return { run, outline, rows, library: run.library ?? before.library, stale: false, failure: null, changedAt }
}

/** For whoever measures: from a text's change to what is drawn of it. Only the last is kept. */
function tellTime(start: number, engineMs: number): void {
  performance.clearMeasures(SHOWN)
  performance.measure(SHOWN, { start, end: performance.now(), detail: { engineMs } })
}

const SHOWN = 'policy shown'
