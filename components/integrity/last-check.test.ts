import { expect, test } from 'vitest'
import { isSetBack, type LastCheck, readCheck } from './last-check'

const finding = { writer: null, seq: 0, index: 4, kind: 'edited', sentence: 'It was edited.', since: null }
const check = {
  ...{ log: 'a', logKey: 'b', atMs: 1_000_000, tookMs: 5, verdict: 'damaged', entries: 9, size: 9, found: 1 },
  ...{ findings: [finding], doubts: [], undetectable: ['x'] },
}

test('what a look came to reads back', () => {
  expect(readCheck(JSON.stringify(check))).toEqual(check)
})

test.each([
  ['nothing', null],
  ['no JSON', '{'],
  ['null', 'null'],
  ['a verdict there is none', JSON.stringify({ ...check, verdict: 'splendid' })],
  ['no size', JSON.stringify({ ...check, size: undefined })],
  ['a size that is none', JSON.stringify({ ...check, size: '9' })],
  ['a time that is none', JSON.stringify({ ...check, atMs: 9e15 })],
  ['findings that are none', JSON.stringify({ ...check, findings: [null] })],
  ['a finding without a number', JSON.stringify({ ...check, findings: [{ ...finding, seq: undefined }] })],
  ['a finding since never', JSON.stringify({ ...check, findings: [{ ...finding, since: 'never' }] })],
  ['doubts that are objects', JSON.stringify({ ...check, doubts: [{}] })],
  ['what is detached as an object', JSON.stringify({ ...check, detached: [{}] })],
])('%s is no look, and breaks no page', (_what, text) => {
  expect(readCheck(text)).toBeNull()
})

test('a log that is shorter than when it was found intact is not the same, once that is told after the look', () => {
  const intact = { ...check, verdict: 'intact', size: 9 } as unknown as LastCheck
  expect(isSetBack(intact, 8, 1_011_000)).toBe(true)
  expect(isSetBack(intact, 8, 1_009_000)).toBe(false)
  expect(isSetBack(intact, 9, 1_011_000)).toBe(false)
})
