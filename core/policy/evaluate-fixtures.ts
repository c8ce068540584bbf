import { tryCompile } from './compile'
import type { Constrain } from './compile-rule'
import type { PolicyDocument, Rule } from './document'
import type { Argument, Constraint, Envelope, Verdict } from './model'

/* Policies and calls for the tests of evaluation. */

/** Bounds whose verdict the test chooses by an argument: what is tested here is what becomes of verdicts. */
const chosen = (name: string, argument: string, hit = false): Constraint => ({
  name,
  check: ({ args }): Verdict => {
    const is = args[argument] ?? 'true'
    if (is === 'true') return { is }
    return is === 'false' ? { is, because: `${argument} is out`, hit } : { is: 'unknown', because: `${argument} can't be read` }
  },
})

const rated = (key: string): Constraint => ({
  name: 'rateLimit',
  check: (_call, facts) =>
    (facts.rates.get(key) ?? 0) < 10 ? { is: 'true' } : { is: 'false', because: '10 calls in 1m are spent', hit: true },
  needs: () => ({ paths: [], rates: [{ key, calls: 10, windowMs: 60_000 }] }),
})

const constrain: Constrain = (forms, ref) => [
  ...(forms.rateLimit ? [rated(`${ref.document}/${ref.id}`)] : []),
  ...(forms.allowedPaths ? [chosen('allowedPaths', 'path')] : []),
  ...(forms.deniedPaths ? [chosen('deniedPaths', 'denied', true)] : []),
]

export const compiled = (rules: readonly Rule[], rest: Partial<PolicyDocument> = {}) => {
  const { policy, faults } = tryCompile({ kind: 'policy', version: '1', default: 'deny', rules, ...rest }, undefined, constrain)
  if (!policy) throw new Error(faults.map(({ message }) => message).join())
  return policy
}

export const only = (rules: readonly Rule[], rest: Partial<PolicyDocument> = {}) => ({ policy: compiled(rules, rest), guardrail: null })

export const call = (tool: string | null, args: { [key: string]: Argument } = {}, rest: Partial<Envelope> = {}): Envelope => ({
  method: tool === null ? 'resources/read' : 'tools/call',
  tool,
  server: 'files',
  principal: { id: 'ana', assurance: 'authenticated' },
  session: null,
  args,
  ...rest,
})

export const paths = { allowedPaths: { within: ['/tmp'] } }
export const rate = { rateLimit: { calls: 10, per: '1m', by: 'rule' } } as const
