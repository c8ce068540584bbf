import { describe, expect, test } from 'vitest'
import { toBase64 } from '../base64'
import { toHex } from '../hash'
import { dice } from '../policy/proof/dice'
import {
  type Checkpoint,
  checkpointText,
  isExtension,
  logKeyOf,
  openCheckpoint,
  originOf,
  parseCheckpoint,
  readSize,
  signCheckpoint,
} from './checkpoint'
import { cosign, signNote, verifyCosignature } from './note'
import { keyOf, verify } from './testing-keys'
import { leafAt, leavesOf, NaiveTree, sha256 } from './testing-tree'
import { parseTlogProof, type TlogProof, tlogProofText, verifyTlogProof } from './tlog-proof'
import { consistencyProof, emptyRoot, inclusionProof } from './tree'

const LOG = '0123456789abcdef0123456789abcdef'
const { publicKey, sign } = keyOf(Buffer.alloc(32, 7))
const key = logKeyOf({ log: LOG, logKey: toHex(publicKey) }) ?? expect.fail('a key of 32 bytes')
const tree = new NaiveTree(leavesOf(1_000))
const at = (size: number): Checkpoint => ({ origin: originOf(LOG), size, root: Uint8Array.from(tree.mth(0, size)) })
const signed = (size: number): string => signCheckpoint(at(size), key, sign, sha256)

describe('a checkpoint', () => {
  test('is three lines, and reads back', () => {
    const text = checkpointText(at(42))
    expect(text).toBe(`countersign/${LOG}\n42\n${toBase64(tree.mth(0, 42))}\n`)
    expect(parseCheckpoint(text)).toEqual(at(42))
    expect(openCheckpoint(signed(42), key, verify, sha256)).toMatchObject({ checkpoint: at(42) })
  })

  test('the example of C2SP tlog-checkpoint', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
    const parsed = parseCheckpoint(text)
    expect(parsed).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 })
    expect(checkpointText(parsed as Checkpoint)).toBe(text)
    expect(parseCheckpoint(`${text}an extension\nand another\n`)).toEqual(parsed)
  })

  const root = toBase64(new Uint8Array(32))
  test.each([
    { what: 'nothing', text: '' },
    { what: 'two lines', text: 'o\n1\n' },
    { what: 'no line break at the end', text: `o\n1\n${root}` },
    { what: 'no origin', text: `\n1\n${root}\n` },
    { what: 'an empty extension', text: `o\n1\n${root}\n\n` },
    { what: 'an empty extension before another', text: `o\n1\n${root}\n\nmore\n` },
    { what: 'a zero in front', text: `o\n01\n${root}\n` },
    { what: 'a sign', text: `o\n+1\n${root}\n` },
    { what: 'minus', text: `o\n-1\n${root}\n` },
    { what: 'a fraction', text: `o\n1.0\n${root}\n` },
    { what: 'an exponent', text: `o\n1e3\n${root}\n` },
    { what: 'a blank', text: `o\n 1\n${root}\n` },
    { what: 'no size', text: `o\n\n${root}\n` },
    { what: 'the digits of another script', text: `o\n１\n${root}\n` },
    { what: 'a size that would be rounded', text: `o\n9007199254740993\n${root}\n` },
    { what: 'a size of 2^53', text: `o\n9007199254740992\n${root}\n` },
    { what: 'a size of 2^64', text: `o\n18446744073709551616\n${root}\n` },
    { what: 'a root of 31 bytes', text: `o\n1\n${toBase64(new Uint8Array(31))}\n` },
    { what: 'a root of 33 bytes', text: `o\n1\n${toBase64(new Uint8Array(33))}\n` },
    { what: 'a root with bits that stand for nothing', text: `o\n1\n${root.replace('A=', 'B=')}\n` },
    { what: 'a root in hexadecimal', text: `o\n1\n${'00'.repeat(32)}\n` },
  ])('$what: no checkpoint', ({ text }) => {
    expect(parseCheckpoint(text)).toEqual({ problem: expect.any(String) })
  })

  test('the largest size there is', () => {
    expect(readSize('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
    expect(readSize('0')).toBe(0)
    expect(readSize('00')).toBeNull()
  })

  test.each([
    {
      what: 'of another log, signed by our key',
      note: signNote(checkpointText({ ...at(1), origin: originOf('f'.repeat(32)) }), key, sign, sha256),
    },
    {
      what: 'signed by another key',
      note: signCheckpoint(at(1), { ...key, publicKey: keyOf(Buffer.alloc(32, 8)).publicKey }, keyOf(Buffer.alloc(32, 8)).sign, sha256),
    },
    { what: 'signed by another key that says it is ours', note: signCheckpoint(at(1), key, keyOf(Buffer.alloc(32, 8)).sign, sha256) },
    { what: 'of another size than signed', note: signed(42).replace('\n42\n', '\n43\n') },
    { what: 'that is no checkpoint, signed by our key', note: signNote(`${originOf(LOG)}\nhello\n`, key, sign, sha256) },
    { what: 'that nobody signed', note: checkpointText(at(1)) },
  ])('one $what is not believed', ({ note }) => {
    expect(openCheckpoint(note, key, verify, sha256)).toEqual({ problem: expect.any(String) })
  })

  test('a pinned key that is none opens nothing', () => {
    for (const logKey of ['', 'zz', 'ab'.repeat(31), 'AB'.repeat(32)]) expect(logKeyOf({ log: LOG, logKey })).toBeNull()
  })
})

