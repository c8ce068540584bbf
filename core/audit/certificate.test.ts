import { expect, test } from 'vitest'
import type { Json } from '../json'
import { certifiedWriterKey, certify, isCertifiedBy } from './certificate'

const anySignature = () => true
const KEY = 'ab'.repeat(32)
const nested = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000)) as Json

test('what was signed as it stands is certified', () => {
  expect(
    isCertifiedBy(
      certify({ v: 1, type: 'publisher' }, () => new Uint8Array(64)),
      KEY,
      anySignature,
    ),
  ).toBe(true)
})

test.each<{ forgery: string; certificate: { readonly [key: string]: Json }; issuer?: string }>([
  { forgery: 'a lone surrogate, which has no canonical text', certificate: { x: '\ud800', signature: '00' } },
  { forgery: 'a lone surrogate for a name', certificate: { '\ud800': 1, signature: '00' } },
  { forgery: 'a value nested deeper than any stack', certificate: { x: nested, signature: '00' } },
  { forgery: 'a signature nested deeper than any stack', certificate: { signature: nested } },
  { forgery: 'no signature', certificate: { v: 1 } },
  { forgery: 'a signature that is no hexadecimal', certificate: { v: 1, signature: 'zz' } },
  { forgery: 'an issuer that is no key', certificate: { v: 1, signature: '00' }, issuer: 'nobody' },
])('$forgery: not certified, whatever the signature says, and nothing is thrown', ({ certificate, issuer = KEY }) => {
  expect(isCertifiedBy(certificate, issuer, anySignature)).toBe(false)
})

const trust = { v: 1, log: 'a'.repeat(32), root: KEY, logKey: KEY } as const
const host = { type: 'host', log: trust.log, key: KEY, roles: ['gateway'], signature: '00' }
const writer = { type: 'writer', log: trust.log, writer: 'w', host: KEY, key: KEY, role: 'gateway', signature: '00' }

test.each<{ forgery: string; open: { readonly [field: string]: Json }; because: RegExp }>([
  { forgery: 'a host that holds a lone surrogate', open: { host: { ...host, x: '\ud800' }, certificate: writer }, because: /its host/ },
  { forgery: 'a certificate nested deep', open: { host, certificate: { ...writer, x: nested } }, because: /its key is not certified/ },
  { forgery: 'a key that is no text', open: { host, certificate: { ...writer, key: { toString: 1 } } }, because: /malformed/ },
  { forgery: 'roles nested deep', open: { host: { ...host, roles: nested }, certificate: writer }, because: /its host/ },
])('a writer that opens with $forgery is not believed', ({ open, because }) => {
  expect(certifiedWriterKey({ host, certificate: writer }, 'w', trust, anySignature)).toMatchObject({ role: 'gateway' })
  expect(certifiedWriterKey(open, 'w', trust, anySignature)).toEqual({ because: expect.stringMatching(because) })
})
