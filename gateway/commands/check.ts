import { type CaseResult, runCases } from '../../core/policy/cases'
import type { PolicyDocument } from '../../core/policy/document'
import { parseCases } from '../../core/policy/language'
import { lintPolicy } from '../../core/policy/lint'
import { type LoadedPolicy, loadPolicy } from '../../core/policy/load'
import type { Problem } from '../../core/policy/model'
import { foreign, type Terminal } from '../terminal'
import type { Command } from './context'
import { casesFileOf, readPolicyFile } from './policy-text'

/** Lint and tests of one file; exit 1 for an error or a red test, warnings are only said. */
export const check: Command = async ({ words: [path = ''], terminal }) => {
  const { problems, warnings, results } = examine(path)
  const red = results.filter(({ passed }) => !passed)
  for (const { file, problem } of [...problems, ...warnings]) sayProblem(terminal, file, problem)
  for (const result of results) if (terminal.json || !result.passed) sayResult(terminal, path, result)
  const good = problems.length === 0 && red.length === 0
  const tests = results.length === 0 ? 'it has no tests' : `${results.length - red.length} of ${results.length} tests pass`
  const verdict = good ? 'good' : 'not good'
  terminal.say(`${foreign(path)} is ${verdict}: ${problems.length} errors, ${warnings.length} warnings, ${tests}.`, {
    kind: 'summary',
    file: path,
    good,
    errors: problems.length,
    warnings: warnings.length,
    tests: results.length,
    failed: red.length,
  })
  return good ? 0 : 1
}

type Located = { readonly file: string; readonly problem: Problem }

export type Examined = {
  readonly text: string
  readonly loaded: LoadedPolicy
  readonly problems: readonly Located[]
  readonly warnings: readonly Located[]
  readonly results: readonly CaseResult[]
}

/** Everything that can be said of a policy file and of `<name>.cases.yaml` beside it. */
export const examine = (path: string): Examined => {
  const text = readPolicyFile(path)
  const loaded = loadPolicy(text)
  const warnings = lintPolicy(text).map((problem) => ({ file: path, problem }))
  const problems = loaded.problems.map((problem) => ({ file: path, problem }))
  if (!loaded.policy || !loaded.document) return { text, loaded, problems, warnings, results: [] }
  const beside = casesBeside(path, loaded.document)
  const cases = [...(loaded.document.tests ?? []), ...beside.cases]
  const rules = { policy: loaded.policy, guardrail: null }
  return { text, loaded, problems: [...problems, ...beside.problems], warnings, results: runCases(rules, cases) }
}

const casesBeside = (path: string, document: PolicyDocument) => {
  const file = casesFileOf(path)
  if (file === null) return { cases: [], problems: [] }
  const { cases, problems } = parseCases(readPolicyFile(file), document)
  return { cases: cases ?? [], problems: problems.map((problem) => ({ file, problem })) }
}

export const sayProblem = (terminal: Terminal, file: string, problem: Problem): void => {
  const { severity, message, place, suggestion } = problem
  const meant = suggestion === undefined ? '' : ` (${foreign(suggestion)}?)`
  terminal.say(`${foreign(file)}:${place.line}:${place.column} ${severity}: ${message}${meant}`, { kind: 'problem', file, ...problem })
}

const sayResult = (terminal: Terminal, file: string, result: CaseResult): void => {
  const { name, expected, got, because } = result
  terminal.say(`${foreign(file)} test ${foreign(name)}: expected ${expected}, got ${got}: ${because}`, { kind: 'test', file, ...result })
}
