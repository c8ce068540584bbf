import { newRule } from '../../core/policy/add-rule'
import { newTest, type TextEdit } from '../../core/policy/add-test'
import { type CaseResult, runCases } from '../../core/policy/cases'
import { type CompiledPolicy, compilePolicy } from '../../core/policy/compile'
import { type Completion, completionsAt } from '../../core/policy/completion'
import type { PolicyDocument, Rule } from '../../core/policy/document'
import type { Ruleset } from '../../core/policy/evaluate'
import { type Examined, makeExaminer } from '../../core/policy/examine'
import { type Fix, fixesFor } from '../../core/policy/fixes'
import { formatPolicy } from '../../core/policy/format'
import { loadPolicy } from '../../core/policy/load'
import type { Decision, NearMiss, Principal, Problem } from '../../core/policy/model'
import { type Outline, outlineOf } from '../../core/policy/outline'
import { nameOfRule, originsOf, type RuleChange, ruleChanges } from '../../core/policy/rule-origins'
import type { ArgumentsSeen, Sample, ServerKnown } from '../../core/policy/sample'
import { sampleLibrary } from '../../core/policy/sample-library'
import { readySample, simulateInFull } from '../../core/policy/what-if'
import { type Meaning, meaningAt } from './engine-meaning'
import { type ReachRow, reachRows } from './engine-reach'
import { type Row, Simulation } from './engine-simulation'

/** What the engine is told once. `hits`: decisions by rule name in the last days, null where nobody counted. */
export type Settings = {
  readonly kind: PolicyDocument['kind']
  readonly inForce: string | null
  readonly guardrail: string | null
  readonly servers: readonly ServerKnown[]
  readonly seen: readonly ArgumentsSeen[]
  readonly principals: readonly Principal[]
  readonly hits: { readonly days: number; readonly byRule: { readonly [rule: string]: number } } | null
  readonly nowMs: number
}

export type TestResult = CaseResult & { readonly line: number }

/** What is said of one text. `rows` are those that differ from the run before; null where the text decides nothing. */
export type Run = {
  readonly problems: readonly Problem[]
  /** Null where it is as before, or the text is no YAML and the last one still says most of it. */
  readonly outline: Outline | null
  readonly tests: readonly TestResult[]
  /** Null where they are as before. */
  readonly notes: readonly RuleNote[] | null
  readonly changes: readonly RuleChange[]
  readonly rows: readonly Row[] | null
  /** The library, when other tools came into it. */
  readonly library: readonly Sample[] | null
  readonly provisional: boolean
  readonly ms: number
}

export type RuleNote = { readonly line: number; readonly hits: number | null; readonly tests: number }

/** Both decisions of one sample, with why other rules did not select. */
export type Story = {
  readonly before: Told | null
  readonly after: Told | null
  readonly because: string | null
  readonly supposed: readonly string[]
}
export type Told = Decision & { readonly near: readonly NearMiss[] }

export type TestEdit = { readonly edit: TextEdit; readonly expect: string } | { readonly because: string }
export type RuleEdit = { readonly edit: TextEdit; readonly line: number } | { readonly because: string }

/** The questions an editor asks, each with plain data for an answer: the worker's side of the wire, and what a test can call. */
export type Engine = {
  open(settings: Settings): void
  samples(list: readonly Sample[]): void
  run(text: string, whole: boolean): Run
  /** Judges a text much like the last one, and says nothing: what ran often runs fast. */
  practise(): void
  story(sample: string): Story
  complete(text: string, offset: number): Completion
  meaning(text: string, offset: number): Meaning | null
  fixes(problem: Problem): readonly Fix[]
  format(text: string): string | null
  reach(principal: Principal, server: string): readonly ReachRow[] | null
  test(sample: string): TestEdit
  rule(sample: string): RuleEdit
}

const EVERYTHING = compilePolicy({ kind: 'policy', version: '1', default: 'allow', rules: [] })
const NOBODY: Principal = { id: 'local:agent@host', assurance: 'asserted' }

