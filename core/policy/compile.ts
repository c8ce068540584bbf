import { AppError } from '../errors'
import { approvalOf, type CompiledRule, type Constrain, compileRule, ruleRef } from './compile-rule'
import { compileConstraints } from './constraints/registry'
import type { Places, PolicyDocument } from './document'
import type { Decision } from './model'
import { makeSelect, type Select } from './select'

/** A policy as it is enforced: immutable, its tables private. */
export type CompiledPolicy = {
  readonly kind: PolicyDocument['kind']
  readonly rules: readonly CompiledRule[]
  readonly select: Select
  /** What is decided when no rule selects; null for a guardrail without an opinion. */
  readonly byDefault: Decision | null
}

/** A rule (by index from 0; null for the document as a whole) that can't be compiled, and why. */
export type CompileFault = { readonly rule: number | null; readonly message: string }

/** Throws AppError `invalid` naming the first rule that can't be compiled. The document may be changed afterwards: nothing of it is kept. */
export function compilePolicy(document: PolicyDocument, places?: Places): CompiledPolicy {
  const { policy, faults } = tryCompile(document, places)
  if (policy) return policy
  throw new AppError('invalid', faults.map(({ message }) => message).join('; '))
}

export type Compiled = { readonly policy: CompiledPolicy | null; readonly faults: readonly CompileFault[] }

/** Compiles, or says of every rule that can't be compiled why not. The document may be changed afterwards. */
export const tryCompile = (document: PolicyDocument, places?: Places, constrain?: Constrain): Compiled =>
  compileOwn(structuredClone(document), places, constrain)

/** The same for a document that nobody else holds. */
export function compileOwn(
  copy: PolicyDocument,
  places?: Places,
  constrain: Constrain = compileConstraints,
  compileOne: typeof compileRule = compileRule,
): Compiled {
  const faults: CompileFault[] = []
  const noted = <T>(rule: number | null, make: () => T): T | null => {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const name = rule === null ? 'the policy' : ruleIdOf(copy, rule)
      faults.push({ rule, message: `${name}: ${error.message}` })
      return null
    }
  }
  const shared = sharing(constrain)
  noted(null, () => requireUniqueIds(copy))
  const byDefault = noted(null, () => defaultDecision(copy))
  const rules = copy.rules.flatMap((rule, index) => {
    const ref = ruleRef(copy, rule, index, places?.rules[index] ?? null)
    return noted(index, () => compileOne(rule, ref, copy, shared)) ?? []
  })
  if (faults.length > 0) return { policy: null, faults }
  return { policy: Object.freeze({ kind: copy.kind, rules: Object.freeze(rules), select: makeSelect(rules), byDefault }), faults }
}

/** Rules with the same bounds share the compiled ones, which keeps a large table small; rates are counted per rule. */
function sharing(constrain: Constrain): Constrain {
  const known = new Map<string, ReturnType<Constrain>>()
  return (forms, ref) => {
    if (forms.rateLimit) return constrain(forms, ref)
    const key = JSON.stringify(forms)
    const bounds = known.get(key) ?? constrain(forms, ref)
    known.set(key, bounds)
    return bounds
  }
}

const ruleIdOf = (document: PolicyDocument, index: number): string => document.rules[index]?.id ?? `rule-${index + 1}`

/** The log names rules by id: two rules of one name would be one rule to whoever reads it. */
function requireUniqueIds(document: PolicyDocument): void {
  const ids = new Set<string>()
  const twice = document.rules.map((_rule, index) => ruleIdOf(document, index)).find((id) => ids.size === ids.add(id).size)
  if (twice !== undefined) throw new AppError('invalid', `two rules are called "${twice}"`)
}

const DEFAULT_REASONS = {
  allow: 'no rule selects this call, and the default is to allow',
  deny: 'no rule allows this call, and the default is to deny',
  escalate: "no rule selects this call, and the default is to ask for a person's approval",
} as const

function defaultDecision({ kind, default: outcome, approval }: PolicyDocument): Decision | null {
  if (outcome === 'none') {
    if (kind !== 'guardrail') throw new AppError('invalid', 'only a guardrail may have no opinion by default')
    return null
  }
  return Object.freeze({
    outcome,
    code: 'default',
    reason: DEFAULT_REASONS[outcome],
    reasonQuotesArguments: false,
    rule: null,
    constraint: null,
    approvals: Object.freeze(outcome === 'escalate' ? [approvalOf(approval, undefined)] : []),
    near: Object.freeze([]),
    spends: Object.freeze([]),
  })
}
