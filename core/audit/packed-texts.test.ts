import { expect, test } from 'vitest'
import { eachPackedGroup, PackedPieces, stretchesAfter } from './packed-texts'
import { findPlainly, type TakeTexts } from './quick-texts'

const TEXTS = ['{"a":1}', '', 'ä\u2028€', 'x'.repeat(5_000)]

/** As the database puts it together. */
function group(first: number, texts: readonly string[]): Buffer {
  const seqs = Buffer.alloc(8 * texts.length)
  for (const n of texts.keys()) seqs.writeBigInt64BE(BigInt(first + n), 8 * n)
  const joined = Buffer.from(texts.join('\n'))
  const length = (bytes: Buffer) => Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255])
  return Buffer.concat([length(seqs), seqs, length(joined), joined])
}

type Row = readonly [number, string]

const taker =
  (rows: Row[]): TakeTexts =>
  ({ count, seqs, bounds, bytes }) => {
    for (let n = 0; n < count; n++) {
      const [start = 0, end = 0] = bounds.subarray(n, n + 2)
      expect(bytes[start]).toBe(0)
      rows.push([seqs[n] ?? 0, Buffer.from(bytes.subarray(start + 1, end)).toString()])
    }
  }

function read(groups: Uint8Array): { readonly count: number; readonly bytes: number; readonly rows: readonly Row[] } {
  const rows: Row[] = []
  return { ...eachPackedGroup(groups, taker(rows)), rows }
}

test('each text comes with its number, of every group, wherever the bytes lie', () => {
  const big = 2 ** 40
  const groups = Buffer.concat([group(7, TEXTS), group(1, ['only']), group(big, TEXTS)])
  const expected = [...TEXTS.map((text, n) => [7 + n, text]), [1, 'only'], ...TEXTS.map((text, n) => [big + n, text])]
  const within = new Uint8Array(groups.length + 3)
  within.set(groups, 3)
  expect(read(within.subarray(3))).toEqual({ count: 9, bytes: groups.length, rows: expected })
})

test('wherever an answer is cut, only whole groups are read', () => {
  const [first, second] = [group(1, ['one', 'two']), group(3, ['three'])]
  const whole = Buffer.concat([first, second])
  for (let length = 0; length < whole.length; length++)
    expect(read(Uint8Array.from(whole.subarray(0, length))).rows, `${length} bytes`).toEqual(
      length < first.length
        ? []
        : [
            [1, 'one'],
            [2, 'two'],
          ],
    )
})

test('in pieces, cut anywhere, the same texts come', () => {
  const groups = Buffer.concat([group(1, TEXTS), group(5, ['one', 'two']), group(7, TEXTS)])
  const { rows } = read(Uint8Array.from(groups))
  for (const size of [1, 2, 3, 7, 100, 5_100, groups.length]) {
    const seen: Row[] = []
    const pieces = new PackedPieces(taker(seen))
    for (let at = 0; at < groups.length; at += size) pieces.take(Uint8Array.from(groups.subarray(at, at + size)))
    expect(seen, `${size} bytes at a time`).toEqual(rows)
    expect(pieces.count).toBe(rows.length)
  }
})

test('what is left of stretches begins where reading ended', () => {
  const stretches = [
    { writer: 'a', from: 5, to: 6 },
    { writer: 'b', from: 1, to: 3 },
  ]
  const left = (count: number) =>
    stretchesAfter(stretches, count).flatMap(({ writer, from, to }) =>
      Array.from({ length: to - from + 1 }, (_, n) => `${writer}${from + n}`),
    )
  const all = ['a5', 'a6', 'b1', 'b2', 'b3']
  for (let count = 0; count <= all.length; count++) expect(left(count)).toEqual(all.slice(count))
  expect(left(all.length + 1)).toEqual([])
})

test('the plain search finds what the fast one finds', () => {
  const bytes = Buffer.from('aab"a""prev":"x"prev":"aab"prev":"')
  for (const pattern of ['a', 'aab', '"prev":"', 'x"', 'nowhere', '"prev":"x"prev":"aab"prev":""'])
    for (let start = 0; start <= bytes.length; start++)
      expect(findPlainly(Uint8Array.from(bytes), Buffer.from(pattern), start), `${pattern} from ${start}`).toBe(
        bytes.indexOf(pattern, start),
      )
})
