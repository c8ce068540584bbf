import type { HoldState } from '../core/approval/states'
import { asksMore } from '../core/approval/stricter'
import type { EntryRef } from '../core/audit/entry'
import { AppError } from '../core/errors'
import { evaluate, factsNeeded } from '../core/policy/evaluate'
import { type Decision, type Facts, type FactsNeeded, noFacts, type RateNeed, type ReasonCode } from '../core/policy/model'
import type { Authorization, Call, Judgement } from './call'
import type { Claim, HeldCall } from './held-call'
import type { People, Withdrawal } from './people'
import type { PinLook } from './pins'
import type { InForce, PolicyState } from './policy-source'
import type { Rates } from './rates'
import { resolveRealpaths, stillResolves } from './realpaths'
import { overBecause } from './refusal'
import type { Waited } from './waiting'

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
  readonly people: People
  /** A bug, for the operator's eyes. */
  report(error: unknown): void
}

/** Who asks: until `signal` aborts. `waits` is called with the hold each time the call begins to wait; what it returns, when that is over. */
export type Asker = { readonly signal: AbortSignal; readonly waits?: (held: HeldCall) => (waited: Waited) => void }

/**
 * The one way to an effect: evaluate, hold, record, re-check. A gateway that can't write its log forwards nothing. A call that is held
 * already goes on under its hold; `running` is the claim that a continuation of an approved call belongs to.
 */
export async function authorize(ports: Ports, call: Call, asker: Asker, running: Claim | null = null): Promise<Authorization> {
  const held = running === null ? ports.people.find(call) : null
  const judging = judge(ports, call, running?.held.facts ?? held?.facts)
  const judgement = judging instanceof Promise ? await judging : judging
  try {
    switch (judgement.decision.outcome) {
      case 'allow':
        return await (running ? goOn(ports, call, judgement, running) : allowed(ports, call, judgement, held, asker.signal))
      case 'escalate':
        return await (running ? goOn(ports, call, judgement, running) : escalated(ports, call, judgement, held, asker))
      case 'deny':
        ports.recordLater(call, judgement)
        if (held !== null) await withdrawDenied(ports, held, judgement)
        return refused(judgement)
    }
  } catch (error) {
    const decision = failureOf(ports, error)
    ports.count(decision.code, call.sizeBytes)
    return refused({ ...judgement, decision })
  }
}

const refused = (judgement: Judgement): Authorization => ({ granted: false, judgement, held: null, outcome: null })

async function grant(ports: Ports, call: Call, judgement: Judgement, signal: AbortSignal): Promise<Authorization> {
  return letGo(ports, call, judgement, await ports.record(call, judgement), signal)
}

/** The decision stands in the log: what is left is that somebody still wants it, and that the world is still the one it was taken in. */
async function letGo(ports: Ports, call: Call, judgement: Judgement, entry: EntryRef, signal: AbortSignal): Promise<Authorization> {
  if (signal.aborted) {
    ports.end(call, entry, 'cancelled', null)
    return refused({ ...judgement, decision: CANCELLED })
  }
  const checking = recheck(ports, call, judgement)
  const changed = checking instanceof Promise ? await checking : checking
  if (changed === null) return { granted: true, judgement, entry, claim: null }
  ports.end(call, entry, 'revoked', changed.code)
  return refused({ ...judgement, decision: changed })
}

/** A policy that lets a held call through by now needs nobody's approval. */
const allowed = (ports: Ports, call: Call, judgement: Judgement, held: HeldCall | null, signal: AbortSignal): Promise<Authorization> =>
  held === null
    ? grant(ports, call, judgement, signal)
    : withdrawIdle(ports, held, 'policy_changed').then(() => grant(ports, call, judgement, signal))

const escalated = (ports: Ports, call: Call, judgement: Judgement, held: HeldCall | null, asker: Asker): Promise<Authorization> =>
  held === null ? askPeople(ports, call, judgement, asker) : waitFor(ports, call, judgement, held, asker)

async function askPeople(ports: Ports, call: Call, judgement: Judgement, asker: Asker): Promise<Authorization> {
  const asked = await ports.people.ask(call, judgement)
  if (asked === null) return refused(judgement)
  if (asked.is === 'held') return waitFor(ports, call, judgement, asked.held, asker)
  if (asked.is === 'granted') return letGo(ports, call, asked.judgement, asked.entry, asker.signal)
  const unasked = { ...judgement, decision: asked.decision }
  ports.recordLater(call, unasked)
  return refused(unasked)
}

