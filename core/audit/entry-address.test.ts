import { expect, test } from 'vitest'
import { readEntryAddress } from './entry-address'

const WRITER = 'ab'.repeat(16)

test.each([
  ['#48213', { by: 'index', index: 48_213 }],
  [' 48,213 ', { by: 'index', index: 48_213 }],
  ['0', { by: 'index', index: 0 }],
  [`${WRITER}/12`, { by: 'place', writer: WRITER, seq: 12 }],
  [`${WRITER.toUpperCase()}:1`, { by: 'place', writer: WRITER, seq: 1 }],
  [WRITER, { by: 'call', call: WRITER }],
  ['0'.repeat(32), { by: 'call', call: '0'.repeat(32) }],
  ['a\0b\ud800', { by: 'call', call: 'a\ufffdb\ufffd' }],
  ['<script>', { by: 'call', call: '<script>' }],
])('%j names an entry', (text, address) => {
  expect(readEntryAddress(text)).toEqual(address)
})

test.each(['', '  ', '#9007199254740993', '99999999999999999999', '#007', `${WRITER}/0`, `${WRITER}/99999999999999999`, 'x'.repeat(257)])(
  '%j names none',
  (text) => {
    expect(readEntryAddress(text)).toBeNull()
  },
)
