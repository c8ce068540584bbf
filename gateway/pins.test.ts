import { expect, test } from 'vitest'
import type { Call } from './call'
import { type Definition, makePins, type Pin } from './pins'

const definition = (name: string, digest = `${name}-1`): Definition => ({ name, digest, definition: { inputSchema: { type: 'object' } } })
const accepted = (name: string, digest?: string): Pin => ({ ...definition(name, digest), state: 'accepted' })
const callOf = (tool: string) => ({ envelope: { tool } }) as unknown as Call
const whole = { first: true, last: true }

test('the first whole listing of an unknown server is its baseline, over two pages too', () => {
  const pins = makePins()
  pins.load([], true, true)
  expect(pins.page([definition('a')], { first: true, last: false })).toEqual({ cut: [], baseline: [], pending: [] })
  expect(pins.look(callOf('a'))).toMatchObject({ is: 'known', listed: true })
  expect(pins.page([definition('b')], { first: false, last: true }).baseline.map(({ name }) => name)).toEqual(['a', 'b'])
})

test('a listing that came before the database becomes the baseline when the database is there', () => {
  const pins = makePins()
  pins.page([definition('a')], whole)
  expect(pins.load([], true, true).map(({ name }) => name)).toEqual(['a'])
  expect(pins.look(callOf('a'))).toMatchObject({ is: 'known' })
})

test.each([
  { change: 'a changed definition', now: definition('a', 'a-2') },
  { change: 'a new tool', now: definition('c') },
])('$change is cut, remembered as pending and its calls are refused until somebody accepts it', ({ now }) => {
  const pins = makePins()
  pins.load([accepted('a'), accepted('b')], true, false)
  expect(pins.page([now, definition('b')], whole)).toEqual({ cut: [now.name], baseline: [], pending: [now] })
  expect(pins.look(callOf(now.name))).toMatchObject({ is: 'changed', digest: now.digest })
  expect(pins.look(callOf('b'))).toMatchObject({ is: 'known', listed: true })
  pins.load([{ ...now, state: 'accepted' }, accepted('b')], true, false)
  expect(pins.look(callOf(now.name))).toMatchObject({ is: 'known' })
})

test('one name defined twice, differently, is refused under both definitions', () => {
  const pins = makePins()
  pins.load([accepted('a')], true, false)
  expect(pins.page([definition('a'), definition('a', 'a-evil')], whole).cut).toEqual(['a'])
  expect(pins.look(callOf('a'))).toMatchObject({ is: 'changed' })
})

test('another command line under the same name refuses every tool', () => {
  const pins = makePins()
  pins.load([accepted('a')], false, false)
  expect(pins.look(callOf('a'))).toMatchObject({ is: 'changed' })
})

test('a tool that was never listed has no definition to ask about', () => {
  const pins = makePins()
  pins.load([], true, true)
  expect(pins.look(callOf('ghost'))).toEqual({ is: 'known', pin: null, listed: false })
})

test('a poll that runs before our own baseline is stored does not forget it', () => {
  const pins = makePins()
  pins.load([], true, true)
  pins.page([definition('a')], whole)
  expect(pins.load([], true, true)).toEqual([])
  expect(pins.look(callOf('a'))).toMatchObject({ is: 'known' })
})
