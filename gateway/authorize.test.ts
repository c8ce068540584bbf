import { expect, test } from 'vitest'
import { AppError } from '../core/errors'
import { compilePolicy } from '../core/policy/compile'
import type { Rule } from '../core/policy/document'
import { authorize, type Ports } from './authorize'
import type { Call } from './call'
import { nobody } from './people-harness'
import type { InForce } from './policy-source'
import { makeRates } from './rates'

const inForce = (rules: readonly Rule[]): InForce => ({
  rules: { policy: compilePolicy({ kind: 'policy', version: '1', default: 'deny', rules }), guardrail: null },
  name: 'default',
  version: 1,
  digest: 'd'.repeat(64),
  guardrail: null,
  epoch: 1,
  signature: '',
})
const permissive = inForce([
  { tool: ['go'], action: 'allow' },
  { tool: ['slow'], action: 'allow', constraints: { rateLimit: { calls: 1, per: '1m', by: 'rule' } } },
  { tool: ['ask'], action: 'escalate' },
])

const call = (tool: string): Call => ({
  id: 'c'.repeat(32),
  leg: 1,
  envelope: { method: 'tools/call', tool, server: 's', principal: { id: 'p', assurance: 'asserted' }, session: null, args: {} },
  argumentBytes: new Uint8Array(),
  paramBytes: new Uint8Array(),
  sizeBytes: 0,
  proposal: null,
  arrivedMs: 0,
})

/** Everything works, and every step leaves its name. */
function worldOf(overrides: Partial<Ports> = {}): { ports: Ports; steps: string[] } {
  const steps: string[] = []
  const step = (name: string) => {
    steps.push(name)
  }
  const ports: Ports = {
    policy: () => ({ is: 'in force', policy: permissive }),
    pin: () => ({ is: 'known', pin: null, listed: false }),
    rates: makeRates(),
    sharesFileSystem: true,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    session: () => null,
    record: async (_call, { decision }) => {
      step(`record ${decision.outcome}`)
      return { writer: 'w', seq: 7 }
    },
    recordLater: (_call, { decision }) => step(`record later ${decision.code}`),
    count: (code) => step(`count ${code}`),
    end: (_call, _entry, status) => step(`end ${status}`),
    people: {
      ...nobody,
      ask: async () => {
        step('hold')
        return null
      },
    },
    report: () => step('report'),
    ...overrides,
  }
  return { ports, steps }
}

const ask = async (tool: string, overrides: Partial<Ports> = {}, signal = new AbortController().signal) => {
  const { ports, steps } = worldOf(overrides)
  const { granted, judgement } = await authorize(ports, call(tool), { signal })
  return { granted, code: judgement.decision.code, steps }
}

test('an allowed call is recorded before it is granted', async () => {
  expect(await ask('go')).toEqual({ granted: true, code: 'rule', steps: ['record allow'] })
})

test('a denied call is recorded without anybody waiting', async () => {
  expect(await ask('other')).toEqual({ granted: false, code: 'default', steps: ['record later default'] })
})

test('an escalated call opens a hold and is not granted', async () => {
  expect(await ask('ask')).toEqual({ granted: false, code: 'rule', steps: ['hold'] })
})

const unavailable = async (): Promise<never> => {
  throw new AppError('unavailable', 'the database is away')
}
const bug = (): never => {
  throw new Error('bug')
}

test.each<{ fault: string; tool?: string; overrides: Partial<Ports>; code: string; steps: string[] }>([
  {
    fault: 'the log can not be written',
    overrides: { record: unavailable },
    code: 'store_unavailable',
    steps: ['count store_unavailable'],
  },
  {
    fault: 'the hold can not be written',
    tool: 'ask',
    overrides: { people: { ...nobody, ask: unavailable } },
    code: 'store_unavailable',
    steps: ['count store_unavailable'],
  },
  { fault: 'a bug in the writer', overrides: { record: bug }, code: 'engine_error', steps: ['report', 'count engine_error'] },
  { fault: 'a bug in the pins', overrides: { pin: bug }, code: 'engine_error', steps: ['report', 'record later engine_error'] },
  {
    fault: 'no policy',
    overrides: { policy: () => ({ is: 'refused', code: 'no_policy', because: 'none' }) },
    code: 'no_policy',
    steps: ['record later no_policy'],
  },
  {
    fault: 'a changed definition',
    overrides: { pin: () => ({ is: 'changed', because: 'changed', digest: 'x' }) },
    code: 'definition_changed',
    steps: ['record later definition_changed'],
  },
])('$fault: refused, and the record says so', async ({ tool, overrides, code, steps }) => {
  expect(await ask(tool ?? 'go', overrides)).toEqual({ granted: false, code, steps })
})

test('why the store refused is one clause: whoever tells it adds the full stop', async () => {
  const record = async (): Promise<never> => {
    throw new AppError('unavailable', 'The log could not take the entry.')
  }
  const { judgement } = await authorize(worldOf({ record }).ports, call('go'), new AbortController())
  expect(judgement.decision.reason).toBe('The log could not take the entry')
})

test('a call that was cancelled while its decision was written is recorded as such and never granted', async () => {
  const cancelled = new AbortController()
  const record = async () => {
    cancelled.abort()
    return { writer: 'w', seq: 7 }
  }
  expect(await ask('go', { record }, cancelled.signal)).toMatchObject({ granted: false, steps: ['end cancelled'] })
})

test('a definition that changes while the decision is written revokes it', async () => {
  let looks = 0
  const pin: Ports['pin'] = () =>
    looks++ === 0 ? { is: 'known', pin: null, listed: true } : { is: 'changed', because: 'changed', digest: 'x' }
  expect(await ask('go', { pin })).toMatchObject({ granted: false, code: 'definition_changed', steps: ['record allow', 'end revoked'] })
})

test('a policy that goes stale while the decision is written revokes it', async () => {
  let looks = 0
  const policy: Ports['policy'] = () =>
    looks++ === 0 ? { is: 'in force', policy: permissive } : { is: 'refused', code: 'policy_stale', because: 'stale' }
  expect(await ask('go', { policy })).toMatchObject({ granted: false, code: 'policy_stale', steps: ['record allow', 'end revoked'] })
})

test('two calls that arrive at once share one rate: the second is refused although the first is still being written', async () => {
  const { ports } = worldOf()
  const signal = new AbortController().signal
  const [first, second] = await Promise.all([authorize(ports, call('slow'), { signal }), authorize(ports, call('slow'), { signal })])
  expect([first.granted, second.granted]).toEqual([true, false])
  expect(second.judgement.decision.code).toBe('rate_limited')
})