describe('one checkpoint after another', () => {
  const proof = (from: number, to: number) => consistencyProof(from, to, tree.read, sha256) ?? []

  test('extends it, whatever the sizes; another history does not', () => {
    const other = new NaiveTree(leavesOf(1_000, 'other'))
    const { roll } = dice(4)
    for (let round = 0; round < 100; round++) {
      const to = 1 + roll(1_000)
      const from = roll(to)
      expect(isExtension(at(from), at(to), proof(from, to), sha256)).toBe(true)
      expect(isExtension(at(to), at(from), proof(from, to), sha256)).toBe(false)
      if (from > 0) expect(isExtension({ ...at(from), root: other.mth(0, from) }, at(to), proof(from, to), sha256)).toBe(false)
    }
  })

  test('of the same size extends it only with the same root', () => {
    expect(isExtension(at(7), at(7), [], sha256)).toBe(true)
    expect(isExtension(at(7), { ...at(7), root: tree.mth(0, 8) }, [], sha256)).toBe(false)
  })

  test('everything extends an empty log, but only one with the root of nothing, and without a proof', () => {
    const empty = { ...at(0), root: emptyRoot(sha256) }
    expect(isExtension(empty, at(5), [], sha256)).toBe(true)
    expect(isExtension(empty, empty, [], sha256)).toBe(true)
    expect(isExtension(empty, at(5), [tree.mth(0, 5)], sha256)).toBe(false)
    expect(isExtension({ ...empty, root: tree.mth(0, 1) }, at(5), [], sha256)).toBe(false)
  })

  test('of another log extends nothing', () => {
    expect(isExtension(at(3), { ...at(5), origin: originOf('f'.repeat(32)) }, proof(3, 5), sha256)).toBe(false)
  })
})

