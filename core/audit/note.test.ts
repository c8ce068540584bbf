import { describe, expect, test } from 'vitest'
import { toBase64 } from '../base64'
import type { Sign } from '../hash'
import { dice } from '../policy/proof/dice'
import {
  cosign,
  isKeyName,
  keyIdOf,
  type Note,
  type NoteKey,
  noteText,
  openNote,
  readSignatures,
  readVkey,
  signatureLine,
  signNote,
  verifyCosignature,
  verifyNote,
  vkeyOf,
} from './note'
import { keyOf, verify } from './testing-keys'
import { sha256 } from './testing-tree'

const opened = (text: string): Note => {
  const note = openNote(text)
  if ('problem' in note) throw new Error(note.problem)
  return note
}

const keyFrom = (vkey: string): NoteKey => readVkey(vkey, sha256) ?? expect.fail(`${vkey} is a verifier key`)

describe('examples of others', () => {
  // golang.org/x/mod/sumdb/note, package documentation; the seed of its private key.
  const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
  const SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1)
  const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
  const LINE = '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'

  test('the note of golang.org/x/mod verifies, and is written byte for byte with its key', () => {
    const key = keyFrom(PETER)
    expect(verifyNote(opened(`${TEXT}\n${LINE}`), key, verify, sha256)).toBe(true)
    const { publicKey, sign } = keyOf(SEED)
    expect(Buffer.compare(publicKey, key.publicKey)).toBe(0)
    expect(signNote(TEXT, key, sign, sha256)).toBe(`${TEXT}\n${LINE}`)
  })

  test('a checkpoint of sum.golang.org, the example of C2SP tlog-checkpoint under its first name', () => {
    const key = keyFrom('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8')
    const signature = 'Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8='
    const text = 'go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
    expect(verifyNote(opened(`${text}\n— sum.golang.org ${signature}\n`), key, verify, sha256)).toBe(true)
    expect(verifyNote(opened(`${text.replace('63', '64')}\n— sum.golang.org ${signature}\n`), key, verify, sha256)).toBe(false)
  })

  test.each([
    'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
    'TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6',
    'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2',
  ])('%s is read and written as it is', (vkey) => {
    expect(vkeyOf(keyFrom(vkey), sha256)).toBe(vkey)
  })
})

const log = { ...keyOf(Buffer.alloc(32, 7)), name: 'countersign/0123456789abcdef0123456789abcdef', type: 1 } as const
const witness = { ...keyOf(Buffer.alloc(32, 9)), name: 'witness.example.org/w1', type: 4 } as const
const TEXT = `${log.name}\n42\n${toBase64(Buffer.alloc(32, 1))}\n`
const NOTE = signNote(TEXT, log, log.sign, sha256)
const COSIGNED = NOTE + cosign(TEXT, witness, 1_679_315_147, witness.sign, sha256)

