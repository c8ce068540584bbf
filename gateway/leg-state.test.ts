import { expect, test } from 'vitest'
import { makeLegStates } from './leg-state'

const leg = { principal: 'local:a@b', subject: 'd'.repeat(64), hold: 'H-0123456789', leg: 1, untilMs: 5_000 }

test('what was sealed is opened, by the process that sealed it and by no other', () => {
  const states = makeLegStates()
  const { state, nonce } = states.seal(leg)
  expect(states.open(state)).toEqual({ is: 'ours', leg: { ...leg, nonce } })
  expect(makeLegStates().open(state)).toEqual({ is: 'forged' })
})

test('every byte counts: none can be changed, dropped or added', () => {
  const states = makeLegStates()
  const { state } = states.seal(leg)
  const attempts = [...state].flatMap((character, at) => {
    const other = String.fromCharCode(character.charCodeAt(0) ^ 1)
    return [
      state.slice(0, at) + other + state.slice(at + 1),
      state.slice(0, at) + state.slice(at + 1),
      `${state.slice(0, at)}.${state.slice(at)}`,
    ]
  })
  const taken = attempts.filter((attempt) => attempt !== state && states.open(attempt).is === 'ours')
  expect(taken).toEqual([])
  const changedInPlace = attempts.filter((_, at) => at % 3 === 0)
  expect(changedInPlace.filter((attempt) => states.open(attempt).is !== 'forged')).toEqual([])
})

test('the last character has no spare bits that could say the same in two ways', () => {
  const states = makeLegStates()
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_='
  for (const padding of ['', 'x', 'xx']) {
    const { state } = states.seal({ ...leg, subject: padding })
    const same = [...alphabet].filter((last) => states.open(state.slice(0, -1) + last).is === 'ours')
    expect(same).toEqual([state.at(-1)])
  }
})

test('a state that is not of our making is left alone', () => {
  const states = makeLegStates()
  for (const state of ['', 'state-1', 'eyJhbGciOiJIUzI1NiJ9.e30.x', 'countersign', 'x'.repeat(10_000)])
    expect(states.open(state)).toEqual({ is: 'foreign' })
})
