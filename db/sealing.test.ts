import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { sealingKey } from './sealing'

const secret = randomBytes(32).toString('hex')
const key = sealingKey(secret)

test('what was sealed opens under the same secret, for the same purpose', () => {
  const sealed = key.seal('whsec_abc – ünïcode', 'target 1')
  expect(sealingKey(secret).open(sealed, 'target 1')).toBe('whsec_abc – ünïcode')
  expect(sealed.includes('whsec')).toBe(false)
  expect(key.open(key.seal('', 'x'), 'x')).toBe('')
})

test('it opens for no other purpose, under no other secret, and with no byte changed or cut off', () => {
  const sealed = key.seal('a password', 'target 1')
  expect(key.open(sealed, 'target 2')).toBeNull()
  expect(sealingKey(randomBytes(32).toString('hex')).open(sealed, 'target 1')).toBeNull()
  for (let at = 0; at < sealed.length; at++) {
    const bent = Buffer.from(sealed)
    bent[at] = (bent[at] ?? 0) ^ 1
    expect(key.open(bent, 'target 1'), `byte ${at}`).toBeNull()
    expect(key.open(sealed.subarray(0, at), 'target 1'), `cut at ${at}`).toBeNull()
  }
})

test('the same text is never sealed the same way twice, and the id of a key tells nothing of what it seals', () => {
  expect(key.seal('a', 'b').equals(key.seal('a', 'b'))).toBe(false)
  expect(key.id).toMatch(/^[0-9a-f]{16}$/)
  expect(sealingKey(secret).id).toBe(key.id)
  expect(sealingKey(randomBytes(32).toString('hex')).id).not.toBe(key.id)
})
