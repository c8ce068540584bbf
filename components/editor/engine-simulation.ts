import type { CompiledPolicy } from '../../core/policy/compile'
import type { Ruleset } from '../../core/policy/evaluate'
import type { Decision, Outcome } from '../../core/policy/model'
import { type ReadySample, simulate } from '../../core/policy/what-if'
import { type Change, changeOf } from '../../core/policy/what-if-words'

/** A decision as a list shows it. Where its rule stands is told with its story: a new line above moves every rule below. */
export type Brief = {
  readonly outcome: Outcome
  readonly reason: string
  readonly rule: string | null
  readonly constraint: string | null
}

/** One sample under both texts. `because`: the call can't be read, so the gateway would refuse it under any policy. */
export type Row = {
  readonly id: string
  readonly before: Brief | null
  readonly after: Brief | null
  readonly change: Change
  readonly because: string | null
}

/** Puts samples to the text in force once, to the text being written again and again, and tells only what differs from last time. */
export class Simulation {
  private samples: readonly ReadySample[] = []
  private before = new Map<string, Decision | null>()
  private told = new Map<string, Row>()
  private last: Ruleset | null = null

  constructor(private readonly inForce: Ruleset | null) {}

  put(samples: readonly ReadySample[]): void {
    this.samples = samples
    this.before = new Map()
    this.told = new Map()
  }

  find(id: string): ReadySample | undefined {
    return this.samples.find((sample) => sample.id === id)
  }

  run(rules: Ruleset): readonly Row[] {
    const isUnmoved = this.unmoved(rules)
    this.last = rules
    return this.samples.flatMap((sample) => {
      if (this.told.has(sample.id) && isUnmoved(sample)) return []
      const row = this.rowOf(sample, rules)
      const last = this.told.get(sample.id)
      if (last && isSameRow(last, row)) return []
      this.told.set(sample.id, row)
      return [row]
    })
  }

  /** A call whose rules are the very rules of the run before, with the same default under them, is decided as it was. */
  private unmoved(rules: Ruleset): (sample: ReadySample) => boolean {
    const { last } = this
    if (!last || isOtherDefault(last.policy, rules.policy) || isOtherDefault(last.guardrail, rules.guardrail)) return () => false
    const tools = new Map<string, boolean>()
    return (sample) => {
      if ('because' in sample) return true
      const { tool } = sample.call
      if (tool === null) return false
      const known =
        tools.get(tool) ?? (hasSameRules(last.policy, rules.policy, tool) && hasSameRules(last.guardrail, rules.guardrail, tool))
      tools.set(tool, known)
      return known
    }
  }

  practise(rules: Ruleset): void {
    for (const sample of this.samples) this.rowOf(sample, rules)
  }

  private rowOf(sample: ReadySample, rules: Ruleset): Row {
    const before = this.beforeOf(sample)
    const after = simulate(rules, sample)
    const decision = after.decision ?? null
    return {
      id: sample.id,
      before: before && briefOf(before),
      after: decision && briefOf(decision),
      change: changeOf(before, decision),
      because: after.because ?? null,
    }
  }

  private beforeOf(sample: ReadySample): Decision | null {
    const known = this.before.get(sample.id)
    if (known !== undefined) return known
    const decision = this.inForce ? (simulate(this.inForce, sample).decision ?? null) : null
    this.before.set(sample.id, decision)
    return decision
  }
}

const isOtherDefault = (one: CompiledPolicy | null, other: CompiledPolicy | null): boolean =>
  one?.byDefault?.outcome !== other?.byDefault?.outcome || one?.byDefault?.reason !== other?.byDefault?.reason

/** Under the tool's own name and under each that it could be taken for. */
function hasSameRules(one: CompiledPolicy | null, other: CompiledPolicy | null, tool: string): boolean {
  if (one === other) return true
  if (!one || !other) return false
  const [before, after] = [one.select.ofTool(tool), other.select.ofTool(tool)]
  const names = [tool, ...after.aliases]
  return (
    isSameList(before.aliases, after.aliases) &&
    names.every((name) => isSameList(one.select.ofTool(name).rules, other.select.ofTool(name).rules))
  )
}

const isSameList = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((item, at) => item === other[at])

function briefOf({ outcome, reason, rule, constraint }: Decision): Brief {
  const name = rule?.document === 'guardrail' ? `guardrail ${rule.id}` : (rule?.id ?? null)
  return { outcome, reason, rule: name, constraint }
}

const isSameBrief = (one: Brief | null, other: Brief | null): boolean =>
  one === other ||
  (one !== null &&
    other !== null &&
    one.outcome === other.outcome &&
    one.reason === other.reason &&
    one.rule === other.rule &&
    one.constraint === other.constraint)

const isSameRow = (one: Row, other: Row): boolean =>
  one.change === other.change &&
  one.because === other.because &&
  isSameBrief(one.after, other.after) &&
  isSameBrief(one.before, other.before)
