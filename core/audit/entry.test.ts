import { expect, test } from 'vitest'
import { canonicalJson, type Json } from '../json'
import { type Dice, dice } from '../policy/proof/dice'
import { batchBytes, commitment, entryHash, GENESIS } from './chain'
import { columnsOf, type EntryFields, type EntryPlace, recordedName } from './entry'
import { entryText, isCanonical, parseEntry } from './text'

const LOG = 'a'.repeat(32)
const WRITER = 'b'.repeat(32)
const place: EntryPlace = { v: 1, log: LOG, writer: WRITER, seq: 7, prev: GENESIS, at: '2026-11-23T06:00:00.000Z' }
const refusals: EntryFields = { type: 'refusals', count: 3, since: place.at, until: place.at, because: 'a\nb\u2028"c' }

/** Shows what is hashed instead of hashing it. */
const shown = (bytes: Uint8Array): Uint8Array => bytes.slice()

test('an entry is one line, its keys in order whatever order they came in', () => {
  const text = entryText(place, refusals)
  expect(text).toBe(
    `{"at":"${place.at}","because":"a\\nb\u2028\\"c","count":3,"log":"${LOG}","prev":"${GENESIS}","seq":7,"since":"${place.at}","type":"refusals","until":"${place.at}","v":1,"writer":"${WRITER}"}`,
  )
  expect(parseEntry(text, LOG, WRITER)).toEqual({ entry: { ...place, ...refusals } })
})

test('an entry can not take the place of another by its fields', () => {
  const forged = { ...refusals, seq: 1, writer: 'c'.repeat(32), log: 'd'.repeat(32) } as EntryFields
  expect(JSON.parse(entryText(place, forged))).toMatchObject({ seq: 7, writer: WRITER, log: LOG })
})

test.each([
  { hostile: 'a lone surrogate', text: 'x\ud800y', is: 'x\u{fffd}y' },
  { hostile: 'a NUL', text: 'x\0y', is: 'x\0y' },
  { hostile: 'a pair', text: '\u{1f600}', is: '\u{1f600}' },
])('$hostile in a string does not make its own record impossible', ({ text, is }) => {
  const entry = entryText(place, { ...refusals, because: text })
  expect(JSON.parse(entry)).toMatchObject({ because: is })
  expect(entry).not.toContain('\n')
  expect(entry).not.toContain('\0')
})

const STRINGS = [
  '',
  'read_file',
  'a"b',
  'back\\slash',
  'é',
  '\u{1f600}',
  '\ud800x',
  'x\udfff',
  '\u2028',
  '\n\t\0',
  '\u007f',
  'x'.repeat(300),
]
const KEYS = [
  'a',
  'b',
  'z',
  'aa',
  'A',
  '10',
  '9',
  '__proto__',
  'é',
  '\ud800',
  '\udfff',
  '\u{1f600}',
  '\uffff',
  'a"',
  'tool',
  'call',
  'prev',
  'seq',
]

function anyJson(chance: Dice, depth: number): Json {
  const kind = chance.roll(depth > 0 ? 7 : 5)
  if (kind === 0) return null
  if (kind === 1) return chance.chance(50)
  if (kind === 2) return chance.pick([0, -0, 1, -7, 2 ** 53 - 1, 1_700_000_000_000])
  if (kind <= 4) return chance.pick(STRINGS)
  if (kind === 5) return chance.some([0], 4).map(() => anyJson(chance, depth - 1))
  return anyMembers(chance, depth - 1)
}

const anyMembers = (chance: Dice, depth: number): { [key: string]: Json } =>
  Object.fromEntries(chance.some(KEYS, 6).map((key) => [key, anyJson(chance, depth)]))

const mended = (value: Json): Json => {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(mended)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), mended(item)]))
}

test('whatever an entry holds, its text is the canonical JSON of its members', () => {
  const chance = dice(42)
  for (let round = 0; round < 5_000; round++) {
    const type = chance.pick(['decision', 'receipt', 'config.limits'])
    const members = { ...anyMembers(chance, 3), type }
    const commitments = chance.chance(50) ? { result: 'f'.repeat(64), arguments: 'e'.repeat(64) } : undefined
    const drafted = { ...members, ...(chance.chance(30) ? { disclose: [] } : {}), ...(chance.chance(30) ? { pin: undefined } : {}) }
    const text = entryText(place, drafted as unknown as EntryFields, commitments)
    expect(text).toBe(canonicalJson(mended({ ...members, ...(commitments ? { commitments } : {}), ...place } as unknown as Json)))
  }
})

