import 'server-only'
import { z } from 'zod'
import { type RecordedFacts, readFacts } from '../../core/policy/recorded-facts'

const text = z.string().max(1_024)
const outcome = z.enum(['allow', 'deny', 'escalate'])
const facts = z.custom<RecordedFacts>((value) => readFacts(value) !== null)

/** A call as the simulation has it (core/policy/sample.ts). */
export const sampleInput = z.strictObject({
  id: text,
  from: z.enum(['library', 'saved', 'recorded', 'written']),
  name: z.string().max(10_000),
  method: text,
  tool: z.string().max(2_048).nullable(),
  server: text,
  principal: z.strictObject({ id: text, assurance: z.enum(['asserted', 'authenticated']) }),
  session: text.nullable(),
  args: z.string().max(65_536).nullable(),
  facts: facts.nullable(),
  recorded: z.strictObject({ at: text, outcome, rule: text.nullable() }).optional(),
})