async function waitFor(ports: Ports, call: Call, judgement: Judgement, held: HeldCall, asker: Asker): Promise<Authorization> {
  const stopped = asker.waits?.(held)
  const waited = await ports.people.wait(held, call, asker.signal)
  stopped?.(waited)
  switch (waited.is) {
    case 'approved':
      return claim(ports, call, judgement, held, asker)
    case 'settled':
      return { granted: false, judgement, held: null, outcome: waited.outcome }
    case 'late':
      return { granted: false, judgement, held, outcome: null }
    case 'ended':
      return refused({ ...judgement, decision: over(waited.state, waited.because) })
    case 'left':
      if (waited.why === 'cancelled' || waited.why === 'upstream_ended') await withdrawIdle(ports, held, waited.why)
      return refused({ ...judgement, decision: CANCELLED })
  }
}

/** Another live call may wait for the same hold: it goes on. */
async function withdrawIdle({ people }: Ports, held: HeldCall, because: Withdrawal): Promise<void> {
  if (held.waiters.size === 0 && held.phase === 'waiting') await people.withdraw(held, because)
}

/** A policy that was just published takes a moment to arrive. */
const CLAIM_ATTEMPTS = 50

/** What the policy denies by now people need not be asked about, nor does their yes outlive it. */
async function withdrawDenied(ports: Ports, held: HeldCall, judgement: Judgement): Promise<void> {
  const because = isPassing(judgement.decision) ? null : whyNotNow(judgement, held)
  if (because !== null) await withdrawIdle(ports, held, because)
}

/** People said yes: to a call as it was then. Whether it may run is asked of the policy in force and the world as they are now. */
async function claim(ports: Ports, call: Call, before: Judgement, held: HeldCall, asker: Asker): Promise<Authorization> {
  try {
    for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
      const judgement = await judge(ports, call, held.facts)
      if (isPassing(judgement.decision)) return refused(judgement)
      const because = whyNotNow(judgement, held)
      if (because !== null) return await withdraw(ports, call, { judgement, because }, held, asker)
      const claimed = await ports.people.claim(held, judgement)
      if (claimed.is === 'claimed') return await letGoClaimed(ports, call, judgement, claimed.claim, asker.signal)
      if (claimed.is === 'lost') return refused({ ...before, decision: over(claimed.state, claimed.because) })
      await ports.people.catchUp()
    }
    return refused({ ...before, decision: denied('policy_stale', 'the policy that was published last has not arrived here') })
  } finally {
    ports.people.release(held)
  }
}

async function letGoClaimed(ports: Ports, call: Call, judgement: Judgement, claimed: Claim, signal: AbortSignal): Promise<Authorization> {
  const changed = signal.aborted ? CANCELLED : await recheck(ports, call, judgement)
  if (changed === null) return { granted: true, judgement, entry: claimed.held.entry, claim: claimed }
  ports.people.drop(claimed, signal.aborted ? 'cancelled' : 'revoked', changed.code)
  return refused({ ...judgement, decision: changed })
}

type Change = { readonly judgement: Judgement; readonly because: Withdrawal }

/** What was approved is not what would run: a rule that asks for more is asked anew, for whoever still waits. */
async function withdraw(ports: Ports, call: Call, { judgement, because }: Change, held: HeldCall, asker: Asker): Promise<Authorization> {
  await ports.people.withdraw(held, because)
  if (judgement.decision.outcome === 'escalate') return askPeople(ports, ports.people.anew(call), judgement, asker)
  return refused(judgement.decision.outcome === 'deny' ? judgement : { ...judgement, decision: over('revoked', because) })
}

/** A continuation of a call that was approved and is under way: the same call, so the same right. */
async function goOn(ports: Ports, call: Call, judgement: Judgement, running: Claim): Promise<Authorization> {
  const because = whyNotNow(judgement, running.held)
  if (because === null) await ports.people.resume(running, call)
  const changed = because === null ? await recheck(ports, call, judgement) : over('revoked', because)
  if (changed !== null) return refused({ ...judgement, decision: changed })
  return { granted: true, judgement, entry: running.held.entry, claim: running }
}

