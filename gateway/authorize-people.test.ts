import { expect, test } from 'vitest'
import { AppError } from '../core/errors'
import { compilePolicy } from '../core/policy/compile'
import type { Rule } from '../core/policy/document'
import { authorize, type Ports } from './authorize'
import type { Call } from './call'
import { HeldCall, type Terms } from './held-call'
import type { Claimed, People } from './people'
import { nobody } from './people-harness'
import type { InForce } from './policy-source'
import { makeRates } from './rates'
import type { Waited } from './waiting'

const inForce = (rules: readonly Rule[]): InForce => ({
  rules: { policy: compilePolicy({ kind: 'policy', version: '1', default: 'deny', rules }), guardrail: null },
  name: 'default',
  version: 1,
  digest: 'd'.repeat(64),
  guardrail: null,
  epoch: 1,
  signature: '',
})
const rate = { rateLimit: { calls: 1, per: '1m', by: 'rule' as const } }
const ASKS = inForce([{ tool: ['ask'], action: 'escalate', constraints: rate }])
const ASKS_TWO = inForce([{ tool: ['ask'], action: 'escalate', constraints: rate, approval: { quorum: 2 } }])
const ALLOWS = inForce([{ tool: ['ask'], action: 'allow' }])
const DENIES = inForce([{ tool: ['ask'], action: 'deny' }])

const call: Call = {
  id: 'c'.repeat(32),
  leg: 1,
  envelope: { method: 'tools/call', tool: 'ask', server: 's', principal: { id: 'p', assurance: 'asserted' }, session: null, args: {} },
  argumentBytes: new Uint8Array(),
  paramBytes: new Uint8Array(),
  sizeBytes: 0,
  proposal: null,
  arrivedMs: 0,
}

type World = {
  readonly waited?: readonly Waited[]
  readonly claimed?: readonly Claimed['is'][]
  /** The policies in force, one look after the other; the last one stays. */
  readonly policies?: readonly InForce[]
  readonly pins?: readonly (string | null)[]
  readonly onClaim?: () => void
}

/** People who say what they are told to say; every step leaves its name. */
function worldOf({ waited = [{ is: 'approved' }], claimed = ['claimed'], policies = [ASKS], pins = [null], onClaim }: World) {
  const steps: string[] = []
  const next = <T>(list: readonly T[], at: number): T => list[Math.min(at, list.length - 1)] as T
  let [looks, waits, claims, pinLooks] = [0, 0, 0, 0]
  const people: People = {
    ...nobody,
    ask: async (asked, { facts, decision, pin }) => {
      steps.push(`hold ${asked.id === call.id ? 'this' : 'anew'}`)
      const terms = { likeness: 'l', tool: 'ask', call: asked.id, pin } as Terms
      const notice = { id: 'H-1', decideBy: '', url: null }
      return { is: 'held', held: new HeldCall(notice, terms, { writer: 'w', seq: 1 }, facts, decision, 1, 2) }
    },
    anew: (old) => ({ ...old, id: 'd'.repeat(32) }),
    wait: async () => next(waited, waits++),
    claim: async (held) => {
      const is = next(claimed, claims++)
      steps.push(`claim ${is}`)
      onClaim?.()
      if (is === 'lost') return { is, state: 'expired', because: null }
      return is === 'moved' ? { is } : { is, claim: { held, params: new Uint8Array() } }
    },
    catchUp: async () => void steps.push('catch up'),
    drop: (_claim, status) => void steps.push(`drop ${status}`),
    withdraw: async (_held, because) => void steps.push(`withdraw ${because}`),
    release: () => void steps.push('release'),
  }
  const ports: Ports = {
    policy: () => ({ is: 'in force', policy: next(policies, looks++) }),
    pin: () => {
      const digest = next(pins, pinLooks++)
      return { is: 'known', pin: digest === null ? null : { digest, inputSchema: null, annotations: {} }, listed: true }
    },
    rates: makeRates(),
    sharesFileSystem: true,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    session: () => null,
    record: async () => ({ writer: 'w', seq: 7 }),
    recordLater: (_call, { decision }) => void steps.push(`record later ${decision.code}`),
    count: (code) => void steps.push(`count ${code}`),
    end: (_call, _entry, status) => void steps.push(`end ${status}`),
    people,
    report: () => void steps.push('report'),
  }
  return { ports, steps }
}

