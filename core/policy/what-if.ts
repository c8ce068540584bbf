import type { Ruleset } from './evaluate'
import { evaluate, explain } from './evaluate'
import type { Decision, Envelope } from './model'
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

/** With all there is to tell: why no other rule selected, and what had to be supposed. For the few samples that somebody looks at. */
export function simulateInFull(rules: Ruleset, sample: ReadySample): Simulated {
  if ('because' in sample) return { because: sample.because }
  const { facts, supposed } = simulatedFacts(rules, sample.call, sample.facts)
  return { decision: explain(rules, sample.call, facts), supposed }
}

/** The same decision, for many samples at every keystroke. */
export function simulate(
  rules: Ruleset,
  sample: ReadySample,
): { readonly decision: Decision; readonly because?: never } | { readonly because: string; readonly decision?: never } {
  if ('because' in sample) return { because: sample.because }
  const { call, facts: known } = sample
  // Without recorded links there is nothing to ask beforehand: links stay unknown, and a rate that nobody counted is unspent.
  const facts = known.realpaths ? simulatedFacts(rules, call, known).facts : { ...known, realpaths: null, rates: new Unspent(known.rates) }
  return { decision: evaluate(rules, call, facts) }
}

class Unspent extends Map<string, number> {
  override get(key: string): number {
    return super.get(key) ?? 0
  }
}
