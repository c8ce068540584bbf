import { generateKeyPairSync, sign, verify as verifySignature } from 'node:crypto'
import { expect, test } from 'vitest'
import { checkStatement, type Statement, signStatement } from './publication'

const keys = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')
const verify = (_key: Uint8Array, message: Uint8Array, signature: Uint8Array) => verifySignature(null, message, keys.publicKey, signature)
const signWith = (pair: typeof keys) => (message: Uint8Array) => sign(null, message, pair.privateKey)

const statement: Statement = {
  v: 1,
  log: 'a'.repeat(32),
  organisation: 'acme',
  policies: { default: 'b'.repeat(64) },
  guardrail: null,
  epoch: 7,
  expires: '2030-01-01T00:00:00.000Z',
  publishedAt: '2026-01-01T00:00:00.000Z',
}
const remembered = { log: statement.log, epoch: 7, nowMs: Date.parse('2026-06-01') }
const check = (publication: { statement: string; signature: Uint8Array }, known = remembered) =>
  checkStatement(publication, new Uint8Array(32), verify, known)
const signed = signStatement(statement, signWith(keys))

test('a statement signed by the publisher is believed, again too', () => {
  expect(check(signed)).toEqual({ statement })
})

test.each([
  { attack: 'one digest changed by a superuser', publication: { ...signed, statement: signed.statement.replace('bbbb', 'bbbc') } },
  { attack: 'signed by another key', publication: signStatement(statement, signWith(other)) },
  { attack: 'no signature at all', publication: { ...signed, signature: new Uint8Array() } },
  { attack: 'an older epoch, truly signed', publication: signStatement({ ...statement, epoch: 6 }, signWith(keys)) },
  { attack: 'another log, truly signed', publication: signStatement({ ...statement, log: 'c'.repeat(32) }, signWith(keys)) },
  { attack: 'expired, truly signed', publication: signStatement({ ...statement, expires: '2026-05-31T00:00:00.000Z' }, signWith(keys)) },
])('$attack is refused, with a reason', ({ publication }) => {
  expect(check(publication)).toEqual({ refused: expect.stringMatching(/\w{3}/) })
})
