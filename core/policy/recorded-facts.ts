import { z } from 'zod'
import type { Json } from '../json'
import { factsNeeded, type Ruleset } from './evaluate'
import type { Envelope, Facts, FactsNeeded } from './model'

/** What a decision was made from beside the call, as plain JSON: maps are lists of pairs. `realpaths` null: symlinks were not looked at. */
export type RecordedFacts = {
  readonly now: number
  readonly listed: boolean
  readonly session: { readonly calls: number; readonly ageMs: number } | null
  readonly realpaths: readonly (readonly [string, string | null])[] | null
  readonly rates: readonly (readonly [string, number])[]
  readonly pin: { readonly digest: string; readonly inputSchema: Json; readonly annotations: { readonly [key: string]: Json } } | null
}

const count = z.number().min(0)
const schema = z.strictObject({
  now: z.number(),
  listed: z.boolean(),
  session: z.strictObject({ calls: count, ageMs: count }).nullable(),
  realpaths: z.array(z.tuple([z.string(), z.string().nullable()])).nullable(),
  rates: z.array(z.tuple([z.string(), count])),
  pin: z.strictObject({ digest: z.string(), inputSchema: z.json(), annotations: z.record(z.string(), z.json()) }).nullable(),
})

/** Facts from outside; null where they are no such facts. */
export function readFacts(value: unknown): RecordedFacts | null {
  const { data } = schema.safeParse(value)
  return data ?? null
}

export const recordedFacts = ({ now, listed, session, realpaths, rates, pin }: Facts): RecordedFacts => ({
  now,
  listed,
  session,
  realpaths: realpaths && [...realpaths],
  rates: [...rates],
  pin,
})

/** Facts for a simulation, and what of them had to be supposed, each a clause for people. */
export type Supposed = { readonly facts: Facts; readonly supposed: readonly string[] }

/** What is known of a call that was never made: when it would be, and the definition of its tool. */
export const unrecorded = (nowMs: number, pin: RecordedFacts['pin']): RecordedFacts => ({
  now: nowMs,
  listed: pin !== null,
  session: null,
  realpaths: null,
  rates: [],
  pin,
})

/**
 * The facts that a policy asks for, from those that are known. Recorded facts hold what the policy of that day asked; where this one
 * asks for more, paths are taken as they are written and rates as unspent.
 */
export function simulatedFacts(rules: Ruleset, call: Envelope, known: RecordedFacts): Supposed {
  const needed = neededBy(rules, call)
  const real = known.realpaths && new Map(known.realpaths)
  const rates = new Map(known.rates)
  const followed = real !== null && needed.paths.every((path) => real.has(path))
  const unspent = needed.rates.filter(({ key }) => !rates.has(key))
  const supposed = [
    ...(needed.paths.length > 0 && !followed ? ['symlinks are not checked here'] : []),
    ...(unspent.length > 0 ? ['its rate is taken as unspent'] : []),
  ]
  for (const { key } of unspent) rates.set(key, 0)
  const { now, listed, session, pin } = known
  return { facts: { now, listed, session, pin, realpaths: followed || needed.paths.length === 0 ? real : null, rates }, supposed }
}

/** What asks for facts may throw on a hostile call; `evaluate` then denies it by itself. */
function neededBy(rules: Ruleset, call: Envelope): FactsNeeded {
  try {
    return factsNeeded(rules, call)
  } catch (error) {
    if (error instanceof Error) return { paths: [], rates: [] }
    throw error
  }
}
