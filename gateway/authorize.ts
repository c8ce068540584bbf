import type { EntryRef } from '../core/audit/entry'
import { AppError } from '../core/errors'
import { evaluate, factsNeeded } from '../core/policy/evaluate'
import { type Decision, type Facts, type FactsNeeded, noFacts, type RateNeed, type ReasonCode } from '../core/policy/model'
import type { Authorization, Call, HoldNotice, Judgement } from './call'
import type { PinLook } from './pins'
import type { InForce, PolicyState } from './policy-source'
import type { Rates } from './rates'
import { resolveRealpaths, stillResolves } from './realpaths'

/** What authorize needs from the world. Everything may fail; every failure is a refusal. */
export type Ports = {
  policy(): PolicyState
  pin(call: Call): PinLook
  readonly rates: Rates
  /** Whether the upstream sees the same files as this process: a stdio child does. */
  readonly sharesFileSystem: boolean
  readonly clock: { nowMs(): number; monotonicMs(): number }
  session(): Facts['session']
  /** Resolves when the decision is durable; rejects with AppError('unavailable') when it can't be. */
  record(call: Call, judgement: Judgement): Promise<EntryRef>
  /** A refusal may be answered before its record commits. */
  recordLater(call: Call, judgement: Judgement): void
  /** A refusal that can have no record of its own: the store is away, or a lost commit may already hold a decision of this call. */
  count(code: ReasonCode, sizeBytes: number): void
  /** The granted call ends without being forwarded. */
  end(call: Call, decision: EntryRef, status: 'cancelled' | 'revoked' | 'expired', code: string | null): void
  /** Null where nothing waits: a proposal is only told that it would. */
  openHold(call: Call, judgement: Judgement): Promise<HoldNotice | null>
  /** A bug, for the operator's eyes. */
  report(error: unknown): void
}

/** The one way to an effect: evaluate, hold, record, re-check. A gateway that can't write its log forwards nothing. */
export async function authorize(ports: Ports, call: Call, signal: AbortSignal): Promise<Authorization> {
  const judging = judge(ports, call)
  const judgement = judging instanceof Promise ? await judging : judging
  try {
    switch (judgement.decision.outcome) {
      case 'allow':
        return await grant(ports, call, judgement, signal)
      case 'escalate':
        return { granted: false, judgement, hold: await ports.openHold(call, judgement) }
      case 'deny':
        ports.recordLater(call, judgement)
        return { granted: false, judgement, hold: null }
    }
  } catch (error) {
    const decision = failureOf(ports, error)
    ports.count(decision.code, call.sizeBytes)
    return { granted: false, judgement: { ...judgement, decision }, hold: null }
  }
}

async function grant(ports: Ports, call: Call, judgement: Judgement, signal: AbortSignal): Promise<Authorization> {
  const entry = await ports.record(call, judgement)
  if (signal.aborted) {
    ports.end(call, entry, 'cancelled', null)
    return { granted: false, judgement: { ...judgement, decision: denied('recheck_failed', 'the call was cancelled') }, hold: null }
  }
  const checking = recheck(ports, call, judgement)
  const changed = checking instanceof Promise ? await checking : checking
  if (changed === null) return { granted: true, judgement, entry }
  ports.end(call, entry, 'revoked', changed.code)
  return { granted: false, judgement: { ...judgement, decision: changed }, hold: null }
}

/** The world as it is just before forwarding: the same files behind the same paths, a policy and a definition still good. */
function recheck(ports: Ports, call: Call, { facts }: Judgement): Decision | null | Promise<Decision | null> {
  const policy = ports.policy()
  if (policy.is === 'refused') return denied(policy.code, policy.because)
  const pin = ports.pin(call)
  if (pin.is === 'changed') return denied('definition_changed', pin.because)
  return facts.realpaths === null || facts.realpaths.size === 0 ? null : recheckPaths(facts.realpaths)
}

const recheckPaths = async (realpaths: Realpaths): Promise<Decision | null> =>
  (await stillResolves(realpaths))
    ? null
    : denied('recheck_failed', 'a path of the call came to lead elsewhere while the decision was recorded')

/** Waits only where paths must be resolved: what needs nothing from outside is judged in the turn it came in. */
function judge(ports: Ports, call: Call): Judgement | Promise<Judgement> {
  const state = ports.policy()
  if (state.is === 'refused') return withoutPolicy(denied(state.code, state.because))
  try {
    const pin = ports.pin(call)
    if (pin.is === 'changed') return { ...withoutPolicy(denied('definition_changed', pin.because)), policy: state.policy, pin: pin.digest }
    const needed = factsNeeded(state.policy.rules, call.envelope)
    if (needed.paths.length > 0) return judgeResolved(ports, call, state.policy, pin, needed)
    return decide(ports, call, state.policy, pin, { realpaths: noPaths, rates: needed.rates })
  } catch (error) {
    return failedUnder(ports, state.policy, error)
  }
}

async function judgeResolved(ports: Ports, call: Call, policy: InForce, pin: Known, { paths, rates }: FactsNeeded): Promise<Judgement> {
  try {
    return decide(ports, call, policy, pin, { realpaths: await resolveRealpaths(paths), rates })
  } catch (error) {
    return failedUnder(ports, policy, error)
  }
}

const failedUnder = (ports: Ports, policy: InForce, error: unknown): Judgement => ({ ...withoutPolicy(failureOf(ports, error)), policy })

type Realpaths = ReadonlyMap<string, string | null>
const noPaths: Realpaths = new Map()
const noRates: ReadonlyMap<string, number> = new Map()

type Gathered = { readonly realpaths: Realpaths; readonly rates: readonly RateNeed[] }
type Known = Exclude<PinLook, { is: 'changed' }>

/** Waits for nothing: between counting a rate and spending it no other call may come in. */
function decide(ports: Ports, call: Call, policy: InForce, pin: Known, { realpaths, rates }: Gathered): Judgement {
  const monotonicMs = ports.clock.monotonicMs()
  const facts: Facts = {
    now: ports.clock.nowMs(),
    realpaths: ports.sharesFileSystem ? realpaths : null,
    pin: pin.pin,
    listed: pin.listed,
    session: ports.session(),
    rates: rates.length === 0 ? noRates : ports.rates.count(rates, monotonicMs),
  }
  const decision = evaluate(policy.rules, call.envelope, facts)
  if (decision.outcome !== 'deny') ports.rates.spend(decision.spends, monotonicMs)
  return { decision, policy, facts, pin: facts.pin?.digest ?? null }
}

/** A judgement that no policy was asked for. */
export const withoutPolicy = (decision: Decision): Judgement => ({ decision, policy: null, facts: noFacts, pin: null })

/** A refusal that no rule spoke. `because` is one clause without a full stop. */
export const denied = (code: ReasonCode, because: string): Decision => ({
  outcome: 'deny',
  code,
  reason: because,
  reasonQuotesArguments: false,
  rule: null,
  constraint: null,
  approvals: [],
  near: [],
  spends: [],
})

/** A bug is a deny too: the operator hears of it, the agent does not. */
function failureOf(ports: Ports, error: unknown): Decision {
  if (error instanceof AppError && error.fault === 'unavailable') return denied('store_unavailable', error.message.replace(/\.$/, ''))
  ports.report(error)
  return denied('engine_error', 'the gateway failed while judging the call')
}
