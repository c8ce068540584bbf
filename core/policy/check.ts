import { type Sha256, toHex } from '../hash'
import { type CaseResult, runCases } from './cases'
import { policyDigest } from './digest'
import type { PolicyDocument } from './document'
import { lintPolicy } from './lint'
import { loadPolicy } from './load'
import type { Place, Problem } from './model'

/** Everything the console's server asks of a text before anybody may publish it; the editor asks the same while one types. */
export type Check = {
  readonly document: PolicyDocument | null
  /** Of the document; null where the text has none. */
  readonly digest: string | null
  /** SHA-256 of the UTF-8 bytes of the text, in hexadecimal. */
  readonly textDigest: string
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly results: readonly CaseResult[]
}

const TOP: Place = { line: 1, column: 1, endLine: 1, endColumn: 1 }

/** Never throws, whatever the text. */
export function checkText(text: string, kind: PolicyDocument['kind'], sha256: Sha256): Check {
  const { policy, document, problems } = loadPolicy(text)
  return {
    document,
    digest: document && policyDigest(document, sha256),
    textDigest: toHex(sha256(new TextEncoder().encode(text))),
    problems: [...problems, ...wrongKind(document, kind)],
    warnings: document ? lintPolicy(text) : [],
    results: policy ? runCases({ policy, guardrail: null }, document?.tests ?? []) : [],
  }
}

export function wrongKind(document: PolicyDocument | null, kind: PolicyDocument['kind']): readonly Problem[] {
  if (!document || document.kind === kind) return []
  const message = `This is a ${document.kind}, and the name belongs to a ${kind}.`
  return [{ severity: 'error', code: 'wrong_kind', message, place: TOP }]
}

export const failedTests = ({ results }: Check): readonly CaseResult[] => results.filter(({ passed }) => !passed)

export const isGood = (check: Check): boolean => check.problems.length === 0 && failedTests(check).length === 0

/** One sentence on why this text may not be published; null where it may. */
export function whyNotGood(check: Check): string | null {
  const [problem] = check.problems
  if (problem) {
    const more = check.problems.length > 1 ? ` (and ${check.problems.length - 1} more)` : ''
    return `Line ${problem.place.line}, column ${problem.place.column}: ${problem.message.replace(/\.$/, '')}${more}.`
  }
  const red = failedTests(check)
  const [first] = red
  if (!first) return null
  return `${red.length} of ${check.results.length} tests fail; the first is "${first.name}": expected ${first.expected}, got ${first.got}.`
}
