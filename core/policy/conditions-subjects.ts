import { AppError } from '../errors'
import type { Json } from '../json'
import type { Envelope, Facts } from './model'
import { argumentAt, argumentSteps, type Found } from './subjects-path'

/** What a condition looks at. `quotesArguments` when what it finds is the agent's. */
export type Subject = { readonly read: (call: Envelope, facts: Facts) => Found; readonly quotesArguments: boolean }

const unavailable: Found = Object.freeze({ at: 'blocked' })

const found = (value: Json): Found => ({ at: 'found', value })

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** UTC, of `facts.now`; a clock that says nothing leaves it unknown. */
const ofClock = (read: (date: Date) => Json): Subject['read'] => {
  return (_call, facts) => {
    const date = new Date(facts.now)
    return Number.isFinite(date.getTime()) ? found(read(date)) : unavailable
  }
}

const FACTS: { readonly [subject: string]: Subject['read'] } = {
  'time.hour': ofClock((date) => date.getUTCHours()),
  'time.weekday': ofClock((date) => WEEKDAYS[date.getUTCDay()] ?? null),
  'time.date': ofClock((date) => date.toISOString().slice(0, 10)),
  'session.calls': (_call, { session }) => (session ? found(session.calls) : unavailable),
  'session.ageMinutes': (_call, { session }) => (session ? found(Math.floor(session.ageMs / 60_000)) : unavailable),
  'tool.listed': (_call, facts) => found(facts.listed),
  'tool.pinned': (_call, facts) => found(facts.pin !== null),
}

/** Throws AppError `invalid` for a subject that is not in the language. */
export function compileSubject(name: string): Subject {
  const fact = Object.hasOwn(FACTS, name) ? FACTS[name] : undefined
  if (fact) return { read: fact, quotesArguments: false }
  const [, root, path = ''] = /^(args|annotations)\.(.*)$/s.exec(name) ?? []
  const steps = root ? argumentSteps(`args.${path}`) : null
  if (!steps) throw new AppError('invalid', `a condition can't ask about "${name}"`)
  if (root === 'args') return { read: (call) => argumentAt(call.args, steps), quotesArguments: true }
  return { read: (_call, { pin }) => (pin ? argumentAt(pin.annotations, steps) : unavailable), quotesArguments: false }
}

/** Refuses operands that could never be what the subject is, such as `time.weekday: mon`: a rule that can't select protects nothing. */
export function requirePossible(subject: string, operand: Json): void {
  const operands: readonly Json[] = Array.isArray(operand) ? operand : [operand]
  if (subject === 'time.weekday' && !operands.every((day) => WEEKDAYS.includes(String(day))))
    throw new AppError('invalid', 'time.weekday is the name of a day, such as monday')
  if (subject === 'time.hour' && !operands.every((hour) => Number.isInteger(hour) && Number(hour) >= 0 && Number(hour) <= 24))
    throw new AppError('invalid', 'time.hour is a whole number from 0 to 23 (UTC)')
}
