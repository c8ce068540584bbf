import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commitment, entryHash } from '../core/audit/chain'
import { commitTo, ephemeralKey, freshSalt, leafHash, sha256, signingKey, startCommitment, verifyEd25519 } from './crypto'

const bytes = (hex: string) => Buffer.from(hex, 'hex')

// RFC 8032 §7.1, tests 1 to 3.
test.each([
  {
    name: 'the empty message',
    secret: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'one byte',
    secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    name: 'two bytes',
    secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
])('RFC 8032 signs and verifies $name', ({ secret, key, message, signature }) => {
  const d = bytes(secret).toString('base64url')
  const x = bytes(key).toString('base64url')
  const signer = signingKey(createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' }))
  expect(signer.publicKey).toBe(key)
  expect(Buffer.from(signer.sign(bytes(message))).toString('hex')).toBe(signature)
  expect(verifyEd25519(bytes(key), bytes(message), bytes(signature))).toBe(true)
  expect(verifyEd25519(bytes(key), bytes(`${message}00`), bytes(signature))).toBe(false)
})

type Wycheproof = {
  testGroups: { publicKey: { pk: string }; tests: { tcId: number; comment: string; msg: string; sig: string; result: string }[] }[]
}

const VECTORS = join(import.meta.dirname, 'vectors', 'ed25519.json')

test('Wycheproof: 88 signatures hold and 63 must be refused', () => {
  const { testGroups } = JSON.parse(readFileSync(VECTORS, 'utf8')) as Wycheproof
  const seen = { valid: 0, invalid: 0 }
  for (const { publicKey, tests } of testGroups) {
    for (const { tcId, comment, msg, sig, result } of tests) {
      const isGood = verifyEd25519(bytes(publicKey.pk), bytes(msg), bytes(sig))
      expect(isGood, `case ${tcId}: ${comment}`).toBe(result === 'valid')
      seen[isGood ? 'valid' : 'invalid'] += 1
    }
  }
  expect(seen).toEqual({ valid: 88, invalid: 63 })
})

test.each([
  { what: 'a key of 31 bytes', key: 31, signature: 64 },
  { what: 'a signature of 63 bytes', key: 32, signature: 63 },
  { what: 'a key that is no point of the curve', key: 32, signature: 64 },
])('$what is false, never an error', ({ key, signature }) => {
  expect(verifyEd25519(new Uint8Array(key).fill(0xff), new Uint8Array(3), new Uint8Array(signature))).toBe(false)
})

test('two ephemeral keys differ, and neither believes the other', () => {
  const [one, two] = [ephemeralKey(), ephemeralKey()]
  const message = Buffer.from('a batch')
  expect(verifyEd25519(bytes(one.publicKey), message, one.sign(message))).toBe(true)
  expect(verifyEd25519(bytes(two.publicKey), message, one.sign(message))).toBe(false)
})

test('a commitment made while bytes passed equals the one over the whole', () => {
  const passing = startCommitment()
  passing.update(Buffer.from('{"a":'))
  passing.update(Buffer.from('1}'))
  const { salt, commitment: made } = passing.finish()
  expect(made).toBe(commitment(salt, Buffer.from('{"a":1}'), sha256))
  expect(made).not.toBe(commitment(freshSalt(), Buffer.from('{"a":1}'), sha256))
})

test('no salt comes twice from the pool', () => {
  const salts = Array.from({ length: 1_000 }, () => freshSalt().toString('hex'))
  expect(new Set(salts).size).toBe(1_000)
})

test.each([0, 1, 65_000, 65_477, 65_478, 65_479, 200_000])(
  'the short way to a commitment or a leaf hash comes to the same: %d bytes',
  (size) => {
    const content = Buffer.alloc(size, 'é')
    const salt = freshSalt()
    expect(commitTo(salt, content)).toBe(commitment(salt, content, sha256))
    expect(leafHash(content.toString())).toBe(entryHash(content.toString(), sha256))
  },
)

test('a commitment to few bytes knows nothing of the one before', () => {
  const salt = freshSalt()
  commitTo(salt, Buffer.alloc(1_000, 'x'))
  expect(commitTo(salt, Buffer.from('y'))).toBe(commitment(salt, Buffer.from('y'), sha256))
})
