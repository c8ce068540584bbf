import type { CompiledPolicy } from './compile'
import type { CompiledRule } from './compile-rule'
import type { Ruleset } from './evaluate'
import { isSureEnough } from './evaluate-judge'
import type { Envelope, Outcome, Principal, RuleRef } from './model'

/**
 * What one principal can do with one tool of one server, over all arguments, times and sessions. `allow`: every call runs. `bounded`:
 * some calls run, and what runs depends on the call. `person`: none runs unless a person says so. `never`: none runs.
 */
export type Reach = {
  readonly verdict: 'allow' | 'bounded' | 'person' | 'never'
  /** The rules that may decide, in the order in which they are asked; a guardrail's among them. */
  readonly steps: readonly Step[]
  /** Where no rule need decide: the policy's default. */
  readonly byDefault: Outcome | null
}

/** `conditional`: it decides only calls for which its condition holds, or can't be told. */
export type Step = { readonly rule: RuleRef; readonly action: Outcome; readonly conditional: boolean; readonly bounded: boolean }

export type Subject = { readonly tool: string; readonly server: string; readonly principal: Principal }

/** Sound: no call of the tool ever has an outcome that the verdict rules out. Not always sharp: conditions may exclude each other. */
export function reachOf(rules: Ruleset, subject: Subject): Reach {
  const call: Envelope = { ...subject, method: 'tools/call', session: null, args: {} }
  const own = walksOf(rules.policy, call)
  const over = rules.guardrail ? walksOf(rules.guardrail, call) : []
  const all = [...over, ...own]
  const verdict = verdictOf(all.map(({ outcomes }) => outcomes).reduce(strictest, new Set<Outcome>(['allow'])))
  return { verdict, steps: all.flatMap(({ steps }) => steps), byDefault: own.find((walk) => walk.byDefault)?.byDefault ?? null }
}

type Walk = { readonly outcomes: ReadonlySet<Outcome>; readonly steps: readonly Step[]; readonly byDefault: Outcome | null }

/** One under the tool's own name, and one under each name of the policy that it could be taken for. */
function walksOf(policy: CompiledPolicy, call: Envelope): readonly Walk[] {
  const { aliases } = policy.select.ofTool(call.tool ?? '')
  return [call.tool ?? '', ...aliases].map((tool) => walk(policy, { ...call, tool }))
}

function walk(policy: CompiledPolicy, call: Envelope): Walk {
  const outcomes = new Set<Outcome>()
  const steps: Step[] = []
  for (const rule of policy.select.ofTool(call.tool ?? '').rules.filter((one) => isMeantFor(one, call))) {
    const bounded = rule.constraints.length > 0
    steps.push({ rule: rule.ref, action: rule.action, conditional: rule.when !== null, bounded })
    for (const outcome of endsOf(rule, bounded)) outcomes.add(outcome)
    if (rule.when === null) return { outcomes, steps, byDefault: null }
  }
  return { outcomes: new Set([...outcomes, ...defaultEnds(policy, steps)]), steps, byDefault: policy.byDefault?.outcome ?? null }
}

/** A hold is refused for arguments that nobody can read exactly, as a bound is. */
function endsOf({ action, softens }: CompiledRule, bounded: boolean): readonly Outcome[] {
  if (action === 'deny') return ['deny']
  if (action === 'escalate') return ['escalate', 'deny']
  return bounded ? ['allow', 'deny', ...(softens ? (['escalate'] as const) : [])] : ['allow']
}

/** No opinion leaves a call as it is. Whatever is unknown on the way lowers an allow to a deny. */
function defaultEnds({ byDefault }: CompiledPolicy, steps: readonly Step[]): readonly Outcome[] {
  if (byDefault === null) return ['allow']
  if (byDefault.outcome === 'escalate') return ['escalate', 'deny']
  return byDefault.outcome === 'allow' && steps.length > 0 ? ['allow', 'deny'] : [byDefault.outcome]
}

const isMeantFor = (rule: CompiledRule, call: Envelope): boolean =>
  (rule.servers === null || rule.servers(call.server)) &&
  (rule.principals === null || (isSureEnough(rule, call) && rule.principals(call.principal.id)))

const SEVERITY: { readonly [outcome in Outcome]: number } = { allow: 0, escalate: 1, deny: 2 }

/** Every pair of what two documents may say, the stricter of the two. */
function strictest(one: ReadonlySet<Outcome>, other: ReadonlySet<Outcome>): ReadonlySet<Outcome> {
  const pairs = [...one].flatMap((first) => [...other].map((second) => (SEVERITY[first] >= SEVERITY[second] ? first : second)))
  return new Set(pairs)
}

function verdictOf(outcomes: ReadonlySet<Outcome>): Reach['verdict'] {
  if (outcomes.has('allow')) return outcomes.size === 1 ? 'allow' : 'bounded'
  return outcomes.has('escalate') ? 'person' : 'never'
}
