import { describe, expect, test } from 'vitest'
import { toHex } from '../hash'
import type { Trust } from './certificate'
import { type LogKey, openCheckpoint, openKept, signCheckpoint } from './checkpoint'
import { compareTwo, type Two } from './compared'
import { followLogKeys, logKeysOf, withRotations } from './log-keys'
import type { NoteKey } from './note'
import { findPlainly } from './quick-texts'
import { openRotation, signRotation } from './rotation'
import {
  cosigned,
  LOG,
  LOG_KEY,
  type MemoryLog,
  Scribe,
  Sealer,
  sourceOf,
  type TestKey,
  testKey,
  testVerify,
  timeAt,
  trust,
  witnessed,
} from './testing-log'
import { sha256 } from './testing-tree'
import { verifyLog, verifyQuickly } from './verify'
import { readSubmission } from './witness-answer'
import { witnessRequestText } from './witness-request'

const TOOLS = { verify: testVerify, sha256 }
const name = `countersign/${LOG}`
const [second, third, thief] = [testKey('second'), testKey('third'), testKey('thief')]
const noteKey = ({ publicKey }: TestKey, of = name): NoteKey => ({ name: of, type: 1, publicKey })
const rootAt = (size: number) => Uint8Array.from(sha256(Buffer.from(`tree of ${size}`)))

type Said = {
  readonly size: number
  readonly before: TestKey
  readonly after: TestKey
  readonly of?: string
  readonly by?: readonly TestKey[]
}
const stated = ({ size, before, after, of = name, by = [before, after] }: Said): string => {
  const [one = before, other = after] = by
  const about = { size, root: rootAt(size), before: noteKey(before, of), after: noteKey(after, of), at: timeAt(size) }
  return signRotation(about, { before: one.sign, after: other.sign }, sha256)
}
const FIRST = { size: 10, before: LOG_KEY, after: second }
const NEXT = { size: 25, before: second, after: third }
const pinning = (key: TestKey, ...rotations: string[]): Trust => withRotations({ ...trust, logKey: toHex(key.publicKey) }, rotations)
const problemOf = (size: number, by: TestKey, key: LogKey): string | null => {
  const note = signCheckpoint({ origin: name, size, root: rootAt(size) }, noteKey(by), by.sign, sha256)
  const opened = openCheckpoint(note, key, testVerify, sha256)
  return 'problem' in opened ? opened.problem : null
}

describe('a statement that the log key was rotated', () => {
  test('reads back, and is a note that others can read', () => {
    const statement = stated(FIRST)
    expect(openRotation(statement, TOOLS)).toMatchObject({ size: 10, root: rootAt(10), at: timeAt(10), note: statement })
  })

  test('says nothing any more once any of it is changed', () => {
    const statement = stated(FIRST)
    for (let at = 0; at < statement.length; at += 1)
      for (const letter of ['', 'x', '\n'])
        if (statement[at] !== letter)
          expect(openRotation(statement.slice(0, at) + letter + statement.slice(at + 1), TOOLS)).toHaveProperty('problem')
  })

  test('is no checkpoint, whatever key signed it', () => {
    const statement = stated(FIRST)
    for (const key of [LOG_KEY, second]) expect(openCheckpoint(statement, noteKey(key), testVerify, sha256)).toHaveProperty('problem')
  })
})

/** Up to where each of three keys signs. */
const TURNS = [FIRST.size, NEXT.size, Number.POSITIVE_INFINITY]

