import { compileTest, existsTest } from './conditions-operators'
import { compileSubject, requirePossible, type Subject } from './conditions-subjects'
import { allOf, anyOf, negated, type Truth, UNKNOWN } from './conditions-truth'
import type { Condition } from './document'
import type { Envelope, Facts } from './model'
import type { Found } from './subjects-path'

/** A compiled `when`. */
export type CompiledCondition = {
  /** The condition in words, from the policy alone. */
  readonly text: string
  /** True when telling what it found would tell something of the arguments. */
  readonly quotesArguments: boolean
  readonly truth: (call: Envelope, facts: Facts) => Truth
  /** Why it is not true, in words; meant for a condition that is false or unknown. */
  readonly because: (call: Envelope, facts: Facts) => string
}

/** Throws AppError `invalid` for an unknown subject, or an operand its operator can't use. */
export function compileCondition(condition: Condition): CompiledCondition {
  if ('all' in condition) return joined('all', condition.all.map(compileCondition))
  if ('any' in condition) return joined('any', condition.any.map(compileCondition))
  if ('not' in condition) return opposite(compileCondition(condition.not))
  return leaf(condition)
}

function leaf({ subject, operator, value }: Extract<Condition, { subject: string }>): CompiledCondition {
  const { read, quotesArguments } = compileSubject(subject)
  const text = `${subject} ${operator} ${JSON.stringify(value)}`
  const truth = operator === 'exists' ? presence(read, existsTest(value)) : tested(subject, read, operator, value)
  return {
    text,
    quotesArguments,
    truth,
    because: (call, facts) => (truth(call, facts) === UNKNOWN ? unknownBecause(subject, read(call, facts)) : `${text} does not hold`),
  }
}

function presence(read: Subject['read'], test: (at: Found['at']) => Truth): CompiledCondition['truth'] {
  return (call, facts) => test(read(call, facts).at)
}

function tested(subject: string, read: Subject['read'], ...[operator, value]: Parameters<typeof compileTest>): CompiledCondition['truth'] {
  requirePossible(subject, value)
  const test = compileTest(operator, value)
  return (call, facts) => {
    const found = read(call, facts)
    return found.at === 'found' ? test(found.value) : UNKNOWN
  }
}

function unknownBecause(subject: string, found: Found): string {
  switch (found.at) {
    case 'missing':
      return `${subject} is missing`
    case 'blocked':
      return `${subject} is not known`
    case 'found':
      return `${subject} is not of the type that is asked for`
  }
}

/** Blames the first part that decides: a false one, or else an unknown one. */
function joined(kind: 'all' | 'any', parts: readonly CompiledCondition[]): CompiledCondition {
  const fold = kind === 'all' ? allOf : anyOf
  const truth = (call: Envelope, facts: Facts): Truth => fold(parts, (part) => part.truth(call, facts))
  return {
    text: `${kind} of (${parts.map((part) => part.text).join('; ')})`,
    quotesArguments: parts.some((part) => part.quotesArguments),
    truth,
    because: (call, facts) => {
      const overall = truth(call, facts)
      const blamed = parts.find((part) => part.truth(call, facts) === overall)
      return blamed ? blamed.because(call, facts) : 'none of its conditions holds'
    },
  }
}

function opposite(inner: CompiledCondition): CompiledCondition {
  return {
    text: `not (${inner.text})`,
    quotesArguments: inner.quotesArguments,
    truth: (call, facts) => negated(inner.truth(call, facts)),
    because: (call, facts) => (inner.truth(call, facts) === UNKNOWN ? inner.because(call, facts) : `${inner.text} holds`),
  }
}
