'use client'

import { CircleCheck, CircleX } from 'lucide-react'
import type { TestResult } from './engine'
import { Prose } from './prose'

type TestsPanelProps = { readonly tests: readonly TestResult[]; readonly stale: boolean; readonly onLine: (line: number) => void }

/** The tests of the text, red ones first: a policy with a red test is not published. */
export function TestsPanel({ tests, stale, onLine }: TestsPanelProps) {
  if (tests.length === 0)
    return (
      <p className="px-3 py-3 text-quiet text-sm">
        There are no tests. Choose a sample and “Save as test”: what it decides now is then held to.
      </p>
    )
  const ordered = [...tests.filter(({ passed }) => !passed), ...tests.filter(({ passed }) => passed)]
  return (
    <>
      {stale && (
        <p className="border-line border-b px-3 py-1.5 text-held text-sm">
          The text has a problem; these are of the last one that had none.
        </p>
      )}
      <ul>
        {ordered.map((test) => (
          <li key={`${test.line}:${test.name}`} className="flex flex-wrap items-baseline gap-x-2 border-line border-b px-3 py-1.5 text-sm">
            {test.passed ? (
              <CircleCheck aria-label="Green" className="size-4 self-center text-allow" />
            ) : (
              <CircleX aria-label="Red" className="size-4 self-center text-deny" />
            )}
            <button type="button" className="text-left text-accent underline underline-offset-2" onClick={() => onLine(test.line)}>
              <Prose text={test.name} />
            </button>
            {!test.passed && (
              <span className="min-w-0 flex-1 text-quiet">
                expected {test.expected}, got {test.got}: <Prose text={test.because} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
