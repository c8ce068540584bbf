import { AppError } from '../errors'
import type { Json } from '../json'
import { quote } from '../quote'
import { isOperatorMap, toConstraints } from './aliases'
import { compileCondition } from './conditions'
import { compileConstraints } from './constraints/registry'
import type { Operator } from './document'
import type { Fault } from './language-problems'
import type { RuleRef } from './model'
import type { Path } from './places'
import { APPROVAL_KEYS, type CaseForm, type PolicyForm, type RuleForm, type WhenForm } from './schema'
import { suggest } from './suggest'

/*
 * What takes more than one key to see. Everything here is an error: a text whose parts contradict each other has no meaning to enforce.
 */

const DENIES: readonly string[] = ['deny', 'block']

type Named = { readonly id?: string | undefined }

export function checkPolicy(form: PolicyForm): readonly Fault[] {
  return [
    ...checkDefault(form),
    ...form.rules.flatMap((rule, index) => checkRule(rule, ['rules', index])),
    ...checkIds(form.rules),
    ...checkTests(form.tests ?? [], form.rules),
  ]
}

function checkDefault({ kind, default: written }: PolicyForm): Fault[] {
  if (kind === 'guardrail' && written !== undefined && written !== 'none') {
    return [
      fault(
        'guardrail_default',
        ['default'],
        'value',
        'A guardrail has no opinion on what it does not name; remove default, or write none.',
      ),
    ]
  }
  if (kind !== 'guardrail' && written === 'none') {
    return [fault('policy_default', ['default'], 'value', '"default" must be deny, escalate or allow; none is for guardrails.')]
  }
  return []
}

/** Rules that nothing was wrong with: a text that is read again has most of them still. */
const sound = new WeakSet<RuleForm>()

function checkRule(rule: RuleForm, path: Path): Fault[] {
  if (sound.has(rule)) return []
  const faults = faultsIn(rule, path)
  if (faults.length === 0) sound.add(rule)
  return faults
}

function faultsIn(rule: RuleForm, path: Path): Fault[] {
  return [
    ...checkSelectors(rule, path),
    ...checkBounds(rule, path),
    ...checkConstraints(rule, path),
    ...checkApproval(rule, path),
    ...(rule.when ? checkWhen(rule.when, [...path, 'when']) : []),
  ]
}

function checkBounds(rule: RuleForm, path: Path): Fault[] {
  const otherwise = [...path, 'otherwise']
  if (DENIES.includes(rule.action) && rule.constraints) {
    const message = 'A deny has nothing to bound; move these constraints to an allow, or use when to say what is denied.'
    return [fault('constraints_on_deny', [...path, 'constraints'], 'key', message)]
  }
  if (rule.otherwise && rule.action !== 'allow') {
    return [fault('otherwise_without_allow', otherwise, 'key', 'Only an allow can have otherwise; remove it.')]
  }
  if (rule.otherwise && !rule.constraints) {
    return [
      fault('otherwise_without_constraints', otherwise, 'key', 'There is no constraint to break; add constraints, or remove otherwise.'),
    ]
  }
  return []
}

/** What the constraints themselves can't make a bound of, such as a folder that climbs. */
function checkConstraints({ constraints }: RuleForm, path: Path): Fault[] {
  const forms = constraints ? toConstraints(constraints) : {}
  return Object.entries(forms).flatMap(([name, form]) => {
    const because = refusalOf(() => compileConstraints({ [name]: form }, NO_RULE))
    return because === null ? [] : [fault('bad_constraint', [...path, 'constraints', name], 'key', `This bound can't be used: ${because}.`)]
  })
}

const NO_RULE: RuleRef = { document: 'policy', id: 'rule-1', index: 0, place: null }

/** Why the engine would not compile it; null if it does. */
function refusalOf(compile: () => unknown): string | null {
  try {
    compile()
    return null
  } catch (error) {
    if (error instanceof AppError) return error.message.replace(/\.$/, '')
    throw error
  }
}

function checkApproval(rule: RuleForm, path: Path): Fault[] {
  if (rule.otherwise || (rule.action !== 'allow' && !DENIES.includes(rule.action))) return []
  return APPROVAL_KEYS.filter((key) => rule[key] !== undefined).map((key) => {
    const message = `Nobody is asked by this rule, so ${key} has no meaning; use action: escalate, or remove it.`
    return fault('approval_without_escalate', [...path, key], 'key', message)
  })
}

