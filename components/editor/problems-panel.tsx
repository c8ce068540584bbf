'use client'

import { CircleAlert, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Fix } from '../../core/policy/fixes'
import type { Problem } from '../../core/policy/model'
import { Button } from '../ui/button'
import type { EngineClient } from './engine-client'
import { Prose } from './prose'

type ProblemsPanelProps = {
  readonly problems: readonly Problem[]
  readonly engine: EngineClient
  readonly editable: boolean
  readonly onGo: (line: number, column: number) => void
  readonly onFix: (fix: Fix) => void
}

/** Everything that is wrong or doubtful, in the order of the text, each with what would put it right. */
export function ProblemsPanel({ problems, engine, editable, onGo, onFix }: ProblemsPanelProps) {
  if (problems.length === 0) return <p className="px-3 py-3 text-quiet text-sm">No problems.</p>
  return (
    <ul>
      {problems.map((problem) => (
        <ProblemLine
          key={`${problem.place.line}:${problem.place.column}:${problem.message}`}
          {...{ problem, engine, editable, onGo, onFix }}
        />
      ))}
    </ul>
  )
}

type ProblemLineProps = Omit<ProblemsPanelProps, 'problems'> & { readonly problem: Problem }

function ProblemLine({ problem, engine, editable, onGo, onFix }: ProblemLineProps) {
  const { severity, message, place } = problem
  const [fixes, setFixes] = useState<readonly Fix[]>([])
  useEffect(() => {
    let current = true
    engine.ask('fixes', problem).then(
      (found) => current && setFixes(found),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [engine, problem])
  const isError = severity === 'error'
  return (
    <li className="flex flex-wrap items-center gap-x-2 gap-y-1 border-line border-b px-3 py-1.5 text-sm">
      {isError ? (
        <CircleAlert aria-label="Error" className="size-4 text-deny" />
      ) : (
        <TriangleAlert aria-label="Warning" className="size-4 text-held" />
      )}
      <button
        type="button"
        className="text-accent tabular-nums underline underline-offset-2"
        onClick={() => onGo(place.line, place.column)}
      >
        {place.line}:{place.column}
      </button>
      <span className="min-w-0 flex-1">
        <Prose text={message} />
      </span>
      {editable &&
        fixes.slice(0, 2).map((fix) => (
          <Button key={fix.title} size="sm" onClick={() => onFix(fix)}>
            <Prose text={fix.title.slice(0, 60)} />
          </Button>
        ))}
    </li>
  )
}
