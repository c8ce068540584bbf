import { afterEach, expect, test } from 'vitest'
import type { HoldState } from '../core/approval/states'
import { noFacts } from '../core/policy/model'
import { denied } from './authorize'
import { HeldCall, type Terms } from './held-call'
import { type Waited, WaitingRoom } from './waiting'

let now = 0
const rooms: WaitingRoom[] = []
afterEach(() => Promise.all(rooms.splice(0).map((room) => room.stop())))

const hold = (n: number): HeldCall => {
  const terms = { likeness: `likeness-${n}`, tool: 'act', call: `call-${n}` } as Terms
  const notice = { id: `H-${n}`, decideBy: '', url: null }
  return new HeldCall(notice, terms, { writer: 'w', seq: n }, noFacts, denied('rule', ''), now + 60_000, now + 120_000)
}

/** A room over a table of states; `looks` counts the questions that were asked, and about how many holds each. */
function roomOver(states: Map<string, HoldState>, holdMs = 60_000) {
  const looks: number[] = []
  const room = new WaitingRoom({
    holdMs,
    monotonicMs: () => now,
    over: () => undefined,
    look: async (ids) => {
      looks.push(ids.length)
      return ids.map((id) => ({ id, state: states.get(id) ?? 'held', because: null }))
    },
  })
  rooms.push(room)
  return { room, looks }
}

const tick = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const signal = (): AbortSignal => new AbortController().signal

test('a thousand waiters of as many holds are one question a second', async () => {
  const { room, looks } = roomOver(new Map())
  for (let n = 0; n < 1_000; n++) {
    const held = hold(n)
    room.add(held)
    void room.wait(held, signal())
  }
  await tick(1_300)
  expect(looks.filter((count) => count === 1_000).length).toBeLessThanOrEqual(2)
  expect(looks.length).toBeLessThanOrEqual(4)
})

test('a hold that nobody waits for is asked about by nobody', async () => {
  const { room, looks } = roomOver(new Map())
  room.add(hold(1))
  room.hint('H-1')
  room.hint(null)
  await tick()
  expect(looks).toEqual([])
})

test('of all who wait for one hold one claims, and the others hear what came of it', async () => {
  const states = new Map<string, HoldState>()
  const { room } = roomOver(states)
  const held = hold(1)
  room.add(held)
  const waiting = [1, 2, 3].map(() => room.wait(held, signal()))
  states.set('H-1', 'approved')
  room.hint('H-1')
  expect(await Promise.race(waiting)).toEqual({ is: 'approved' })
  await tick()
  held.phase = 'running'
  const outcome = { line: Buffer.from('{"id":1}'), id: { start: 6, end: 7 }, status: 'done' as const, sizeBytes: 8 }
  room.settle(held, outcome, true)
  const all = await Promise.all(waiting)
  expect(all.map(({ is }) => is).sort()).toEqual(['approved', 'settled', 'settled'])
  expect(room.find('likeness-1')).toBeNull()
})

test('a claim that does not come about gives the next one its turn', async () => {
  const { room } = roomOver(new Map([['H-1', 'approved']]))
  const held = hold(1)
  room.add(held)
  const [first, second] = [room.wait(held, signal()), room.wait(held, signal())]
  expect(await first).toEqual({ is: 'approved' })
  room.release(held)
  expect(await second).toEqual({ is: 'approved' })
})

test('an outcome that nobody was there to hear is kept for one who asks again, and for no second', async () => {
  const { room } = roomOver(new Map())
  const held = hold(1)
  room.add(held)
  held.phase = 'running'
  const outcome = { line: Buffer.from('{"id":1}'), id: { start: 6, end: 7 }, status: 'done' as const, sizeBytes: 8 }
  room.settle(held, outcome, false)
  const found = room.find('likeness-1')
  expect(found && (await room.wait(found, signal()))).toEqual({ is: 'settled', outcome })
  expect(room.find('likeness-1')).toBeNull()
})

test('outcomes are forgotten from the oldest on before they fill the memory', async () => {
  const { room } = roomOver(new Map())
  for (let n = 0; n < 20; n++) {
    const held = hold(n)
    room.add(held)
    held.phase = 'running'
    room.settle(held, { line: Buffer.alloc(1024 * 1024), id: { start: 0, end: 1 }, status: 'done', sizeBytes: 1 }, false)
  }
  const kept = Array.from({ length: 20 }, (_, n) => n).filter((n) => room.find(`likeness-${n}`) !== null)
  expect(kept).toEqual([12, 13, 14, 15, 16, 17, 18, 19])
})

test('an outcome is kept until the approval could not be used any more', () => {
  const { room } = roomOver(new Map())
  const held = hold(1)
  room.add(held)
  now += 120_001
  expect(room.find('likeness-1')).toBeNull()
  expect(room.mayHold('act')).toBe(false)
  now = 0
})

test.each<{ how: string; leave: (controller: AbortController) => void; waited: Waited }>([
  { how: 'takes its call back', leave: (controller) => controller.abort('cancelled'), waited: { is: 'left', why: 'cancelled' } },
  { how: 'runs out of time', leave: (controller) => controller.abort('timed_out'), waited: { is: 'left', why: 'timed_out' } },
  { how: 'goes without a word', leave: (controller) => controller.abort(), waited: { is: 'left', why: 'client_left' } },
])('who $how waits no longer, and nobody is asked for them', async ({ leave, waited }) => {
  const { room, looks } = roomOver(new Map())
  const held = hold(1)
  room.add(held)
  const controller = new AbortController()
  const waiting = room.wait(held, controller.signal)
  await tick()
  const before = looks.length
  leave(controller)
  expect(await waiting).toEqual(waited)
  room.hint('H-1')
  await tick()
  expect(looks.length).toBe(before)
})

test('whoever still waits when the client has said its last word is answered as things stand, and so is whoever comes then', async () => {
  const { room } = roomOver(new Map())
  const held = hold(1)
  room.add(held)
  const waiting = room.wait(held, signal())
  room.hurry()
  expect(await waiting).toEqual({ is: 'late' })
  expect(await room.wait(held, signal())).toEqual({ is: 'late' })
})

test('who comes back finds an approval even with no time to wait, and is answered at once where there is none', async () => {
  const states = new Map<string, HoldState>()
  const { room } = roomOver(states, 0)
  const held = hold(1)
  room.add(held)
  expect(await room.wait(held, signal())).toEqual({ is: 'late' })
  expect(await room.wait(held, signal())).toEqual({ is: 'late' })
  states.set('H-1', 'approved')
  expect(await room.wait(held, signal())).toEqual({ is: 'approved' })
})