export function makeEngine(now: () => number): Engine {
  let session: Session | null = null
  const current = (): Session => {
    if (!session) throw new Error('the engine was not opened')
    return session
  }
  return {
    open: (settings) => {
      session = new Session(settings, now)
    },
    samples: (list) => current().samples(list),
    run: (text, whole) => current().run(text, whole),
    practise: () => current().practise(),
    story: (sample) => current().story(sample),
    complete: (text, offset) => current().complete(text, offset),
    meaning: (text, offset) => current().meaning(text, offset),
    fixes: (problem) => current().fixes(problem),
    format: formatPolicy,
    reach: (principal, server) => current().reach(principal, server),
    test: (sample) => current().test(sample),
    rule: (sample) => current().rule(sample),
  }
}

/** One policy being edited, beside what is in force. */
class Session {
  private readonly examine
  private readonly before: { readonly document: PolicyDocument | null; readonly rules: Ruleset | null }
  private readonly guardrail: CompiledPolicy | null
  private readonly simulation: Simulation
  private readonly known
  private readonly outlines = new Fresh<Outline>()
  private readonly notes = new Fresh<readonly RuleNote[]>()
  private given: readonly Sample[] = []
  private practised = 0
  private library: readonly Sample[] = []
  private libraryOf: PolicyDocument | null = null
  private last: Examined | null = null
  /** The rules and document of the last text that compiled. */
  private rules: Ruleset | null = null
  private document: PolicyDocument | null = null

  constructor(
    private readonly settings: Settings,
    private readonly now: () => number,
  ) {
    const { kind, inForce, guardrail, nowMs, servers } = settings
    this.examine = makeExaminer(kind)
    this.guardrail = guardrail === null ? null : loadPolicy(guardrail).policy
    const loaded = inForce === null ? null : loadPolicy(inForce)
    this.before = { document: loaded?.document ?? null, rules: loaded?.policy ? this.rulesetOf(loaded.policy) : null }
    this.known = { nowMs, servers }
    this.simulation = new Simulation(this.before.rules)
  }

  /** A guardrail permits nothing by itself: it is shown over a policy that would allow everything. */
  private rulesetOf = (policy: CompiledPolicy): Ruleset =>
    policy.kind === 'guardrail' ? { policy: EVERYTHING, guardrail: policy } : { policy, guardrail: this.guardrail }

  samples(list: readonly Sample[]): void {
    this.given = list
    this.ready()
  }

  private ready(): void {
    this.simulation.put([...this.given, ...this.library].map((sample) => readySample(sample, this.known)))
  }

  run(text: string, whole: boolean): Run {
    const started = this.now()
    const examined = this.examine(text, whole)
    this.last = examined
    const { document, policy, problems, warnings, root, lines, provisional } = examined
    const outline = outlineOf(root, lines)
    const said = { problems: [...problems, ...warnings], outline: root && this.outlines.ifNew(outline), provisional }
    if (!document || !policy) return { ...said, tests: [], notes: null, changes: [], rows: null, library: null, ms: this.now() - started }
    this.document = document
    this.rules = this.rulesetOf(policy)
    const library = this.extended(document)
    const rows = this.simulation.run(this.rules)
    const results = runCases({ policy, guardrail: null }, document.tests ?? [])
    const tests = results.map((result, index) => ({ ...result, line: outline.tests[index]?.place.line ?? 1 }))
    const changes = this.before.document ? ruleChanges(this.before.document, document) : []
    return {
      ...said,
      tests,
      notes: this.notes.ifNew(this.notesOn(document, outline, results)),
      changes,
      rows,
      library,
      ms: this.now() - started,
    }
  }

  practise(): void {
    const text = this.last?.text ?? ''
    const at = text.indexOf('\n', text.length / 2)
    if (at === -1) return
    const { policy, document } = this.examine(`${text.slice(0, at)} #${++this.practised}${text.slice(at)}`)
    this.examine(text)
    if (policy) this.simulation.practise(this.rulesetOf(policy))
    if (document && this.before.document) ruleChanges(this.before.document, document)
  }

  /** The library follows the tools a text names; null where it stayed. */
  private extended(document: PolicyDocument): readonly Sample[] | null {
    const from = this.libraryOf
    this.libraryOf = document
    if (from && namesSame(from, document)) return null
    const documents = this.before.document ? [this.before.document, document] : [document]
    const next = sampleLibrary(documents, this.settings.servers, this.settings.principals[0] ?? NOBODY)
    if (next.length === this.library.length && next.every((one, index) => isSame(one, this.library[index]))) return null
    this.library = next
    this.ready()
    return next
  }

