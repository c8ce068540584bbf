import { expect, test } from 'vitest'
import type { Approval } from '../policy/model'
import { asksMore } from './stricter'

const set = (over: Partial<Approval> = {}): Approval => ({
  approvers: ['approver', 'ops'],
  quorum: 2,
  expiresMs: 1_000,
  useWithinMs: 1_000,
  notify: [],
  ...over,
})

test.each<{ what: string; now: readonly Approval[]; more: boolean }>([
  { what: 'the same', now: [set()], more: false },
  { what: 'fewer people', now: [set({ quorum: 1 })], more: false },
  { what: 'more people', now: [set({ quorum: 3 })], more: true },
  { what: 'others as well', now: [set({ approvers: ['approver', 'ops', 'admin'] })], more: false },
  { what: 'only some of those who were asked', now: [set({ approvers: ['ops'] })], more: true },
  { what: 'others instead', now: [set({ approvers: ['admin'] })], more: true },
  { what: 'more time', now: [set({ expiresMs: 2_000, useWithinMs: 2_000 })], more: false },
  { what: 'less time to decide', now: [set({ expiresMs: 999 })], more: true },
  { what: 'less time to use it', now: [set({ useWithinMs: 999 })], more: true },
  { what: 'other channels to tell people', now: [set({ notify: ['x'] })], more: false },
  { what: 'a second set', now: [set(), set({ approvers: ['admin'], quorum: 1 })], more: true },
  { what: 'a second set that the first one covers', now: [set(), set({ quorum: 1 })], more: false },
  { what: 'nobody', now: [], more: false },
])('$what: asks more is $more', ({ now, more }) => {
  expect(asksMore(now, [set()])).toBe(more)
})
