import { expect, test } from 'vitest'
import { toBase64 } from '../base64'
import { leafHash } from './chain'
import { signCheckpoint } from './checkpoint'
import { signRotation } from './rotation'
import { judgeShown, type ShownEntry } from './shown-entry'
import { LOG, LOG_KEY, logKey, testKey, testVerify, trust } from './testing-log'
import { sha256 } from './testing-tree'
import { parseTlogProof } from './tlog-proof'
import { nodeHash } from './tree'

const tools = { verify: testVerify, sha256 }
const [first, second] = [leafHash('{"a":1}', sha256), leafHash('{"b":2}', sha256)]
const root = Uint8Array.from(nodeHash(first, second, sha256))
const note = signCheckpoint({ origin: logKey.name, size: 2, root }, logKey, LOG_KEY.sign, sha256)
const entry: ShownEntry = { text: '{"b":2}', index: 1, leaf: toBase64(second), proof: [toBase64(first)], note }

test('an entry that was sealed is proven, and the file says so to others', () => {
  const shown = judgeShown(entry, trust, tools)
  expect(shown).toMatchObject({ is: 'proven', index: 1, size: 2 })
  expect('file' in shown && parseTlogProof(shown.file)).toMatchObject({ index: 1, extra: new TextEncoder().encode('{"b":2}') })
  expect(judgeShown({ ...entry, text: null }, trust, tools)).toMatchObject({ is: 'proven' })
})

test.each<{ what: string; shown: Partial<ShownEntry>; because: RegExp }>([
  { what: 'a text that was changed', shown: { text: '{"b":3}' }, because: /stored now is not the one that was sealed as #1/ },
  { what: 'a leaf that was never sealed', shown: { leaf: toBase64(first) }, because: /not number 1/ },
  { what: 'another place', shown: { index: 0 }, because: /not number 0/ },
  { what: 'a place beyond the log', shown: { index: 2 }, because: /not number 2/ },
  { what: 'no proof', shown: { proof: [] }, because: /not number 1/ },
  { what: 'a proof of no hashes', shown: { proof: ['x'] }, because: /not of hashes/ },
  { what: 'a note of nobody', shown: { note: 'nothing' }, because: /./ },
  {
    what: 'a checkpoint by another key',
    shown: { note: signCheckpoint({ origin: logKey.name, size: 2, root }, logKey, testKey('thief').sign, sha256) },
    because: /not signed by the key/,
  },
])('$what is not proven', ({ shown, because }) => {
  expect(judgeShown({ ...entry, ...shown }, trust, tools)).toEqual({ is: 'unproven', because: expect.stringMatching(because) })
})

test('where one key of the log was rotated twice there are two histories, and no place in either is proven', () => {
  const about = { size: 2, root, at: '2026-11-24T05:00:00.000Z', before: logKey }
  const to = (name: string, size = 2) => {
    const key = testKey(name)
    return signRotation(
      { ...about, size, after: { ...logKey, publicKey: key.publicKey } },
      { before: LOG_KEY.sign, after: key.sign },
      sha256,
    )
  }
  expect(judgeShown(entry, { ...trust, rotations: [to('second')] }, tools)).toMatchObject({ is: 'proven' })
  const because = expect.stringContaining('two statements from one key of the log, at 2 and at 3 entries: a fork')
  for (const rotations of [
    [to('second'), to('thief', 3)],
    [to('thief', 3), to('second')],
  ])
    expect(judgeShown(entry, { ...trust, rotations }, tools)).toEqual({ is: 'unproven', because })
})

test('a log of another id proves nothing', () => {
  expect(judgeShown(entry, { ...trust, log: 'b1'.repeat(16) }, tools)).toMatchObject({ is: 'unproven' })
  expect(LOG).not.toBe('b1'.repeat(16))
})
