import type { Json } from '../json'
import { readWrittenCall } from '../mcp/written-call'
import type { Envelope, Outcome, Principal } from './model'
import type { RecordedFacts } from './recorded-facts'

/**
 * A call that a simulation puts to a policy. `args` is the JSON text of the arguments as it came, so that no number is rounded on the
 * way; null where the clear text is not kept, or not shown to whoever looks. Every string in it may be hostile.
 */
export type Sample = {
  readonly id: string
  readonly from: 'library' | 'saved' | 'recorded' | 'written'
  readonly name: string
  readonly method: string
  readonly tool: string | null
  readonly server: string
  readonly principal: Principal
  readonly session: string | null
  readonly args: string | null
  readonly facts: RecordedFacts | null
  /** Of a recorded call: when it was made, and what was decided then. */
  readonly recorded?: { readonly at: string; readonly outcome: Outcome; readonly rule: string | null }
}

/** An accepted definition of a tool, as far as an editor wants to know it. */
export type ToolKnown = {
  readonly name: string
  readonly digest: string
  readonly description: string
  readonly inputSchema: Json
  readonly annotations: { readonly [key: string]: Json }
}

export type ServerKnown = { readonly name: string; readonly tools: readonly ToolKnown[] }

/** Names of arguments that recorded calls of a tool carried. */
export type ArgumentsSeen = { readonly server: string; readonly tool: string; readonly arguments: readonly string[] }

export type SampleReading = { readonly envelope: Envelope } | { readonly because: string }

/** The call of a sample, through the gateway's own scanner: what it would refuse is refused here, in its words. */
export function readSample(sample: Sample): SampleReading {
  if (sample.args === null) return { because: 'its arguments are not shown here, so it can’t be judged' }
  const reading = readWrittenCall({ method: sample.method, tool: sample.tool, args: sample.args })
  if ('because' in reading) return reading
  const { server, principal, session } = sample
  const { method, tool, args } = reading.call
  return { envelope: { method, tool, server, principal, session, args } }
}
