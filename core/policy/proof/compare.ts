import type { CompiledPolicy } from '../compile'
import type { PolicyDocument } from '../document'
import type { Ruleset } from '../evaluate'
import type { Argument, Decision, Envelope, Facts, FactsNeeded } from '../model'
import { type Question, question } from './generate'
import { type Judged, judge } from './naive'
import { smaller } from './shrink'

/** The compiled evaluator, as it is or with a mutation planted in it. */
export type Engine = {
  readonly compilePolicy: (document: PolicyDocument) => CompiledPolicy
  readonly evaluate: (rules: Ruleset, call: Envelope, facts: Facts) => Decision
  readonly factsNeeded: (rules: Ruleset, call: Envelope) => FactsNeeded
  readonly InexactNumber: new (literal: string) => Argument
}

/** What the compiled evaluator said, in the naive one's words. */
type Said = Pick<Decision, 'outcome' | 'code' | 'constraint'> & { readonly rule: string | null }

export type Disagreement = { readonly seed: number; readonly question: Question; readonly naive: Judged; readonly compiled: Said }

const PER: { readonly [windowMs: number]: string } = { 10000: '10s', 60000: '1m', 3600000: '1h' }

/** Every window the engine asks about gets the count that the question holds for it. */
const counted = ({ rates }: FactsNeeded, { spent }: Question): Map<string, number> => {
  const counts = rates.map(({ key, calls, windowMs }): [string, number | undefined] => [key, spent(calls, PER[windowMs] ?? '')])
  return new Map(counts.flatMap(([key, count]) => (count === undefined ? [] : [[key, count]])))
}

const judgedBy = (engine: Engine, asked: Question): Said => {
  const compile = (document: PolicyDocument): CompiledPolicy => engine.compilePolicy(document)
  const rules = { policy: compile(asked.policy), guardrail: asked.guardrail && compile(asked.guardrail) }
  const facts = { ...asked.facts, rates: counted(engine.factsNeeded(rules, asked.call), asked) }
  const { outcome, code, rule, constraint } = engine.evaluate(rules, asked.call, facts)
  return { outcome, code, rule: rule && `${rule.document}:${rule.id}`, constraint }
}

const judgedNaively = ({ policy, guardrail, call, facts, spent }: Question): Judged =>
  judge(policy, guardrail, { call, facts: { ...facts, rates: new Map() }, spent })

const same = (naive: Judged, said: Said): boolean =>
  naive.outcome === said.outcome &&
  naive.rule === said.rule &&
  naive.causes.some(({ code, constraint }) => code === said.code && constraint === said.constraint)

const differs = (engine: Engine, seed: number, asked: Question): Disagreement | null => {
  const naive = judgedNaively(asked)
  const compiled = judgedBy(engine, asked)
  return same(naive, compiled) ? null : { seed, question: asked, naive, compiled }
}

/** The seed's question put to both; null when they agree. An engine that throws has disagreed. */
export function disagreement(engine: Engine, seed: number): Disagreement | null {
  return differs(
    engine,
    seed,
    question(seed, (literal) => new engine.InexactNumber(literal)),
  )
}

const stillDiffers = (engine: Engine, seed: number, asked: Question): Disagreement | null => {
  try {
    return differs(engine, seed, asked)
  } catch {
    return null
  }
}

/** The smallest question, by taking things away one at a time, on which the two still disagree. */
export function shrink(engine: Engine, found: Disagreement): Disagreement {
  for (const asked of smaller(found.question)) {
    const next = stillDiffers(engine, found.seed, asked)
    if (next) return shrink(engine, next)
  }
  return found
}

/** What a failure prints: the seed, both judgements and the smallest case. */
export function describe({ seed, question: { policy, guardrail, call, facts }, naive, compiled }: Disagreement): string {
  const { realpaths, ...rest } = facts
  const shown = { policy, guardrail, call, facts: { ...rest, realpaths: realpaths !== null } }
  const judged = `naive    ${JSON.stringify(naive)}\ncompiled ${JSON.stringify(compiled)}`
  return `seed ${seed}\n${judged}\n${JSON.stringify(shown, null, 1)}`
}