describe('the keys of a log', () => {
  test.each([
    { pinned: 'the first', key: LOG_KEY },
    { pinned: 'the second', key: second },
    { pinned: 'the newest', key: third },
  ])('by whom has pinned $pinned, each key signs in its turn and never else', ({ key }) => {
    // In whatever order they come, and however often.
    const keys = followLogKeys(pinning(key, stated(NEXT), stated(FIRST), stated(NEXT)), TOOLS)
    expect(keys?.faults).toEqual([])
    expect(keys?.rotations.map(({ size }) => size)).toEqual([10, 25])
    const all = keys?.key ?? expect.fail('no keys')
    expect(all.publicKey).toEqual(third.publicKey)
    for (const size of [0, 1, 10, 11, 25, 26, 1_000]) {
      const signed = [LOG_KEY, second, third].map((by) => problemOf(size, by, all))
      expect(signed.indexOf(null)).toBe(TURNS.findIndex((to) => size <= to))
      expect(signed.filter((problem) => problem?.includes('whose turn it was not'))).toHaveLength(2)
      expect(problemOf(size, thief, all)).toBe('the checkpoint is not signed by the key of its log')
    }
  })

  test.each([
    { what: 'no statement at all', rotations: [] },
    { what: 'one that the key of before did not sign', rotations: [stated({ ...FIRST, by: [thief, second] })] },
    { what: 'one that the new key did not sign', rotations: [stated({ ...FIRST, by: [LOG_KEY, thief] })] },
    { what: 'one by a thief to a thief', rotations: [stated({ ...FIRST, before: thief })] },
    { what: 'one of another log', rotations: [stated({ ...FIRST, of: 'countersign/other' })] },
    { what: 'no statement but a text', rotations: ['rotated, believe me\n'] },
    { what: 'the second step without the first', rotations: [stated(NEXT)] },
  ])('with $what, a key that is not pinned signs nothing', ({ rotations }) => {
    const keys = followLogKeys(pinning(LOG_KEY, ...rotations), TOOLS)
    expect(keys?.faults).toHaveLength(rotations.length)
    expect(problemOf(11, second, keys?.key ?? expect.fail())).toBe('the checkpoint is not signed by the key of its log')
    expect(problemOf(11, LOG_KEY, keys?.key ?? expect.fail())).toBeNull()
  })

  test('rotated twice from one key: neither is followed, and the key signs nothing after the first', () => {
    const keys = followLogKeys(pinning(LOG_KEY, stated(FIRST), stated({ ...FIRST, size: 7, after: thief })), TOOLS)
    expect(keys?.faults).toEqual([expect.stringContaining('rotated twice from one key, at 7 and at 10 entries')])
    const key = keys?.key ?? expect.fail()
    expect(problemOf(7, LOG_KEY, key)).toBeNull()
    for (const by of [LOG_KEY, second, thief]) expect(problemOf(8, by, key)).not.toBeNull()
    expect(key.forked).toContain('two statements from one key of the log, at 7 and at 10 entries: a fork')
  })

  test('what strangers state twice is no fork of this log', () => {
    const strange = [stated({ size: 5, before: thief, after: second }), stated({ size: 6, before: thief, after: third })]
    expect(logKeysOf(pinning(LOG_KEY, ...strange), TOOLS)).not.toHaveProperty('forked')
    expect(logKeysOf(pinning(LOG_KEY, stated(FIRST), stated(FIRST), stated(NEXT)), TOOLS)).not.toHaveProperty('forked')
  })

  test('stated twice of the same two keys, which only who holds both can do, the later counts', () => {
    for (const statements of [
      [stated(FIRST), stated({ ...FIRST, size: 7 })],
      [stated({ ...FIRST, size: 7 }), stated(FIRST)],
    ]) {
      const keys = followLogKeys(pinning(LOG_KEY, ...statements), TOOLS)
      expect(keys).toMatchObject({ faults: [], rotations: [{ size: 10 }] })
      expect(problemOf(10, LOG_KEY, keys?.key ?? expect.fail())).toBeNull()
    }
  })

  test('what hangs together with the pinned key is believed as evidence, contradictions too, and nothing else', () => {
    const fork = stated({ ...FIRST, size: 7, after: thief })
    const strange = stated({ size: 5, before: third, after: testKey('fourth') })
    const keys = followLogKeys(pinning(LOG_KEY, 'junk', stated(FIRST), fork, strange), TOOLS)
    expect(keys?.believed).toEqual([fork, stated(FIRST)])
    const kept = (by: TestKey) => {
      const note = signCheckpoint({ origin: name, size: 30, root: rootAt(30) }, noteKey(by), by.sign, sha256)
      return openKept(note, keys?.key ?? expect.fail(), testVerify, sha256)
    }
    for (const by of [LOG_KEY, second, thief]) expect(kept(by)).toMatchObject({ strange: expect.any(String) })
    expect(kept(third)).toHaveProperty('problem')
  })

  test('a key does not come back, and none is rotated before it signed', () => {
    const back = followLogKeys(pinning(LOG_KEY, stated(FIRST), stated({ size: 20, before: second, after: LOG_KEY })), TOOLS)
    expect(back?.faults).toHaveLength(1)
    const early = followLogKeys(pinning(LOG_KEY, stated(FIRST), stated({ ...NEXT, size: 10 })), TOOLS)
    expect(early?.faults).toHaveLength(1)
    expect(early?.rotations).toHaveLength(1)
  })

  test('a pinned key that is none leads to nothing', () => {
    expect(logKeysOf({ ...trust, logKey: 'zz' }, TOOLS)).toBeNull()
  })
})

