import type { Ruleset } from '../../core/policy/evaluate'
import type { Decision, Outcome, RuleRef } from '../../core/policy/model'
import { type ReadySample, simulate } from '../../core/policy/what-if'
import { type Change, changeOf } from '../../core/policy/what-if-words'

/** A decision as a list shows it. `line` is null for a rule that stands in another text: a guardrail's, or the version in force. */
export type Brief = {
  readonly outcome: Outcome
  readonly reason: string
  readonly rule: string | null
  readonly constraint: string | null
  readonly line: number | null
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

  constructor(
    private readonly inForce: Ruleset | null,
    /** Whose rules stand in the text being written. */
    private readonly own: RuleRef['document'],
  ) {}

  put(samples: readonly ReadySample[]): void {
    this.samples = samples
    this.before = new Map()
    this.told = new Map()
  }

  find(id: string): ReadySample | undefined {
    return this.samples.find((sample) => sample.id === id)
  }

  run(rules: Ruleset): readonly Row[] {
    return this.samples.flatMap((sample) => {
      const row = this.rowOf(sample, rules)
      const last = this.told.get(sample.id)
      if (last && isSameRow(last, row)) return []
      this.told.set(sample.id, row)
      return [row]
    })
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
      before: before && briefOf(before, null),
      after: decision && briefOf(decision, this.own),
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

function briefOf({ outcome, reason, rule, constraint }: Decision, own: RuleRef['document'] | null): Brief {
  const isOwn = rule?.document === own
  const name = rule?.document === 'guardrail' ? `guardrail ${rule.id}` : (rule?.id ?? null)
  return { outcome, reason, rule: name, constraint, line: isOwn ? (rule.place?.line ?? null) : null }
}

const isSameBrief = (one: Brief | null, other: Brief | null): boolean =>
  one === other ||
  (one !== null &&
    other !== null &&
    one.outcome === other.outcome &&
    one.reason === other.reason &&
    one.rule === other.rule &&
    one.constraint === other.constraint &&
    one.line === other.line)

const isSameRow = (one: Row, other: Row): boolean =>
  one.change === other.change &&
  one.because === other.because &&
  isSameBrief(one.after, other.after) &&
  isSameBrief(one.before, other.before)