async function ask(world: World, controller = new AbortController()) {
  const { ports, steps } = worldOf(world)
  const authorization = await authorize(ports, call, { signal: controller.signal })
  const { granted, judgement } = authorization
  return { granted, code: granted ? 'granted' : judgement.decision.code, steps: steps.filter((step) => step !== 'release') }
}

test.each<{ what: string; world: World; becomes: { granted: boolean; code: string; steps: string[] } }>([
  {
    what: 'approved: claimed once, and granted after that. Its rate was spent when it was held',
    world: {},
    becomes: { granted: true, code: 'granted', steps: ['hold this', 'claim claimed'] },
  },
  {
    what: 'time is up: it goes on waiting, and nothing is claimed',
    world: { waited: [{ is: 'late' }] },
    becomes: { granted: false, code: 'rule', steps: ['hold this'] },
  },
  {
    what: 'denied by a person',
    world: { waited: [{ is: 'ended', state: 'denied', because: null }] },
    becomes: { granted: false, code: 'denied_by_person', steps: ['hold this'] },
  },
  {
    what: 'taken back: the hold goes with it',
    world: { waited: [{ is: 'left', why: 'cancelled' }] },
    becomes: { granted: false, code: 'recheck_failed', steps: ['hold this', 'withdraw cancelled'] },
  },
  {
    what: 'left by a client whose time ran out: the hold stays',
    world: { waited: [{ is: 'left', why: 'timed_out' }] },
    becomes: { granted: false, code: 'recheck_failed', steps: ['hold this'] },
  },
  {
    what: 'denied by the policy of now',
    world: { policies: [ASKS, DENIES] },
    becomes: { granted: false, code: 'rule', steps: ['hold this', 'withdraw policy_changed'] },
  },
  {
    what: 'allowed by the policy of now: no stricter, so the approval is used',
    world: { policies: [ASKS, ALLOWS] },
    becomes: { granted: true, code: 'granted', steps: ['hold this', 'claim claimed'] },
  },
  {
    what: 'asked of more people by the policy of now: held anew, as another call',
    world: { policies: [ASKS, ASKS_TWO], waited: [{ is: 'approved' }, { is: 'late' }] },
    becomes: { granted: false, code: 'rule', steps: ['hold this', 'withdraw policy_changed', 'hold anew'] },
  },
  {
    what: 'a definition that changed meanwhile',
    world: { pins: ['a', 'b'], waited: [{ is: 'approved' }, { is: 'late' }] },
    becomes: { granted: false, code: 'rule', steps: ['hold this', 'withdraw definition_changed', 'hold anew'] },
  },
  {
    what: 'somebody was before us',
    world: { claimed: ['lost'] },
    becomes: { granted: false, code: 'approval_expired', steps: ['hold this', 'claim lost'] },
  },
  {
    what: 'a policy that is not the last one: judged again, and claimed then',
    world: { claimed: ['moved', 'moved', 'claimed'] },
    becomes: {
      granted: true,
      code: 'granted',
      steps: ['hold this', 'claim moved', 'catch up', 'claim moved', 'catch up', 'claim claimed'],
    },
  },
])('$what', async ({ world, becomes }) => {
  expect(await ask(world)).toEqual(becomes)
})

test('a policy that never arrives ends in a refusal, not in a wait without end', async () => {
  expect(await ask({ claimed: ['moved'] })).toMatchObject({ granted: false, code: 'policy_stale' })
})

test('a call that is taken back while it is claimed is not forwarded, and the claim says so', async () => {
  const controller = new AbortController()
  const onClaim = (): void => controller.abort('cancelled')
  expect(await ask({ onClaim }, controller)).toMatchObject({ granted: false, steps: ['hold this', 'claim claimed', 'drop cancelled'] })
})

test('whatever goes wrong in the claim is a refusal, and the hold is there for the next', async () => {
  const { ports, steps } = worldOf({})
  const away = async (): Promise<never> => {
    throw new AppError('unavailable', 'the database is away')
  }
  const { granted, judgement } = await authorize({ ...ports, people: { ...ports.people, claim: away } }, call, new AbortController())
  expect({ granted, code: judgement.decision.code }).toEqual({ granted: false, code: 'store_unavailable' })
  expect(steps).toContain('release')
})
