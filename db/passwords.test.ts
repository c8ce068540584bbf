import { expect, test } from 'vitest'
import { COST, encodeHash, hashPassword, isWeakHash, passwordMatches } from './passwords'

const CHEAP = { ln: 10, r: 8, p: 1 }

test('a hash says how it was made, and no two are alike', async () => {
  const [one, other] = await Promise.all([encodeHash('three ferns and a kettle', CHEAP), encodeHash('three ferns and a kettle', CHEAP)])
  expect(one).toMatch(/^\$scrypt\$ln=10,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/)
  expect(one).not.toBe(other)
})

test('today’s price is what OWASP asks of scrypt', async () => {
  const hash = await hashPassword('three ferns and a kettle', {})
  expect(hash).toContain('$ln=17,r=8,p=1$')
  expect(await passwordMatches('three ferns and a kettle', hash)).toBe(true)
  expect(await passwordMatches('three ferns and a kettlE', hash)).toBe(false)
})

test('the same password from another keyboard is the same', async () => {
  const hash = await encodeHash('Cafe\u0301 au lait, deux fois', CHEAP)
  expect(await passwordMatches('Caf\u00e9 au lait, deux fois', hash)).toBe(true)
})

test('nobody’s hash matches nothing, not even nothing', async () => {
  for (const password of ['', '\0', 'x'.repeat(100_000)]) expect(await passwordMatches(password, null, CHEAP)).toBe(false)
})

test.each([
  { stored: { ln: 16, r: 8, p: 1 }, weak: true },
  { stored: { ln: 17, r: 4, p: 1 }, weak: true },
  { stored: { ln: 17, r: 8, p: 1 }, weak: false },
  { stored: { ln: 18, r: 8, p: 1 }, weak: false },
])('$stored is weak beside today’s: $weak', ({ stored, weak }) => {
  const { ln, r, p } = stored
  expect(isWeakHash(`$scrypt$ln=${ln},r=${r},p=${p}$${'a'.repeat(22)}$${'b'.repeat(43)}`, COST)).toBe(weak)
})

test('two at once, some more in turn, and whoever comes on top is told so', async () => {
  const crowd = Array.from({ length: 60 }, () => encodeHash('three ferns and a kettle', { ln: 12, r: 8, p: 1 }))
  const settled = await Promise.allSettled(crowd)
  const turnedAway = settled.filter((one) => one.status === 'rejected')
  expect(turnedAway).toHaveLength(60 - 2 - 32)
  expect(turnedAway[0]?.reason).toMatchObject({ fault: 'unavailable' })
  expect(await encodeHash('three ferns and a kettle', CHEAP)).toContain('$scrypt$')
})