test.each([1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('%d is no number of an entry', (count) => {
  expect(() => entryText(place, { ...refusals, count })).toThrow('safe integer')
})

test.each([
  { wrong: 'no JSON', text: '{', because: 'no JSON object' },
  { wrong: 'an array', text: '[]', because: 'no JSON object' },
  { wrong: 'null', text: 'null', because: 'no JSON object' },
  { wrong: 'nothing but depth', text: '['.repeat(200_000), because: 'no JSON object' },
  { wrong: 'another version', text: JSON.stringify({ ...place, v: 2 }), because: 'version' },
  { wrong: 'another log', text: JSON.stringify({ ...place, log: 'x' }), because: 'another log' },
  { wrong: 'another writer', text: JSON.stringify({ ...place, writer: 'x' }), because: 'another writer' },
  { wrong: 'a number that is none', text: JSON.stringify({ ...place, seq: '7' }), because: 'number' },
  { wrong: 'a link that is none', text: JSON.stringify({ ...place, prev: 'x' }), because: 'link' },
  { wrong: 'no type', text: JSON.stringify(place), because: 'type' },
])('a text that is $wrong is a problem, not an exception', ({ text, because }) => {
  expect(parseEntry(text, LOG, WRITER)).toEqual({ problem: expect.stringContaining(because) })
})

test('there is one canonical text: another order, another number form or white space is not it', () => {
  const text = entryText(place, refusals)
  const parsed = parseEntry(text, LOG, WRITER)
  if ('problem' in parsed) throw new Error(parsed.problem)
  expect(isCanonical(text, parsed.entry)).toBe(true)
  for (const other of [` ${text}`, text.replace('"count":3', '"count":3.0'), JSON.stringify({ ...refusals, ...place })]) {
    expect(isCanonical(other, parsed.entry)).toBe(false)
  }
})

test('the hash of an entry is over 0x00 and its UTF-8 bytes (RFC 6962 §2.1)', () => {
  expect(entryHash('é', shown)).toBe('00c3a9')
  expect(entryHash('x'.repeat(20_000), shown)).toBe(`00${'78'.repeat(20_000)}`)
})

test('a signature of a batch covers its tag, writer, range and head', () => {
  expect(new TextDecoder().decode(batchBytes('w', 3, 9, 'h'))).toBe('countersign/batch/v1\nw\n3\n9\nh')
})

test('a commitment covers its tag, salt and bytes', () => {
  const hex = commitment(new Uint8Array([1, 2]), new Uint8Array([3]), shown)
  expect(Buffer.from(hex, 'hex').toString('latin1')).toBe('countersign/commitment/v1\n\x01\x02\x03')
})

test.each([
  { name: 'a line break', given: 'read\nfile', is: 'read\u{fffd}file' },
  { name: 'a NUL', given: 'read\0', is: 'read\u{fffd}' },
  { name: 'a terminal escape', given: '\u001b[31m', is: '\u{fffd}[31m' },
  { name: 'half a pair at the cut', given: `${'x'.repeat(255)}\u{1f600}`, is: `${'x'.repeat(255)}\u{fffd}` },
  { name: 'a million characters', given: 'x'.repeat(1_000_000), is: 'x'.repeat(256) },
])('a name with $name is recorded without it', ({ given, is }) => {
  expect(recordedName(given)).toBe(is)
})

test('columns repeat what the text says, and nothing where it says nothing', () => {
  expect(columnsOf({ type: 'receipt', call: 'c', status: 'done' })).toEqual({
    type: 'receipt',
    call: 'c',
    outcome: 'done',
    server: null,
    tool: null,
    principal: null,
  })
  expect(columnsOf({ type: 'decision', tool: '', principal: { id: 'ann' }, outcome: 7 })).toMatchObject({
    tool: null,
    principal: 'ann',
    outcome: null,
  })
})