/** Refusals that say nothing of the call: the hold outlives them. */
const PASSING: ReadonlySet<ReasonCode> = new Set(['no_policy', 'policy_stale', 'store_unavailable', 'engine_error', 'rate_limited'])
const isPassing = ({ outcome, code }: Decision): boolean => outcome === 'deny' && PASSING.has(code)

function whyNotNow({ decision, pin, facts }: Judgement, held: HeldCall): Withdrawal | null {
  if (decision.code === 'definition_changed' || pin !== held.terms.pin) return 'definition_changed'
  if (decision.outcome === 'deny') return 'policy_changed'
  if (decision.outcome === 'escalate' && asksMore(decision.approvals, held.decision.approvals)) return 'policy_changed'
  const leadsElsewhere = [...(held.facts.realpaths ?? [])].some(
    ([path, real]) => facts.realpaths?.has(path) && facts.realpaths.get(path) !== real,
  )
  return leadsElsewhere ? 'path_changed' : null
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
function judge(ports: Ports, call: Call, before?: Facts): Judgement | Promise<Judgement> {
  const state = ports.policy()
  if (state.is === 'refused') return withoutPolicy(denied(state.code, state.because))
  try {
    const pin = ports.pin(call)
    if (pin.is === 'changed') return { ...withoutPolicy(denied('definition_changed', pin.because)), policy: state.policy, pin: pin.digest }
    const needed = factsNeeded(state.policy.rules, call.envelope)
    if (needed.paths.length > 0) return judgeResolved(ports, call, state.policy, pin, needed, before)
    return decide(ports, call, state.policy, pin, { realpaths: noPaths, rates: needed.rates, before })
  } catch (error) {
    return failedUnder(ports, state.policy, error)
  }
}

async function judgeResolved(
  ports: Ports,
  call: Call,
  policy: InForce,
  pin: Known,
  { paths, rates }: FactsNeeded,
  before: Facts | undefined,
): Promise<Judgement> {
  try {
    return decide(ports, call, policy, pin, { realpaths: await resolveRealpaths(paths), rates, before })
  } catch (error) {
    return failedUnder(ports, policy, error)
  }
}

const failedUnder = (ports: Ports, policy: InForce, error: unknown): Judgement => ({ ...withoutPolicy(failureOf(ports, error)), policy })

type Realpaths = ReadonlyMap<string, string | null>
const noPaths: Realpaths = new Map()
const noRates: ReadonlyMap<string, number> = new Map()

/** `before`: what an earlier decision about the same call was taken on. It spent its rates then. */
type Gathered = { readonly realpaths: Realpaths; readonly rates: readonly RateNeed[]; readonly before: Facts | undefined }
type Known = Exclude<PinLook, { is: 'changed' }>

/** Waits for nothing: between counting a rate and spending it no other call may come in. */
function decide(ports: Ports, call: Call, policy: InForce, pin: Known, { realpaths, rates, before }: Gathered): Judgement {
  const monotonicMs = ports.clock.monotonicMs()
  const facts: Facts = {
    now: ports.clock.nowMs(),
    realpaths: ports.sharesFileSystem ? realpaths : null,
    pin: pin.pin,
    listed: pin.listed,
    session: ports.session(),
    rates: rates.length === 0 ? noRates : counted(ports.rates.count(rates, monotonicMs), before),
  }
  const decision = evaluate(policy.rules, call.envelope, facts)
  if (decision.outcome !== 'deny')
    ports.rates.spend(before ? decision.spends.filter(({ key }) => !before.rates.has(key)) : decision.spends, monotonicMs)
  return { decision, policy, facts, pin: facts.pin?.digest ?? null }
}

const counted = (now: ReadonlyMap<string, number>, before: Facts | undefined): ReadonlyMap<string, number> =>
  before ? new Map([...now].map(([key, calls]) => [key, before.rates.get(key) ?? calls])) : now

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

const CANCELLED = denied('recheck_failed', 'the call was cancelled')

const over = (state: HoldState, because: string | null): Decision => {
  const { code, reason } = overBecause(state, because)
  return denied(code, reason)
}

/** A bug is a deny too: the operator hears of it, the agent does not. */
function failureOf(ports: Ports, error: unknown): Decision {
  if (error instanceof AppError && error.fault === 'unavailable') return denied('store_unavailable', error.message.replace(/\.$/, ''))
  ports.report(error)
  return denied('engine_error', 'the gateway failed while judging the call')
}