describe('verifying', () => {
  test('a note with a cosignature: both hold, and each only for its own kind of key', () => {
    const note = opened(COSIGNED)
    expect(note.text).toBe(TEXT)
    expect(verifyNote(note, log, verify, sha256)).toBe(true)
    expect(verifyCosignature(note, witness, verify, sha256)).toBe(1_679_315_147)
    expect(verifyNote(note, { ...witness, type: 4 }, verify, sha256)).toBe(false)
    expect(verifyNote(note, { ...witness, type: 1 }, verify, sha256)).toBe(false)
    expect(verifyCosignature(note, { ...log, type: 4 }, verify, sha256)).toBeNull()
    expect(verifyCosignature(note, log, verify, sha256)).toBeNull()
  })

  test('what a cosignature covers is written as the specification writes it', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
    const seen: string[] = []
    const sign: Sign = (message) => {
      seen.push(Buffer.from(message).toString())
      return new Uint8Array(64)
    }
    cosign(text, witness, 1_679_315_147, sign, sha256)
    expect(seen).toEqual([`cosignature/v1\ntime 1679315147\n${text}`])
  })

  test('a signature with the same key for the text alone is no cosignature, and the other way about', () => {
    const asNote = signNote(TEXT, { ...witness, type: 1 }, witness.sign, sha256)
    expect(verifyCosignature(opened(asNote), witness, verify, sha256)).toBeNull()
    const asCosignature = cosign(TEXT, { ...log, type: 4 }, 1, log.sign, sha256)
    expect(verifyNote(opened(`${TEXT}\n${asCosignature}`), log, verify, sha256)).toBe(false)
  })

  test('lines of unknown keys are passed over, under a known name or a known id alike', () => {
    const stranger = keyOf(Buffer.alloc(32, 8))
    const sameName = signNote(TEXT, { ...log, publicKey: stranger.publicKey }, stranger.sign, sha256)
    expect(verifyNote(opened(sameName), log, verify, sha256)).toBe(false)
    const keyId = keyIdOf(log, sha256)
    const sameId = signatureLine({ name: 'elsewhere', keyId, signature: new Uint8Array(64) })
    expect(verifyNote(opened(NOTE + sameId), log, verify, sha256)).toBe(true)
    const large = signatureLine({ name: 'post.quantum', keyId, signature: new Uint8Array(5_000) })
    expect(verifyNote(opened(NOTE + large.repeat(20)), log, verify, sha256)).toBe(true)
  })

  test('one line of a known key that fails fails the note, whatever its others say', () => {
    const bad = signatureLine({ name: log.name, keyId: keyIdOf(log, sha256), signature: new Uint8Array(64) })
    expect(verifyNote(opened(NOTE + bad), log, verify, sha256)).toBe(false)
    const badCosignature = signatureLine({ name: witness.name, keyId: keyIdOf(witness, sha256), signature: new Uint8Array(72) })
    expect(verifyCosignature(opened(COSIGNED + badCosignature), witness, verify, sha256)).toBeNull()
  })

  test('of two cosignatures of one witness the later counts', () => {
    const both = COSIGNED + cosign(TEXT, witness, 1_679_315_000, witness.sign, sha256)
    expect(verifyCosignature(opened(both), witness, verify, sha256)).toBe(1_679_315_147)
  })

  test('a time beyond what can be counted is no time', () => {
    const far = new Uint8Array(72).fill(0xff)
    const line = signatureLine({ name: witness.name, keyId: keyIdOf(witness, sha256), signature: far })
    expect(verifyCosignature(opened(NOTE + line), witness, () => true, sha256)).toBeNull()
  })

  test.each([0, 1, 63, 65, 72, 5_000])('a signature of %d bytes is refused before anything is computed', (length) => {
    const line = signatureLine({ name: log.name, keyId: keyIdOf(log, sha256), signature: new Uint8Array(length) })
    const note = openNote(`${TEXT}\n${line}`)
    if (length === 0) expect(note).toHaveProperty('problem')
    else expect(verifyNote(note as Note, log, () => true, sha256)).toBe(false)
  })

  test('every letter of a note that is changed ends its signature, or the note', () => {
    const { roll } = dice(3)
    for (let at = 0; at < COSIGNED.length; at++) {
      const other = 'aB3+/=\n— \0\ud800é'.replace(COSIGNED.charAt(at), '')
      const changed = openNote(COSIGNED.slice(0, at) + other.charAt(roll(other.length)) + COSIGNED.slice(at + 1))
      if ('problem' in changed) continue
      const both = verifyNote(changed, log, verify, sha256) && verifyCosignature(changed, witness, verify, sha256) !== null
      expect(both).toBe(false)
    }
  })
})