test('a witness that knows of the rotation signs for each key in its turn, and one that does not signs for the key it knows', () => {
  const asked = (size: number, by: TestKey): string => {
    const note = signCheckpoint({ origin: name, size, root: rootAt(size) }, noteKey(by), by.sign, sha256)
    return witnessRequestText({ oldSize: 0, proof: [], note })
  }
  const statusOf = (size: number, by: TestKey, key: LogKey) => {
    const read = readSubmission(asked(size, by), [key], testVerify, sha256)
    return 'status' in read ? read.status : 200
  }
  const aware = logKeysOf(pinning(LOG_KEY, stated(FIRST)), TOOLS) ?? expect.fail()
  const asks = [
    [10, LOG_KEY],
    [11, second],
    [11, LOG_KEY],
    [10, second],
  ] as const
  expect(asks.map(([size, by]) => statusOf(size, by, aware))).toEqual([200, 200, 403, 403])
  expect(asks.map(([size, by]) => statusOf(size, by, noteKey(LOG_KEY)))).toEqual([200, 403, 200, 403])
})

describe('two checkpoints of a log', () => {
  const noteOf = (size: number, by: TestKey = LOG_KEY) =>
    signCheckpoint({ origin: name, size, root: rootAt(size) }, noteKey(by), by.sign, sha256)
  const fork = [stated(FIRST), stated({ ...FIRST, size: 7, after: thief })]
  const compare = (two: Partial<Two>, ...rotations: readonly string[]) =>
    compareTwo({ earlier: noteOf(5), later: noteOf(5), isNewest: true, ...two }, pinning(LOG_KEY, ...rotations), async () => null, TOOLS)

  test('are the same, or a fork wherever one key was rotated twice, even where both were signed before', async () => {
    expect(await compare({})).toMatchObject({ is: 'told', earlier: 5, look: { is: 'same' } })
    expect(await compare({}, ...fork)).toMatchObject({
      is: 'told',
      look: { is: 'fork', sentence: expect.stringContaining('two statements from one key') },
    })
  })

  test.each<{ what: string; two: Partial<Two>; says: RegExp }>([
    { what: 'a text', two: { earlier: 'no note' }, says: /says nothing about this log/ },
    { what: 'one of a thief', two: { earlier: noteOf(5, thief) }, says: /not signed by the key/ },
    { what: 'a later one', two: { earlier: noteOf(6), isNewest: false }, says: /more entries than the later/ },
  ])('with $what for the earlier, nothing can be told', async ({ two, says }) => {
    expect(await compare(two)).toEqual({ is: 'unclear', sentence: expect.stringMatching(says) })
  })

  test('a later one that is shorter, or that nobody shows to begin with the earlier, is wrong', async () => {
    expect(await compare({ earlier: noteOf(6) })).toMatchObject({ look: { is: 'regression' } })
    expect(await compare({ later: noteOf(9) })).toMatchObject({ look: { is: 'fork' } })
  })
})

/** Ten entries, sealed one by one, the key rotated after the third and after the seventh; or the beginning of it. */
function rotatedLog(until = 10): { readonly log: MemoryLog; readonly statements: readonly string[] } {
  const scribe = new Scribe('b'.repeat(32), 'console')
  for (let n = 0; n < 9; n++) scribe.batch([{ type: 'config.test', actor: 'tester', before: n, after: n + 1 }])
  const sealer = new Sealer()
  const statements: string[] = []
  for (let to = 1; to <= until; to++) {
    sealer.round([{ id: scribe.id, rows: scribe.rows, to }], timeAt(to))
    if (to === 3) statements.push(sealer.rotate(second, timeAt(to)))
    if (to === 7) statements.push(sealer.rotate(third, timeAt(to)))
  }
  return { log: { writers: new Map([[scribe.id, scribe.end(null, 'held')]]), seal: sealer.end() }, statements }
}

/** Who owns the database has the log's first key, and not the others. */
const resigned = (log: MemoryLog, size: number, by: TestKey): void => {
  const found = log.seal?.checkpoints.find((each) => each.size === size) ?? expect.fail()
  const note = signCheckpoint({ origin: name, size, root: found.root }, noteKey(by), by.sign, sha256)
  Object.assign(found, { note })
}