describe('a .tlog-proof', () => {
  const leaves = leavesOf(1_000)
  const file = (index: number, size: number, extra: Uint8Array | null = null): TlogProof => ({
    index,
    proof: inclusionProof(index, size, tree.read, sha256) ?? [],
    checkpoint: signed(size),
    extra,
  })

  test('is written as the specification shows it', () => {
    const [first, ...lines] = tlogProofText(file(1, 2, Buffer.from('age-v1.2.1'))).split('\n')
    expect(first).toBe('c2sp.org/tlog-proof@v1')
    expect(lines).toEqual([
      'extra YWdlLXYxLjIuMQ==',
      'index 1',
      toBase64(leafAt(leaves, 0)),
      '',
      originOf(LOG),
      '2',
      toBase64(tree.mth(0, 2)),
      '',
      expect.stringMatching(/^— countersign\/\S+ \S+$/),
      '',
    ])
  })

  test.each([
    { index: 0, size: 1, extra: null },
    { index: 0, size: 1_000, extra: null },
    { index: 999, size: 1_000, extra: new Uint8Array(0) },
    { index: 500, size: 777, extra: new Uint8Array(100_000) },
  ])('of entry $index in $size reads back, and shows that entry and no other', ({ index, size, extra }) => {
    const text = tlogProofText(file(index, size, extra))
    expect(tlogProofText(parseTlogProof(text) as TlogProof)).toBe(text)
    expect(verifyTlogProof(text, leafAt(leaves, index), key, verify, sha256)).toMatchObject({ index, checkpoint: { size } })
    expect(verifyTlogProof(text, leafAt(leaves, index ^ 1), key, verify, sha256)).toHaveProperty('problem')
    expect(
      verifyTlogProof(text.replace(`index ${index}`, `index ${index + 1}`), leafAt(leaves, index), key, verify, sha256),
    ).toHaveProperty('problem')
  })

  test('carries cosignatures', () => {
    const witness = { ...keyOf(Buffer.alloc(32, 9)), name: 'w1', type: 4 } as const
    const proof = file(3, 9)
    const line = cosign(checkpointText(at(9)), witness, 1_700_000_000, witness.sign, sha256)
    const shown = verifyTlogProof(tlogProofText({ ...proof, checkpoint: proof.checkpoint + line }), leafAt(leaves, 3), key, verify, sha256)
    if ('problem' in shown) throw new Error(shown.problem)
    expect(verifyCosignature(shown.note, witness, verify, sha256)).toBe(1_700_000_000)
  })

  const good = tlogProofText(file(3, 9))
  const hash = toBase64(leafAt(leaves, 2))
  test.each([
    { what: 'nothing', text: '' },
    { what: 'a header alone', text: 'c2sp.org/tlog-proof@v1' },
    { what: 'another version', text: good.replace('@v1', '@v2') },
    { what: 'no index', text: good.replace('index 3\n', '') },
    { what: 'an index with a zero in front', text: good.replace('index 3', 'index 03') },
    { what: 'a negative index', text: good.replace('index 3', 'index -1') },
    { what: 'an index beyond the tree', text: good.replace('index 3', 'index 9') },
    { what: 'an index beyond all numbers', text: good.replace('index 3', 'index 99999999999999999999') },
    { what: 'extra data twice', text: good.replace('index 3', 'extra AA==\nextra AA==\nindex 3') },
    { what: 'extra data that is no base64', text: good.replace('index 3', 'extra A\nindex 3') },
    { what: 'extra data behind the index', text: good.replace('index 3\n', 'index 3\nextra AA==\n') },
    { what: 'a hash left out', text: good.replace(`${hash}\n`, '') },
    { what: 'a hash twice', text: good.replace(`${hash}\n`, `${hash}\n${hash}\n`) },
    { what: 'a hash cut', text: good.replace(hash, hash.slice(0, -4)) },
    { what: 'a million hashes', text: good.replace(`${hash}\n`, `${hash}\n`.repeat(1_000_000)) },
    { what: 'no checkpoint', text: good.slice(0, good.indexOf('\n\n') + 2) },
    { what: 'the checkpoint of another size', text: good.slice(0, good.indexOf('\n\n') + 2) + signed(10) },
    { what: 'carriage returns', text: good.replaceAll('\n', '\r\n') },
    { what: 'an empty line in front', text: `\n${good}` },
    { what: 'something behind it', text: `${good}\n` },
  ])('$what: shows nothing', ({ text }) => {
    expect(verifyTlogProof(good, leafAt(leaves, 3), key, verify, sha256)).toHaveProperty('index', 3)
    expect(verifyTlogProof(text, leafAt(leaves, 3), key, verify, sha256)).toEqual({ problem: expect.any(String) })
  })
})