  private notesOn(document: PolicyDocument, outline: Outline, results: readonly CaseResult[]): readonly RuleNote[] {
    const { hits } = this.settings
    const origins = this.before.document ? originsOf(this.before.document, document) : []
    return outline.rules.map(({ index, place }) => {
      const rule = document.rules[index]
      const name = rule ? nameOfRule(rule, index) : ''
      const origin = origins[index]
      const tests = results.filter(({ got }) => got.split(' ')[2] === name).length
      return { line: place.line, hits: hits && origin ? (hits.byRule[origin] ?? 0) : null, tests }
    })
  }

  story(id: string): Story {
    const sample = this.simulation.find(id)
    if (!sample) return { before: null, after: null, because: 'this sample is gone', supposed: [] }
    const before = this.before.rules && simulateInFull(this.before.rules, sample)
    const after = this.rules && simulateInFull(this.rules, sample)
    return {
      before: before?.decision ?? null,
      after: after?.decision ?? null,
      because: after?.because ?? null,
      supposed: after?.supposed ?? [],
    }
  }

  complete(text: string, offset: number): Completion {
    const { servers, principals, seen } = this.settings
    const rules = (this.document?.rules ?? []).map(nameOfRule)
    return completionsAt(text, offset, { servers, seen, principals: principals.map(({ id }) => id), rules })
  }

  meaning(text: string, offset: number): Meaning | null {
    if (this.last?.text !== text) this.last = this.examine(text)
    const { hits } = this.settings
    const origins = this.before.document && this.last.document ? originsOf(this.before.document, this.last.document) : []
    return meaningAt(this.last, offset, (rule) => {
      const origin = origins[rule]
      return hits && origin ? { days: hits.days, count: hits.byRule[origin] ?? 0 } : null
    })
  }

  fixes(problem: Problem): readonly Fix[] {
    return this.last ? fixesFor(this.last, problem) : []
  }

  reach(principal: Principal, server: string): readonly ReachRow[] | null {
    return this.rules && this.document ? reachRows(this.rules, this.document, this.settings, principal, server) : null
  }

  private sampleOf = (id: string): Sample | undefined => [...this.given, ...this.library].find((one) => one.id === id)

  test(id: string): TestEdit {
    const { last } = this
    const sample = this.sampleOf(id)
    if (!last?.root || !last.policy) return { because: PROBLEMS_FIRST }
    return sample ? newTest(last.text, last.root, { policy: last.policy, guardrail: null }, sample) : { because: 'this sample is gone' }
  }

  rule(id: string): RuleEdit {
    const { last } = this
    const sample = this.sampleOf(id)
    if (!last?.root || !last.policy) return { because: PROBLEMS_FIRST }
    if (!sample) return { because: 'this sample is gone' }
    const decider = this.story(id).after?.rule
    const made = newRule(last.text, last.root, sample, decider?.document === this.settings.kind ? decider.index : null)
    return 'because' in made ? made : { ...made, line: last.lines.place({ start: made.edit.start, end: made.edit.start }).line }
  }
}

const PROBLEMS_FIRST = 'the text has problems; put them right first'

const isSame = (one: Sample, other: Sample | undefined): boolean => one.id === other?.id && one.args === other.args

/** What the library is made from: the tools a text names, and the folders they are let into. */
const namesSame = (one: PolicyDocument, other: PolicyDocument): boolean =>
  one.rules.length === other.rules.length &&
  one.rules.every((rule, at) => rule === other.rules[at] || namesOf(rule) === namesOf(other.rules[at]))

const namesOf = (rule: Rule | undefined): string => JSON.stringify([rule?.tool, rule?.constraints?.allowedPaths?.within])

/** Tells a value only when it is another than the last one. */
class Fresh<T> {
  private last = ''

  ifNew(value: T): T | null {
    const text = JSON.stringify(value)
    const isNew = text !== this.last
    this.last = text
    return isNew ? value : null
  }
}
