import { generateKeyPairSync, sign, verify as verifySignature } from 'node:crypto'
import { expect, test } from 'vitest'
import { certify, type Trust } from '../audit/certificate'
import { fromHex, toHex, type Verify } from '../hash'
import { publisherKey } from './publisher-key'

const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex')
  return { publicKey: raw, public: publicKey, sign: (message: Uint8Array): Uint8Array => sign(null, message, privateKey) }
}

const root = newKey()
const publisher = newKey()
const verify: Verify = (key, message, signature) => toHex(key) === root.publicKey && verifySignature(null, message, root.public, signature)
const trust: Trust = { v: 1, log: 'a'.repeat(32), root: root.publicKey, logKey: newKey().publicKey }
const body = { v: 1, type: 'publisher', log: trust.log, key: publisher.publicKey, at: '2026-01-01T00:00:00.000Z' }
const forged = (more: string): string => `{"type":"publisher","log":"${trust.log}",${more}"signature":"00"}`

test('the publisher that the root certified is the one to believe', () => {
  expect(publisherKey(JSON.stringify(certify(body, root.sign)), trust, verify)).toEqual(fromHex(publisher.publicKey))
})

test.each([
  { certificate: 'that holds a lone surrogate', text: forged('"x":"\\ud800",') },
  { certificate: 'with a lone surrogate for a name', text: forged('"\\ud800":1,') },
  { certificate: 'nested deeper than any stack', text: forged(`"x":${'['.repeat(200_000)}${']'.repeat(200_000)},`) },
  { certificate: 'that never ends', text: '['.repeat(200_000) },
  { certificate: 'that is no object', text: 'null' },
  { certificate: 'of another log', text: JSON.stringify(certify({ ...body, log: 'b'.repeat(32) }, root.sign)) },
  { certificate: 'of a host', text: JSON.stringify(certify({ ...body, type: 'host' }, root.sign)) },
  { certificate: 'that its own key signed', text: JSON.stringify(certify(body, publisher.sign)) },
])('a certificate $certificate names no publisher, and nothing is thrown', ({ text }) => {
  expect(publisherKey(text, trust, verify)).toBeNull()
})