function checkSelectors(rule: RuleForm, path: Path): Fault[] {
  if (!rule.tool && !rule.method) {
    return [fault('no_tool', path, 'value', 'It names no tool; add tool (tool: "*" is every tool), or method for other requests.')]
  }
  const methods = rule.method === undefined ? [] : [rule.method].flat()
  if (methods.length === 0 || methods.some((method) => method === 'tools/call' || /[*?{]/.test(method))) return []
  return rule.tool
    ? [fault('tool_without_call', [...path, 'tool'], 'key', 'These methods call no tool; remove tool, or add tools/call to method.')]
    : []
}

/** What a condition may ask about besides `args.<name>` and `annotations.<name>`. */
export const SUBJECTS: readonly string[] = [
  'time.hour',
  'time.weekday',
  'time.date',
  'session.calls',
  'session.ageMinutes',
  'tool.listed',
  'tool.pinned',
]
const NAMED_SUBJECT = /^(?:args|annotations)(?:\.[^.]+)+$/

function checkWhen(form: WhenForm, path: Path): Fault[] {
  const { all, any, not, ...subjects } = form
  const nested = [
    ...(all ?? []).flatMap((inner, index) => checkWhen(inner, [...path, 'all', index])),
    ...(any ?? []).flatMap((inner, index) => checkWhen(inner, [...path, 'any', index])),
    ...(not ? checkWhen(not, [...path, 'not']) : []),
  ]
  const empty =
    Object.keys(form).length === 0
      ? [fault('empty_when', path, 'value', 'This condition is empty; name a subject, such as args.path.')]
      : []
  return [
    ...empty,
    ...nested,
    ...Object.entries(subjects).flatMap(([subject, test]) => checkSubject(subject, test ?? null, [...path, subject])),
  ]
}

function checkSubject(subject: string, test: WhenForm[string], path: Path): Fault[] {
  if (!SUBJECTS.includes(subject) && !NAMED_SUBJECT.test(subject)) return [unknownSubject(subject, path)]
  const tests: { readonly [operator: string]: Json | undefined } = isOperatorMap(test) ? test : { equals: test as Json }
  return Object.entries(tests).flatMap(([operator, value]) => {
    const because = refusalOf(() => compileCondition({ subject, operator: operator as Operator, value: value as Json }))
    return because === null
      ? []
      : [fault('bad_condition', isOperatorMap(test) ? [...path, operator] : path, 'value', `This condition can't be used: ${because}.`)]
  })
}

function unknownSubject(subject: string, path: Path): Fault {
  const meant = suggest(subject, SUBJECTS) ?? (subject.includes('.') ? null : `args.${subject}`)
  const subjects = `a condition asks about args.<name>, annotations.<name>, ${SUBJECTS.join(', ')}.`
  const message = `Unknown subject ${quote(subject)}; ${meant ? `did you mean "${meant}"?` : subjects}`
  return { ...fault('unknown_subject', path, 'key', message), ...(meant ? { suggestion: meant } : {}) }
}

const GENERATED = /^rule-([1-9][0-9]*)$/

function checkIds(rules: readonly Named[]): Fault[] {
  const seen = new Map<string, number>()
  return rules.flatMap(({ id }, index) => {
    if (id === undefined) return []
    const path = ['rules', index, 'id']
    const generated = GENERATED.exec(id)
    if (id === 'default' || (generated && Number(generated[1]) !== index + 1)) {
      return [fault('reserved_id', path, 'value', `The id ${quote(id)} already means something else; choose another.`)]
    }
    const before = seen.get(id)
    seen.set(id, before ?? index)
    return before === undefined
      ? []
      : [fault('duplicate_id', path, 'value', `The id ${quote(id)} is rule ${before + 1}'s already; choose another.`)]
  })
}

/** A test names its rule by id, as rule-<n> counted from 1, or as default. */
export function checkTests(tests: readonly CaseForm[], rules: readonly Named[]): readonly Fault[] {
  const names = ['default', ...rules.map((rule, index) => rule.id ?? `rule-${index + 1}`)]
  return tests.flatMap((test, index) => {
    const path = ['tests', index]
    return [...checkNamedRule(test.rule, names, [...path, 'rule']), ...checkCall(test, path)]
  })
}

function checkNamedRule(rule: string | undefined, names: readonly string[], path: Path): Fault[] {
  if (rule === undefined || names.includes(rule)) return []
  const meant = suggest(rule, names)
  const advice = meant ? `did you mean "${meant}"?` : 'write its id, rule-<n> counted from 1 if it has none, or default.'
  return [
    { ...fault('unknown_rule', path, 'value', `There is no rule ${quote(rule)}; ${advice}`), ...(meant ? { suggestion: meant } : {}) },
  ]
}

function checkCall({ call }: CaseForm, path: Path): Fault[] {
  const isToolCall = (call.method ?? 'tools/call') === 'tools/call'
  if (isToolCall && !call.tool)
    return [fault('no_tool', [...path, 'call'], 'value', 'The call names no tool; add tool, or method for another request.')]
  if (!isToolCall && call.tool)
    return [fault('tool_without_call', [...path, 'call', 'tool'], 'key', `${quote(call.method ?? '')} calls no tool; remove tool.`)]
  return []
}

function fault(code: string, path: Path, at: Fault['at'], message: string): Fault {
  return { code, path, at, message }
}
