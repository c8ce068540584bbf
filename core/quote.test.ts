import { describe, expect, test } from 'vitest'
import { quote } from './quote'

describe('quote', () => {
  test.each([
    ['plain text', 'a b/c.txt', '"a b/c.txt"'],
    ['nothing', '', '""'],
    ['quotes', 'a"b', '"a\\"b"'],
    ['backslashes', 'a\\b', '"a\\\\b"'],
    ['text that imitates an escape', '\\u{202e}', '"\\\\u{202e}"'],
    ['other scripts', 'файл 日本 é', '"файл 日本 é"'],
    ['an emoji', '🙂', '"🙂"'],
    ['a newline', 'a\nb', '"a\\u{a}b"'],
    ['a carriage return', 'a\rb', '"a\\u{d}b"'],
    ['a NUL', 'a\0b', '"a\\u{0}b"'],
    ['a colour', '\u001b[31mred', '"\\u{1b}[31mred"'],
    ['an eight-bit control', '\u009b31m', '"\\u{9b}31m"'],
    ['a title change', '\u001b]0;x\u0007', '"\\u{1b}]0;x\\u{7}"'],
    ['a link in a terminal', '\u001b]8;;http://x\u001b\\', '"\\u{1b}]8;;http://x\\u{1b}\\\\"'],
    ['a backspace', 'rm\b\bls', '"rm\\u{8}\\u{8}ls"'],
    ['a right-to-left override', 'gpj\u202eexe', '"gpj\\u{202e}exe"'],
    ['an isolate', '\u2066a\u2069', '"\\u{2066}a\\u{2069}"'],
    ['a zero-width space', 'a\u200bb', '"a\\u{200b}b"'],
    ['a zero-width joiner', 'a\u200db', '"a\\u{200d}b"'],
    ['a byte order mark', '\ufeffa', '"\\u{feff}a"'],
    ['a soft hyphen', 'a\u00adb', '"a\\u{ad}b"'],
    ['a no-break space', 'a\u00a0b', '"a\\u{a0}b"'],
    ['an ideographic space', 'a\u3000b', '"a\\u{3000}b"'],
    ['a line separator', 'a\u2028b', '"a\\u{2028}b"'],
    ['a Hangul filler', 'a\u3164b', '"a\\u{3164}b"'],
    ['a Braille blank', 'a\u2800b', '"a\\u{2800}b"'],
    ['a variation selector', 'a\ufe0fb', '"a\\u{fe0f}b"'],
    ['a tag', 'a\u{e0041}b', '"a\\u{e0041}b"'],
    ['a private character', '\ue000', '"\\u{e000}"'],
    ['half a pair', 'a\ud800b', '"a\\u{d800}b"'],
    ['an unassigned character', '\u{10ffff}', '"\\u{10ffff}"'],
  ])('%s', (_call, text, shown) => {
    expect(quote(text)).toBe(shown)
  })

  test('cuts by characters and says so', () => {
    expect(quote('a'.repeat(120))).toBe(`"${'a'.repeat(120)}"`)
    expect(quote('a'.repeat(121))).toBe(`"${'a'.repeat(120)}"…`)
    expect(quote('🙂🙂🙂', 2)).toBe('"🙂🙂"…')
  })

  test('lets no character through that moves a cursor, hides or reorders', () => {
    for (let code = 0; code <= 0x10_ffff; code += code < 0x3000 ? 1 : 7) {
      const shown = quote(`a${String.fromCodePoint(code)}b`)
      if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(shown)) throw new Error(`U+${code.toString(16)} is shown as ${JSON.stringify(shown)}`)
    }
  })

  test('shows two different short texts differently', () => {
    const texts = ['\u001b', '\\u{1b}', 'u{1b}', '"', '\\"', '', ' ', '\u00a0', '\\u{a0}', '\u200b', '\\', '\\\\']
    expect(new Set(texts.map((text) => quote(text))).size).toBe(texts.length)
  })
})
