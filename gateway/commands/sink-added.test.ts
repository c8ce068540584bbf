import { expect, test } from 'vitest'
import type { Values } from '../options'
import type { Context } from './context'
import { typedSink } from './sink-added'

const typed = (words: readonly string[], values: Values) => () => typedSink({ words, values } as unknown as Context)

test.each<{ words?: readonly string[]; values?: Values; says: RegExp }>([
  { says: /Name one sink/ },
  { words: ['/tmp'], values: { webhook: 'http://a.test' }, says: /Name one sink/ },
  { values: { webhook: 'http://a.test', bucket: 'http://a.test/b' }, says: /Name one sink/ },
  { words: ['/nowhere/at/all'], says: /make it first/ },
  { values: { webhook: 'http://a.test', days: '7' }, says: /--days goes with another kind/ },
  { words: ['/tmp'], values: { certificate: 'ca.pem' }, says: /--certificate goes with another kind/ },
  { values: { webhook: 'http://u:p@a.test' }, says: /without user, query and fragment/ },
  { values: { webhook: 'https://a.test/?token=x' }, says: /without user, query and fragment/ },
  { values: { webhook: 'http://169.254.169.254/latest' }, says: /private or special address/ },
  { values: { timestamp: 'http://tsa.test' }, says: /--certificate takes the PEM file/ },
  { values: { timestamp: 'http://tsa.test', certificate: '/dev/null' }, says: /no certificate in PEM/ },
  { values: { timestamp: 'http://tsa.test', certificate: '/nowhere/at/all' }, says: /can not be read/ },
  { values: { bucket: 'http://s3.test' }, says: /bucket’s name as its path/ },
  { values: { bucket: 'http://s3.test/log/a%20b' }, says: /bucket’s name as its path/ },
  { values: { bucket: 'http://s3.test/log' }, says: /--credentials takes a file/ },
  { values: { bucket: 'http://s3.test/log', credentials: '/x', days: '0' }, says: /--days takes/ },
  { values: { bucket: 'http://s3.test/log', credentials: '/x', region: 'EU/1' }, says: /--region takes/ },
])('$words $values is one sentence', ({ words = [], values = {}, says }) => {
  expect(typed(words, values)).toThrow(says)
})

test('what is typed well is a sink', () => {
  expect(typed(['/tmp'], {})()).toEqual({ folder: '/tmp' })
  expect(typed([], { webhook: 'https://a.test/b/' })()).toEqual({ webhook: 'https://a.test/b', secret: expect.stringMatching(/^whsec_/) })
  const bucket = { bucket: 'https://s3.test/log/audit', region: 'us-east-1', credentials: '/keys', days: 365 }
  expect(typed([], { bucket: 'https://s3.test/log/audit/', credentials: '/keys' })()).toEqual(bucket)
})
