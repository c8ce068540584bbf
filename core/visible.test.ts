import { expect, test } from 'vitest'
import { piecesOf } from './visible'

/** As it is drawn: hidden characters as [U+…], lookalikes as «x». */
const drawn = (text: string): string =>
  piecesOf(text)
    .map(({ text: piece, is, times }) => {
      const code = `U+${(piece.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
      return is === 'plain' ? piece : is === 'hidden' ? `[${code}${times > 1 ? `×${times}` : ''}]` : `«${piece}»`
    })
    .join('')

test.each([
  { what: 'a Cyrillic а in a Latin path', text: '/srv/d\u0430ta', shown: '/srv/d«\u0430»ta' },
  { what: 'a whole word of lookalikes', text: '/srv/\u0440\u0430\u0443', shown: '/srv/«\u0440»«\u0430»«\u0443»' },
  { what: 'a division slash', text: 'a\u2215b', shown: 'a«\u2215»b' },
  { what: 'full-width letters', text: '\uff52\uff4d', shown: '«\uff52»«\uff4d»' },
  { what: 'a bidi override', text: 'a\u202eb', shown: 'a[U+202E]b' },
  { what: 'an escape sequence', text: '\u001b[31mred', shown: '[U+001B][31mred' },
  { what: 'a run of zero-width spaces', text: `a${'\u200b'.repeat(500)}b`, shown: 'a[U+200B×500]b' },
  { what: 'half a character', text: 'a\ud800', shown: 'a[U+D800]' },
  { what: 'a Hangul filler', text: 'a\u3164b', shown: 'a[U+3164]b' },
])('$what is shown', ({ text, shown }) => {
  expect(drawn(text)).toBe(shown)
})

test.each(['отчёт за неделю', 'Größe: 12 µm – fertig', 'naïve café', '日本語のファイル', 'α and β', 'Łódź'])(
  '%s is left as it is',
  (text) => {
    expect(drawn(text)).toBe(text)
  },
)

test('nothing is lost or moved, whatever the text', () => {
  for (const text of ['', 'a\u202e\u202eb\u0430c', '\u{1f600}\u200d\u{1f600}', '\ud800\udc00\ud800'])
    expect(
      piecesOf(text)
        .map(({ text: piece, times }) => piece.repeat(times))
        .join(''),
    ).toBe(text)
})

test('100 KiB of hostile characters take no time to speak of', () => {
  const text = 'a\u202e\u0430'.repeat(34_000)
  const before = performance.now()
  expect(piecesOf(text).length).toBeGreaterThan(60_000)
  expect(performance.now() - before).toBeLessThan(2_000)
})
