import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { oneAfterAnother, type Sha256, type Sha256Many } from './hash'
import { lanesSha256 } from './sha256-lanes'

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest()
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const many = lanesSha256(sha256) as Sha256Many

/** Texts that lie one behind the other, somewhere in a buffer. */
function laid(texts: readonly Uint8Array[], before = 3): { readonly bytes: Uint8Array; readonly bounds: Uint32Array } {
  const bounds = new Uint32Array(texts.length + 1)
  bounds[0] = before
  for (const [n, { length }] of texts.entries()) bounds[n + 1] = (bounds[n] ?? 0) + length
  return { bytes: new Uint8Array(Buffer.concat([randomBytes(before), ...texts, randomBytes(5)])), bounds }
}

const expectEach = (texts: readonly Uint8Array[]): void => {
  const { bytes, bounds } = laid(texts)
  expect(hexOf(many.ofTexts(bytes, bounds, texts.length))).toBe(texts.map((text) => hexOf(sha256(text))).join(''))
}

test('the published example comes out as published (FIPS 180-4)', () => {
  const { bytes, bounds } = laid([Buffer.from('abc')])
  expect(hexOf(many.ofTexts(bytes, bounds, 1))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('texts of every length around a block hash as they do one by one, whatever lies beside them', () => {
  const lengths = Array.from({ length: 330 }, (_, n) => n)
  expectEach(lengths.map((length) => randomBytes(length)))
  expectEach(lengths.toReversed().map((length) => randomBytes(length % 7 === 0 ? 500 : length)))
  for (let count = 0; count <= 9; count++) expectEach(Array.from({ length: count }, () => randomBytes(119)))
})

test('long texts, texts larger than all that is hashed together, and more of them than that', () => {
  expectEach([4_000, 4_100, 70_000, 10, 65_535, 300_000].map((length) => randomBytes(length)))
  expectEach([10, 524_287, 524_288, 524_289, 11, 2_000_000, 12].map((length) => randomBytes(length)))
  expectEach(Array.from({ length: 9_000 }, (_, n) => Buffer.from(String(n))))
})

test('every bit of a text and of its length counts', () => {
  const text = randomBytes(200)
  const texts = Array.from({ length: 200 * 8 }, (_, bit) => {
    const changed = Buffer.from(text)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return changed
  })
  expectEach(texts)
  expect(new Set(texts.map((each) => hexOf(sha256(each)))).size).toBe(texts.length)
})

test('nodes over pairs of hashes are those of RFC 6962, of any number of pairs', () => {
  for (const pairs of [0, 1, 2, 3, 4, 5, 8, 127, 8_192, 8_193, 20_000]) {
    const hashes = randomBytes(pairs * 64)
    const expected = Array.from({ length: pairs }, (_, n) =>
      hexOf(sha256(Buffer.concat([Buffer.of(1), hashes.subarray(n * 64, n * 64 + 64)]))),
    )
    expect(hexOf(many.ofPairs(hashes)), `${pairs} pairs`).toBe(expected.join(''))
  }
})

test('an answer may be what is asked next: layer by layer, without a copy', () => {
  const leaves = randomBytes(256 * 32)
  const plain = oneAfterAnother(sha256)
  let [layer, expected]: [Uint8Array, Uint8Array] = [leaves, leaves]
  while (layer.length > 32) {
    layer = many.ofPairs(layer)
    expected = plain.ofPairs(expected)
    expect(hexOf(layer)).toBe(hexOf(expected))
  }
})
