import { expect, test } from 'vitest'
import { wantedOf } from './byte-range'

const FILE = { etag: '"0123"', bytes: 1_000 }
const WHOLE = { is: 'whole' }
const part = (from: number, end: number) => ({ is: 'part', from, end })

test.each<{ range: string; gives: object }>([
  { range: 'bytes=0-', gives: part(0, 1_000) },
  { range: 'bytes=0-0', gives: part(0, 1) },
  { range: 'Bytes=600-', gives: part(600, 1_000) },
  { range: 'bytes=999-999', gives: part(999, 1_000) },
  { range: 'bytes=600-5000', gives: part(600, 1_000) },
  { range: `bytes=600-${'9'.repeat(5_000)}`, gives: part(600, 1_000) },
  { range: 'bytes=-1', gives: part(999, 1_000) },
  { range: 'bytes=-5000', gives: part(0, 1_000) },
  { range: 'bytes=-0', gives: { is: 'beyond' } },
  { range: 'bytes=1000-', gives: { is: 'beyond' } },
  { range: `bytes=${'9'.repeat(5_000)}-`, gives: { is: 'beyond' } },
  ...[
    ...[
      'bytes=5-4',
      'bytes=--5',
      'bytes=-5-',
      'bytes=-',
      'bytes=',
      'bytes',
      '',
      '0-5',
      'lines=0-5',
      'bytes=0x10-',
      'bytes=1.5-',
      'bytes=1e2-',
    ],
    ...['bytes=0-9,5-14', 'bytes=0-0,2-2', `bytes=${'0-,'.repeat(2_000)}0-`, 'bytes=٠-٩', 'bytes=0-\u00a05'],
  ].map((range) => ({ range, gives: WHOLE })),
])('$range is one piece of what is there, or all of it', ({ range, gives }) => {
  const headers = { get: (name: string) => (name === 'range' ? range : null) } as Headers
  expect(wantedOf(headers, FILE)).toEqual(gives)
  expect(wantedOf(headers, { ...FILE, bytes: null })).toEqual(WHOLE)
})

const RANGE = { range: 'bytes=600-' }
test.each<{ asks: Record<string, string>; gives: object }>([
  { asks: { ...RANGE, 'if-range': '"0123"' }, gives: part(600, 1_000) },
  { asks: { ...RANGE, 'if-range': '"0124"' }, gives: WHOLE },
  { asks: { ...RANGE, 'if-range': 'W/"0123"' }, gives: WHOLE },
  { asks: { ...RANGE, 'if-range': 'Tue, 24 Nov 2026 05:00:00 GMT' }, gives: WHOLE },
  { asks: { 'if-range': '"0123"' }, gives: WHOLE },
  { asks: { ...RANGE, 'if-match': '"0123"' }, gives: part(600, 1_000) },
  { asks: { ...RANGE, 'if-match': '"x", "0123"' }, gives: part(600, 1_000) },
  { asks: { ...RANGE, 'if-match': '*' }, gives: part(600, 1_000) },
  { asks: { ...RANGE, 'if-match': 'W/"0123"' }, gives: { is: 'another' } },
  { asks: { 'if-match': '"0124"' }, gives: { is: 'another' } },
  { asks: { 'if-none-match': 'W/"0123"' }, gives: { is: 'same' } },
  { asks: { ...RANGE, 'if-none-match': '"0124"' }, gives: part(600, 1_000) },
])('with $asks, the piece is of what was begun, or nobody is given one', ({ asks, gives }) => {
  expect(wantedOf(new Headers(asks), FILE)).toEqual(gives)
})
