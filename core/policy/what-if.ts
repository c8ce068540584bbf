import type { Ruleset } from './evaluate'
import { evaluate, explain } from './evaluate'
import type { Decision, Envelope, Outcome } from './model'
import { type RecordedFacts, simulatedFacts, unrecorded } from './recorded-facts'
import { readSample, type Sample, type ServerKnown } from './sample'

/** What is known of the world beside the calls. */
export type Known = { readonly nowMs: number; readonly servers: readonly ServerKnown[] }

/** What a policy would decide of one sample. `because` where the call can't even be read; the gateway would refuse it. */
export type Simulated =
  | { readonly decision: Decision; readonly supposed: readonly string[]; readonly because?: never }
  | { readonly because: string; readonly decision?: never; readonly supposed?: never }

/** A sample read once, to be judged many times. */
export type ReadySample =
  | { readonly id: string; readonly call: Envelope; readonly facts: RecordedFacts }
  | { readonly id: string; readonly because: string }

export function readySample(sample: Sample, { nowMs, servers }: Known): ReadySample {
  const { id } = sample
  const reading = readSample(sample)
  if ('because' in reading) return { id, because: reading.because }
  const tool = servers.find(({ name }) => name === sample.server)?.tools.find(({ name }) => name === sample.tool)
  const pin = tool ? { digest: tool.digest, inputSchema: tool.inputSchema, annotations: tool.annotations } : null
  return { id, call: reading.envelope, facts: sample.facts ?? unrecorded(nowMs, pin) }
}

/** `near` asks every rule why it did not select: for the few samples that somebody looks at. */
export function simulate(rules: Ruleset, sample: ReadySample, near = false): Simulated {
  if ('because' in sample) return { because: sample.because }
  const { facts, supposed } = simulatedFacts(rules, sample.call, sample.facts)
  return { decision: (near ? explain : evaluate)(rules, sample.call, facts), supposed }
}

/** `outcome`: another end. `why`: the same end by another rule, bound or kind of reason. */
export type Change = 'none' | 'why' | 'outcome'

export function changeOf(before: Decision | null, after: Decision | null): Change {
  if (!before || !after) return 'none'
  if (before.outcome !== after.outcome) return 'outcome'
  return before.rule?.id === after.rule?.id && before.constraint === after.constraint && before.code === after.code ? 'none' : 'why'
}

/** How outcomes are called on a page: a call that waits for a person is held. */
export const OUTCOME_WORDS: { readonly [outcome in Outcome]: string } = { allow: 'allow', deny: 'deny', escalate: 'held' }

type Pair = { readonly before: Outcome; readonly after: Outcome }

/** `3 of 40 would change: 2 allow → deny, 1 allow → held`; the most frequent first. */
export function summaryOf(changes: readonly Pair[], total: number): string {
  if (changes.length === 0) return `None of ${total} would change`
  const counts = new Map<string, number>()
  for (const { before, after } of changes) {
    const step = `${OUTCOME_WORDS[before]} → ${OUTCOME_WORDS[after]}`
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  const steps = [...counts].sort(([, one], [, other]) => other - one).map(([step, count]) => `${count} ${step}`)
  return `${changes.length} of ${total} would change: ${steps.join(', ')}`
}
