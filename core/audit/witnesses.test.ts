import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Sha256 } from '../hash'
import { vkeyOf } from './note'
import { isOnLogHost, outsideWitnesses, readWitnesses, WITNESSES_LIMIT } from './witnesses'

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest()
const witnessOf = (n: number, name = `w${n}.test/k`, type: 1 | 4 = 4) => ({
  name,
  vkey: vkeyOf({ name, type, publicKey: new Uint8Array(32).fill(n + 1) }, sha256),
  url: `http://w${n}.test:7744`,
  host: `w${n}.test`,
})
const [a, b] = [witnessOf(0), witnessOf(1)]

test('no witnesses, some, and a threshold are read as they are written', () => {
  expect(readWitnesses(undefined, undefined, sha256)).toEqual({})
  expect(readWitnesses([a, b], undefined, sha256)).toEqual({ witnesses: [a, b] })
  expect(readWitnesses([a, b], 2, sha256)).toEqual({ witnesses: [a, b], threshold: 2 })
  expect(readWitnesses([{ ...a, more: 1 }], 1, sha256)).toEqual({ witnesses: [a], threshold: 1 })
})

test.each<{ hostile: string; witnesses: unknown; threshold?: unknown }>([
  { hostile: 'a threshold without witnesses', witnesses: undefined, threshold: 1 },
  { hostile: 'an empty list', witnesses: [] },
  { hostile: 'null', witnesses: null },
  { hostile: 'an object that counts', witnesses: { 0: a, length: 1 } },
  { hostile: 'a witness that is null', witnesses: [null] },
  { hostile: 'a witness that is a text', witnesses: [a.vkey] },
  { hostile: 'a key that signs logs', witnesses: [witnessOf(0, 'w', 1)] },
  { hostile: 'a key id of another key', witnesses: [{ ...a, vkey: a.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+') }] },
  { hostile: 'another name than the key’s', witnesses: [{ ...a, name: 'other' }] },
  { hostile: 'a name that is no text', witnesses: [{ ...a, name: 1 }] },
  { hostile: 'a key that is no text', witnesses: [{ ...a, vkey: [a.vkey] }] },
  { hostile: 'a key of a million characters', witnesses: [{ ...a, vkey: `${a.vkey}${'A'.repeat(1_000_000)}` }] },
  { hostile: 'one witness twice', witnesses: [a, a] },
  { hostile: 'one key under two names', witnesses: [a, { ...witnessOf(0, 'other'), url: b.url }] },
  { hostile: 'one name with two keys', witnesses: [a, witnessOf(5, a.name)] },
  { hostile: 'a script for an address', witnesses: [{ ...a, url: 'javascript:alert(1)' }] },
  { hostile: 'a file for an address', witnesses: [{ ...a, url: 'file:///etc/passwd' }] },
  { hostile: 'a password in the address', witnesses: [{ ...a, url: 'http://u:p@w.test' }] },
  { hostile: 'a query in the address', witnesses: [{ ...a, url: 'http://w.test/?a' }] },
  { hostile: 'an empty fragment in the address', witnesses: [{ ...a, url: 'http://w.test/#' }] },
  { hostile: 'no address', witnesses: [{ ...a, url: '' }] },
  { hostile: 'no host', witnesses: [{ ...a, host: '' }] },
  { hostile: 'a host with an escape sequence', witnesses: [{ ...a, host: 'a\u001b[2J' }] },
  { hostile: 'a threshold of none', witnesses: [a, b], threshold: 0 },
  { hostile: 'a threshold beyond all', witnesses: [a, b], threshold: 3 },
  { hostile: 'half a witness as the threshold', witnesses: [a, b], threshold: 1.5 },
  { hostile: 'a threshold that is a text', witnesses: [a, b], threshold: '1' },
  { hostile: 'a threshold that is null', witnesses: [a, b], threshold: null },
  { hostile: 'more witnesses than anybody asks', witnesses: Array.from({ length: WITNESSES_LIMIT + 1 }, (_, n) => witnessOf(n)) },
])('$hostile is refused with a clause', ({ witnesses, threshold }) => {
  expect(readWitnesses(witnesses, threshold, sha256)).toEqual({ problem: expect.stringMatching(/\w/) })
})

test.each([
  'localhost',
  'LOCALHOST',
  'w.localhost',
  '127.0.0.1',
  '127.1.2.3',
  '::1',
  '[::1]',
  '0.0.0.0',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  'localhost.',
])('a witness at %s runs where the log does, so it anchors nothing', (host) => {
  expect(isOnLogHost({ host })).toBe(true)
  expect(outsideWitnesses({ witnesses: [{ ...a, host }, b] })).toEqual([b])
})

test.each(['w.test', '192.168.1.7', 'localhost.example.org', '128.0.0.1', '[2001:db8::1]'])('%s is another machine', (host) => {
  expect(isOnLogHost({ host })).toBe(false)
})