describe('a log whose key was rotated', () => {
  const { log, statements } = rotatedLog()
  const lookAt = (seen: MemoryLog, pinned: Trust, deep = false) =>
    verifyLog(sourceOf(seen), { trust: pinned, sha256, verify: testVerify, deep })

  test.each([{ pinned: LOG_KEY }, { pinned: second }, { pinned: third }])(
    'is intact, whichever of its keys is pinned',
    async ({ pinned }) => {
      for (const deep of [false, true]) {
        const report = await lookAt(log, pinning(pinned), deep)
        expect(report).toMatchObject({ verdict: 'intact', sealed: { size: 10 }, protection: { level: 'sealed' } })
      }
      const quick = await verifyQuickly(sourceOf(log), { trust: pinning(pinned), sha256, verify: testVerify }, { find: findPlainly })
      expect(quick).toMatchObject({ verdict: 'intact', sealed: { size: 10 } })
    },
  )

  type Attack = {
    attack: string
    kind: string
    pins?: readonly string[]
    deep?: true
    does(seal: NonNullable<MemoryLog['seal']>, log: MemoryLog): void
  }
  const attacks: readonly Attack[] = [
    { attack: 'a statement is taken away', kind: 'bad checkpoint', does: (seal) => void seal.rotations.pop() },
    { attack: 'all are taken away', kind: 'bad checkpoint', does: (seal) => void seal.rotations.splice(0) },
    {
      attack: 'one is taken away that is kept elsewhere',
      kind: 'bad log key',
      pins: statements,
      does: (seal) => void seal.rotations.pop(),
    },
    {
      attack: 'a statement without the key of before',
      kind: 'bad log key',
      does: (seal) => void seal.rotations.push(stated({ size: 9, before: third, after: thief, by: [thief, thief] })),
    },
    {
      attack: 'another one from the first key',
      kind: 'bad log key',
      does: (seal) => void seal.rotations.push(stated({ size: 2, before: LOG_KEY, after: thief })),
    },
    {
      attack: 'a statement about another history',
      kind: 'fork',
      does: (seal) => void seal.rotations.splice(0, 1, stated({ size: 3, before: LOG_KEY, after: second })),
    },
    { attack: 'the newest checkpoint by a key of before', kind: 'bad checkpoint', does: (_, seen) => resigned(seen, 10, LOG_KEY) },
    { attack: 'one in between by a key of before', kind: 'bad checkpoint', deep: true, does: (_, seen) => resigned(seen, 5, LOG_KEY) },
    { attack: 'one of before by the new key', kind: 'bad checkpoint', deep: true, does: (_, seen) => resigned(seen, 2, third) },
  ]
  test.each(attacks)('$attack: named, never intact', async ({ kind, pins = [], deep, does }) => {
    const seen = structuredClone(log)
    does(seen.seal ?? expect.fail(), seen)
    const report = await lookAt(seen, pinning(LOG_KEY, ...pins), deep)
    expect(report.verdict).toBe('damaged')
    expect(report.findings.map((finding) => finding.kind)).toContain(kind)
  })
})

describe('a log that was set back, of which a witness saw more', () => {
  const { log } = rotatedLog()
  const sawBy = (signer: TestKey) => {
    const { root } = log.seal?.checkpoints.find(({ size }) => size === 10) ?? expect.fail()
    const note = signCheckpoint({ origin: name, size: 10, root }, noteKey(signer), signer.sign, sha256)
    return [{ from: 'Witness w1', note: cosigned({ note, root, size: 10, at: timeAt(10) }) }]
  }
  const cutTo2 = (...rotations: readonly string[]): MemoryLog => {
    const { log: cut } = rotatedLog(2)
    cut.seal?.rotations.push(...rotations)
    return cut
  }
  const kinds = async (seen: MemoryLog, signer: TestKey) => {
    const options = { trust: witnessed, sha256, verify: testVerify, kept: sawBy(signer) }
    const [full, quick] = [await verifyLog(sourceOf(seen), options), await verifyQuickly(sourceOf(seen), options, { find: findPlainly })]
    // The quick look leaves it to the full one.
    expect({ verdict: full.verdict, quick }).toEqual({ verdict: 'damaged', quick: null })
    return full.findings.map(({ kind }) => kind)
  }

  test('to before its key was rotated, and the statements are gone: it is truncated, whoever signed what the witness saw', async () => {
    expect(await kinds(cutTo2(), third)).toEqual(['truncated'])
  })

  test('with a rotation that was dated back, by whoever stole the key: it is truncated, and the statement is a lie', async () => {
    const lie = stated({ size: 2, before: LOG_KEY, after: thief })
    expect(await kinds(cutTo2(lie), LOG_KEY)).toEqual(expect.arrayContaining(['bad log key', 'truncated']))
  })

  test('what neither a witness nor a key of the log signed says nothing', async () => {
    const { root } = log.seal?.checkpoints[9] ?? expect.fail()
    const note = signCheckpoint({ origin: name, size: 10, root }, noteKey(thief), thief.sign, sha256)
    const options = { trust: witnessed, sha256, verify: testVerify, kept: [{ from: 'A file', note }] }
    expect((await verifyLog(sourceOf(cutTo2()), options)).doubts.join()).toContain('A file says nothing about this log')
  })
})
