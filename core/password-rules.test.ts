import { expect, test } from 'vitest'
import { passwordProblem } from './password-rules'

test.each([
  { what: 'eleven characters', password: 'x7#Kq9!mZp2', says: 'at least 12' },
  { what: 'twelve units that are six characters', password: '😀😁😂🤣😃😄', says: 'at least 12' },
  { what: 'more than 1,024', password: 'ab cd ef g! '.repeat(100), says: 'at most 1024' },
  { what: 'one letter', password: 'aaaaaaaaaaaaaaaa', says: 'repeats' },
  { what: 'one word again and again', password: 'foo!foo!foo!foo!', says: 'repeats' },
  { what: 'the alphabet', password: 'abcdefghijkl', says: 'repeats' },
  { what: 'digits backwards', password: '210987654321', says: 'repeats' },
  { what: 'a row of keys', password: 'QWERTYUIOP[]', says: 'repeats' },
  { what: 'the word with a year', password: 'Password2026!', says: 'first ones' },
  { what: 'the comic', password: 'Correct Horse Battery Staple', says: 'first ones' },
  { what: 'our own name', password: 'countersign-2026', says: 'first ones' },
  { what: 'the word in full-width letters', password: 'ｐａｓｓｗｏｒｄ１２３４', says: 'first ones' },
  { what: 'the own address', password: 'maria@example.org1', about: { email: 'maria@example.org' }, says: 'your own' },
])('$what is refused', ({ password, about = {}, says }) => {
  expect(passwordProblem(password, about)).toContain(says)
})

test.each([
  'three ferns and a kettle',
  'x7#Kq9!mZp2v',
  'пять зелёных чайников',
  '柳暗花明又一村山重水複疑無路',
  'password is what I never write on the wall',
])('%j is taken', (password) => {
  expect(passwordProblem(password, { email: 'maria@example.org', name: 'Maria' })).toBeNull()
})
