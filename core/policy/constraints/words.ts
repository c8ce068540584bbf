/**
 * Whatever a shell acts on, quoted or not, for a server may hand the text to one shell or to two: operators, expansions, globs, history,
 * comments, tests, line breaks, controls and invisible characters.
 */
const ACTIVE = /[;&|<>$()`*?[\]{}!#]|(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/

/** `~` expands at the start of a word, and behind the first `=` or a `:` of one. */
const TILDE = /^~|[=:]~/

/**
 * The words of a simple command (POSIX Shell Command Language §2.2, §2.3), quotes taken off; null for text that a shell would do more
 * with than run it, that does not end its quotes, or that has no words.
 */
export function commandWords(text: string): readonly string[] | null {
  if (ACTIVE.test(text)) return null
  const words = split(text)
  if (!words || words.length === 0 || ASSIGNMENT.test(words[0] ?? '')) return null
  return words.some((word) => TILDE.test(word)) ? null : words
}

/** One word given as such, in a list of words: not taken apart, but no less plain. */
export const isPlainWord = (word: string): boolean => !ACTIVE.test(word) && !TILDE.test(word)

/** A blank ends a word; `''` and `""` are a word without characters. */
function split(text: string): string[] | null {
  const words: string[] = []
  let at = 0
  for (;;) {
    while (isBlank(text, at)) at++
    if (at >= text.length) return words
    const word = readWord(text, at)
    if (!word) return null
    words.push(word.text)
    at = word.end
  }
}

type Piece = { readonly text: string; readonly end: number }

const isBlank = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t'

function readWord(text: string, start: number): Piece | null {
  let word = ''
  let at = start
  while (at < text.length && !isBlank(text, at)) {
    const piece = readPiece(text, at)
    if (!piece) return null
    word += piece.text
    at = piece.end
  }
  return { text: word, end: at }
}

/** Null for a quote or a backslash that nothing follows. */
function readPiece(text: string, at: number): Piece | null {
  const character = text.charAt(at)
  if (character === "'") return readSingle(text, at + 1)
  if (character === '"') return readDouble(text, at + 1)
  if (character !== '\\') return { text: character, end: at + 1 }
  return at + 1 < text.length ? { text: text.charAt(at + 1), end: at + 2 } : null
}

function readSingle(text: string, start: number): Piece | null {
  const end = text.indexOf("'", start)
  return end === -1 ? null : { text: text.slice(start, end), end: end + 1 }
}

/** Between double quotes a backslash escapes `"` and `\` only, of what may stand there here. */
function readDouble(text: string, start: number): Piece | null {
  let word = ''
  for (let at = start; at < text.length; at++) {
    if (text.charAt(at) === '"') return { text: word, end: at + 1 }
    if (text.charAt(at) === '\\' && /["\\]/.test(text.charAt(at + 1))) at++
    word += text.charAt(at)
  }
  return null
}
