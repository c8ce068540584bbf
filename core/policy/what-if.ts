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

/** `near` asks every rule why it did not select: for the few samples that somebody looks at. */
export function simulate(rules: Ruleset, sample: ReadySample, near = false): Simulated {
  if ('because' in sample) return { because: sample.because }
  const { facts, supposed } = simulatedFacts(rules, sample.call, sample.facts)
  return { decision: (near ? explain : evaluate)(rules, sample.call, facts), supposed }
}