describe('reading', () => {
  test('gives back what was written, of any text', () => {
    for (const text of ['x\n', '\n', 'a\n\nb\n', '— not a signature\n', '\u0085é\u{1f600}\n']) {
      const note = signNote(text, log, log.sign, sha256)
      expect(opened(note).text).toBe(text)
      expect(noteText(opened(note))).toBe(note)
      expect(verifyNote(opened(note), log, verify, sha256)).toBe(true)
    }
    expect(noteText(opened(COSIGNED))).toBe(COSIGNED)
  })

  const line = NOTE.slice(NOTE.indexOf('— '))
  const data = line.slice(line.lastIndexOf(' ') + 1, -1)
  test.each([
    { what: 'nothing', note: '' },
    { what: 'no empty line', note: `text\n${line}` },
    { what: 'no signature', note: 'text\n\n' },
    { what: 'no line break at the end', note: `text\n\n${line.slice(0, -1)}` },
    { what: 'an empty line after the signatures', note: `text\n\n${line}\n` },
    { what: 'a hyphen for the dash', note: `text\n\n${line.replace('—', '-')}` },
    { what: 'two blanks', note: `text\n\n${line.replace('— ', '—  ')}` },
    { what: 'a blank at the end', note: `text\n\n— a ${data} \n` },
    { what: 'a plus in the name', note: `text\n\n— a+b ${data}\n` },
    { what: 'no name', note: `text\n\n—  ${data}\n` },
    { what: 'a narrow no-break space in the name', note: `text\n\n— a\u202fb ${data}\n` },
    { what: 'a next-line character in the name', note: `text\n\n— a\u0085b ${data}\n` },
    { what: 'a signature of four bytes', note: 'text\n\n— a AAAAAA==\n' },
    { what: 'base64 with bits that stand for nothing', note: 'text\n\n— a AAAAAAF=\n' },
    { what: 'a tab in the text', note: `te\txt\n\n${line}` },
    { what: 'a NUL in the text', note: `te\0xt\n\n${line}` },
    { what: 'a carriage return', note: `text\r\n\n${line}` },
    { what: 'half a character', note: `te\ud800xt\n\n${line}` },
    { what: 'a hundred and one signatures', note: `text\n\n${line.repeat(101)}` },
    { what: 'more than a million characters', note: `${'x'.repeat(1_000_000)}\n\n${line}` },
  ])('$what: no note', ({ note }) => {
    expect(openNote(note)).toEqual({ problem: expect.any(String) })
  })

  test('a hundred signatures are read, and lines alone as a witness answers them', () => {
    expect(opened(`text\n\n${line.repeat(100)}`).signatures).toHaveLength(100)
    expect(readSignatures(line)).toEqual(opened(NOTE).signatures)
    for (const bad of ['', '\n', `${line}\n`, `x${line}`]) expect(readSignatures(bad)).toHaveProperty('problem')
  })

  test.each([
    { what: 'another key id', vkey: 'example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k' },
    { what: 'a key id in capitals', vkey: 'example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k' },
    { what: 'another name', vkey: 'example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k' },
    { what: 'no key', vkey: 'example.com/foo+530d903a' },
    { what: 'no name', vkey: '+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k' },
    { what: 'a line break behind it', vkey: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n' },
    { what: 'a key of 31 bytes', vkey: vkeyOf({ name: 'a', type: 1, publicKey: new Uint8Array(31) }, sha256) },
    { what: 'a key of 33 bytes', vkey: vkeyOf({ name: 'a', type: 4, publicKey: new Uint8Array(33) }, sha256) },
    { what: 'a blank in the name', vkey: vkeyOf({ name: 'a b', type: 1, publicKey: new Uint8Array(32) }, sha256) },
    { what: 'a type we do not verify', vkey: vkeyOf({ name: 'a', type: 6 as 4, publicKey: new Uint8Array(32) }, sha256) },
  ])('$what: no verifier key', ({ vkey }) => {
    expect(readVkey(vkey, sha256)).toBeNull()
  })

  test('names that can not stand in a line', () => {
    for (const name of ['', ' ', 'a b', 'a+b', 'a\nb', 'a\tb', 'a\u00a0b', '\ud800']) expect(isKeyName(name)).toBe(false)
    for (const name of ['a', 'example.com/log42', 'é', '—']) expect(isKeyName(name)).toBe(true)
  })

  test('we do not sign what could not be read again', () => {
    const { sign } = log
    for (const text of ['', 'no newline', 'tab\there\n', 'half \ud800\n'])
      expect(() => signNote(text, log, sign, sha256)).toThrow(TypeError)
    expect(() => signNote('x\n', { ...log, name: 'a b' }, sign, sha256)).toThrow(TypeError)
    expect(() => signNote('x\n', { ...log, type: 4 }, sign, sha256)).toThrow(TypeError)
    expect(() => cosign('x\n', { ...witness, type: 1 }, 1, sign, sha256)).toThrow(TypeError)
    for (const time of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => cosign('x\n', witness, time, sign, sha256)).toThrow(TypeError)
  })
})
