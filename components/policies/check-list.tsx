import { Check, CircleAlert, CircleDashed, TriangleAlert } from 'lucide-react'
import { Specimen } from '../specimen'

type CheckListProps = {
  readonly check: {
    readonly problems: readonly {
      readonly severity: 'error' | 'warning'
      readonly message: string
      readonly line: number
      readonly column: number
    }[]
    readonly errors: number
    readonly warnings: number
    readonly tests: number
    readonly failed: readonly { readonly name: string; readonly expected: string; readonly got: string; readonly because: string }[]
  }
}

/** What the server itself found in this text, a moment ago. */
export function CheckList({ check: { problems, errors, warnings, tests, failed } }: CheckListProps) {
  return (
    <section aria-label="Checks">
      <h2 className="mb-2 font-medium text-lg">Checks</h2>
      <ul className="space-y-1.5 text-sm">
        <Line is={errors === 0 ? 'good' : 'bad'}>{errors === 0 ? 'No errors' : `${errors} ${errors === 1 ? 'error' : 'errors'}`}</Line>
        <Line is={testsAre(tests, failed.length)}>{testWords(tests, failed.length)}</Line>
        {warnings > 0 && <Line is="warning">{`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`}</Line>}
      </ul>
      <ul className="mt-3 space-y-2 text-sm">
        {failed.map(({ name, expected, got, because }) => (
          <li key={name}>
            <Specimen text={name} plain />: expected <Specimen text={expected} plain />, got <Specimen text={got} plain />.{' '}
            <Specimen text={because} plain />
          </li>
        ))}
        {problems.map(({ severity, message, line, column }) => (
          <li key={`${line}:${column}:${message}`} className={severity === 'error' ? 'text-deny' : 'text-held'}>
            <span className="tabular-nums">
              {line}:{column}
            </span>{' '}
            <Specimen text={message} plain />
          </li>
        ))}
      </ul>
    </section>
  )
}

const testsAre = (tests: number, failed: number): keyof typeof SIGNS => {
  if (tests === 0) return 'none'
  return failed === 0 ? 'good' : 'bad'
}

const testWords = (tests: number, failed: number): string => {
  if (tests === 0) return 'It has no tests: nothing holds it to what it decides now'
  if (failed > 0) return `${failed} of ${tests} tests fail`
  return tests === 1 ? 'Its one test passes' : `All ${tests} tests pass`
}

const SIGNS = {
  good: <Check aria-hidden="true" className="size-4 text-allow" />,
  bad: <CircleAlert aria-hidden="true" className="size-4 text-deny" />,
  none: <CircleDashed aria-hidden="true" className="size-4 text-quiet" />,
  warning: <TriangleAlert aria-hidden="true" className="size-4 text-held" />,
}

function Line({ is, children }: { readonly is: keyof typeof SIGNS; readonly children: string }) {
  return (
    <li className="flex items-center gap-2">
      {SIGNS[is]}
      {children}
    </li>
  )
}
