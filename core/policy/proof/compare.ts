import { compilePolicy } from '../compile'
import { evaluate, factsNeeded } from '../evaluate'
import type { Decision, FactsNeeded } from '../model'
import { type Question, question } from './generate'
import { type Judged, judge } from './naive'
import { smaller } from './shrink'

/** What the compiled evaluator said, in the naive one's words. */
type Said = Pick<Decision, 'outcome' | 'code' | 'constraint'> & { readonly rule: string | null }

type Disagreement = { readonly seed: number; readonly question: Question; readonly naive: Judged; readonly compiled: Said }

const PER: { readonly [windowMs: number]: string } = { 10000: '10s', 60000: '1m', 3600000: '1h' }

/** Every window the engine asks about gets the count that the question holds for it. */
const counted = ({ rates }: FactsNeeded, { spent }: Question): Map<string, number> => {
  const counts = rates.map(({ key, calls, windowMs }): [string, number | undefined] => [key, spent(calls, PER[windowMs] ?? '')])
  return new Map(counts.flatMap(([key, count]) => (count === undefined ? [] : [[key, count]])))
}

const judgedCompiled = (asked: Question): Said => {
  const rules = { policy: compilePolicy(asked.policy), guardrail: asked.guardrail && compilePolicy(asked.guardrail) }
  const facts = { ...asked.facts, rates: counted(factsNeeded(rules, asked.call), asked) }
  const { outcome, code, rule, constraint } = evaluate(rules, asked.call, facts)
  return { outcome, code, rule: rule && `${rule.document}:${rule.id}`, constraint }
}

const judgedNaively = ({ policy, guardrail, call, facts, spent }: Question): Judged =>
  judge(policy, guardrail, { call, facts: { ...facts, rates: new Map() }, spent })

const same = (naive: Judged, said: Said): boolean =>
  naive.outcome === said.outcome &&
  naive.rule === said.rule &&
  naive.causes.some(({ code, constraint }) => code === said.code && constraint === said.constraint)

const differs = (seed: number, asked: Question): Disagreement | null => {
  const naive = judgedNaively(asked)
  const compiled = judgedCompiled(asked)
  return same(naive, compiled) ? null : { seed, question: asked, naive, compiled }
}

const ifItRuns = <T>(work: () => T, thrown: T): T => {
  try {
    return work()
  } catch {
    return thrown
  }
}

/** The smallest question, by taking things away one at a time, on which the two still disagree. */
function shrink(found: Disagreement): Disagreement {
  for (const asked of smaller(found.question)) {
    const next = ifItRuns(() => differs(found.seed, asked), null)
    if (next) return shrink(next)
  }
  return found
}

/** What a failure prints: the seed, both judgements and the smallest case. */
function describe({ seed, question: { policy, guardrail, call, facts }, naive, compiled }: Disagreement): string {
  const { realpaths, ...rest } = facts
  const shown = { policy, guardrail, call, facts: { ...rest, realpaths: realpaths !== null } }
  const judged = `naive    ${JSON.stringify(naive)}\ncompiled ${JSON.stringify(compiled)}`
  return `seed ${seed}\n${judged}\n${JSON.stringify(shown, null, 1)}`
}

/** Puts the questions of seeds 1 to `seeds` to both: null when they agree on all, else the first they don't, as small as it gets. */
export function firstDisagreement(seeds: number): string | null {
  for (let seed = 1; seed <= seeds; seed++) {
    const found = differs(seed, question(seed))
    if (found) return describe(shrink(found))
  }
  return null
}

/** The first seed of them on which the two disagree, or one of them throws; null when there is none. */
export function firstCaught(seeds: number): number | null {
  for (let seed = 1; seed <= seeds; seed++) if (ifItRuns(() => differs(seed, question(seed)) !== null, true)) return seed
  return null
}
