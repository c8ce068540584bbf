import type { Json } from '../json'
import { toDocument, toRule } from './aliases'
import { wrongKind } from './check'
import { type CompiledPolicy, compileOwn } from './compile'
import { type CompiledRule, type Constrain, compileRule } from './compile-rule'
import { compileConstraints } from './constraints/registry'
import type { PolicyDocument, Rule } from './document'
import { makeRereader } from './examine-yaml'
import { interpretPolicy, type Validate, validating } from './language'
import { lintForm } from './lint'
import { problemsOf } from './load'
import type { Constraint, Place, Problem, RuleRef } from './model'
import { type Lines, type Located, spanOfValue } from './places'
import { type CaseForm, caseSchema, type PolicyForm, policySchema, type RuleForm, ruleSchema } from './schema'
import type { YamlText } from './yaml-text'
import { readYaml } from './yaml-text'

/** All that an editor asks of a text. `policy` and `document` are null with any error; `root` is null where the text is no YAML. */
export type Examined = {
  readonly text: string
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly document: PolicyDocument | null
  readonly policy: CompiledPolicy | null
  readonly root: Located | null
  readonly lines: Lines
  /** The problems are those of a piece read alone: ask for the whole when there is time. */
  readonly provisional: boolean
}

/** Reads texts that follow one another. `whole` reads this one from end to end, whatever is remembered. */
export type Examiner = (text: string, whole?: boolean) => Examined

/**
 * What `loadPolicy` and `lintPolicy` say of a text, for somebody who types: what did not change since the last text is not judged
 * again. A text that compiles gives the very policy that `loadPolicy` makes of it.
 */
export function makeExaminer(kind: PolicyDocument['kind']): Examiner {
  const reread = makeRereader()
  const parts: Parts = {
    validate: remembering(),
    ruleOf: rememberingRules(),
    constrain: makeConstrain(),
    compileOne: rememberingCompiled(),
  }
  return (text, whole = false) => {
    const yaml = whole ? { ...readYaml(text), provisional: false } : reread(text)
    return { text, ...judged(yaml, kind, parts), root: yaml.root, lines: yaml.lines, provisional: yaml.provisional }
  }
}

type Judged = Pick<Examined, 'problems' | 'warnings' | 'document' | 'policy'>

type Parts = {
  readonly validate: Validate<PolicyForm>
  readonly ruleOf: (form: RuleForm) => Rule
  readonly constrain: Constrain
  readonly compileOne: typeof compileRule
}

function judged(yaml: YamlText, kind: PolicyDocument['kind'], { validate, ruleOf, constrain, compileOne }: Parts): Judged {
  const { form, problems, told } = interpretPolicy(yaml, validate)
  if (!form || !told) return { problems, warnings: [], document: null, policy: null }
  const document = toDocument(form, ruleOf)
  const places = { rules: form.rules.map((_, index) => told.lines.place(spanOfValue(told.root, ['rules', index]))) }
  const { policy, faults } = compileOwn(document, places, constrain, compileOne)
  const all = [...problems, ...problemsOf(faults, places), ...wrongKind(document, kind)]
  return { problems: all, warnings: lintForm(form, told, document), document, policy: all.length === 0 ? policy : null }
}

type Answer = ReturnType<Validate<RuleForm | CaseForm>>

/** The schema of a policy, its rules and tests asked one by one and remembered by the value they are. */
function remembering(): Validate<PolicyForm> {
  const known = new WeakMap<object, Answer>()
  const once = (validate: Validate<RuleForm | CaseForm>, value: Json): Answer => {
    if (typeof value !== 'object' || value === null) return validate(value)
    const answer = known.get(value) ?? validate(value)
    known.set(value, answer)
    return answer
  }
  return (value) => {
    if (!isRecord(value) || !isFilled(value.rules)) return wholePolicy(value)
    const { tests, ...rest } = value
    const cases = isFilled(tests) ? tests : []
    const frame = wholePolicy({ ...(cases.length > 0 ? rest : value), rules: [] })
    const forRules = value.rules.map((rule) => once(ruleOf, rule))
    const forCases = cases.map((one) => once(caseOf, one))
    const issues = [...(frame.issues ?? []), ...issuesOf('rules', forRules), ...issuesOf('tests', forCases)]
    return issues.length > 0 || !frame.form ? { issues } : { form: joined(frame.form, formsOf(forRules), formsOf(forCases)) }
  }
}

const joined = (frame: PolicyForm, rules: readonly unknown[], tests: readonly unknown[]): PolicyForm => ({
  ...frame,
  rules: rules as RuleForm[],
  ...(tests.length > 0 ? { tests: tests as CaseForm[] } : {}),
})

const formsOf = (answers: readonly Answer[]): readonly unknown[] => answers.map(({ form }) => form)

const isFilled = (value: Json | undefined): value is readonly Json[] => Array.isArray(value) && value.length > 0

const wholePolicy = validating(policySchema)
const ruleOf: Validate<RuleForm | CaseForm> = validating(ruleSchema)
const caseOf: Validate<RuleForm | CaseForm> = validating(caseSchema)

const issuesOf = (list: string, answers: readonly Answer[]) =>
  answers.flatMap(({ issues }, index) => (issues ?? []).map((issue) => ({ ...issue, path: [list, index, ...issue.path] })))

const isRecord = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The same rule as long as it is written the same: whoever compares rules may remember them too. */
function rememberingRules(): (form: RuleForm) => Rule {
  const known = new WeakMap<RuleForm, Rule>()
  return (form) => {
    const rule = known.get(form) ?? toRule(form)
    known.set(form, rule)
    return rule
  }
}

/** A rule that says the same is compiled once; when it only stands elsewhere, what names its place is all that is new. */
function rememberingCompiled(): typeof compileRule {
  const known = new WeakMap<Rule, { readonly approval: string; readonly compiled: CompiledRule }>()
  return (rule, ref, document, constrain) => {
    const approval = JSON.stringify([document.kind, document.approval])
    const before = known.get(rule)
    const isSame = before?.approval === approval && isSameRef(before.compiled.ref, ref)
    const compiled = isSame ? placed(before.compiled, ref) : compileRule(rule, ref, document, constrain)
    known.set(rule, { approval, compiled })
    return compiled
  }
}

const isSameRef = (one: RuleRef, other: RuleRef): boolean =>
  one.index === other.index && one.id === other.id && one.document === other.document

function placed(compiled: CompiledRule, ref: RuleRef): CompiledRule {
  if (isSamePlace(compiled.ref.place, ref.place)) return compiled
  return Object.freeze({ ...compiled, ref, decided: Object.freeze({ ...compiled.decided, rule: ref }) })
}

const isSamePlace = (one: Place | null, other: Place | null): boolean =>
  one?.line === other?.line && one?.column === other?.column && one?.endLine === other?.endLine && one?.endColumn === other?.endColumn

/** Compiled bounds by what they are made of; a rate is counted for its rule and never shared. */
function makeConstrain(): Constrain {
  let young = new Map<string, readonly Constraint[]>()
  let old = young
  return (forms, rule) => {
    if (forms.rateLimit) return compileConstraints(forms, rule)
    const key = JSON.stringify(forms)
    const known = young.get(key) ?? old.get(key) ?? compileConstraints(forms, rule)
    if (young.size >= REMEMBERED) [old, young] = [young, new Map()]
    young.set(key, known)
    return known
  }
}

const REMEMBERED = 2048
