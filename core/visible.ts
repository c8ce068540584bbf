import { lookalikeOf } from './policy/fold'

/** A run of a text from outside: as it is, one kind of character that would not be seen (so many in a row), or one that passes for another. */
export type Piece = { readonly start: number; readonly text: string; readonly is: 'plain' | 'hidden' | 'lookalike'; readonly times: number }

const PLAIN = /^[ -~]*$/

/** What could hide, reorder or break text: controls, format characters (bidi included), odd spaces, separators, lone surrogates. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\u115f\u1160\u2800\u3164\uffa0]|(?! )\p{Zs}/u

/** A word is where people mix letters up: what stands between spaces and the marks of a path, an address or a list. */
const WORD = /[^\p{Z}\p{C}/\\:;,.?!"'()[\]{}<>|=&@#-]+/gu
const SEPARATOR_LOOK = /[\u2024\u2027\u2044\u2215\u2216\u2571\u29f8\u29f9\uff0e\uff0f\uff3c\ufe52\u2236\ua789]/u

/**
 * Cuts a text into runs to be drawn. In words that mix alphabets the letters that pass for Latin ones are marked, and so are words of nothing
 * but such letters where the text holds no other foreign letter; separators that pass for `/`, `.` or `:` and wide or styled ASCII always.
 */
export function piecesOf(text: string): readonly Piece[] {
  if (PLAIN.test(text)) return text === '' ? [] : [{ start: 0, text, is: 'plain', times: 1 }]
  const marked = markedLetters(text)
  const pieces: Piece[] = []
  let at = 0
  for (const character of text) {
    add(pieces, at, character, HIDDEN.test(character) ? 'hidden' : marked.has(at) || passesForAscii(character) ? 'lookalike' : 'plain')
    at += character.length
  }
  return pieces
}

function add(pieces: Piece[], start: number, character: string, is: Piece['is']): void {
  const last = pieces.at(-1)
  const joins = last?.is === is && (is === 'plain' || (is === 'hidden' && last.text === character))
  if (!last || !joins) pieces.push({ start, text: character, is, times: 1 })
  else pieces[pieces.length - 1] = is === 'plain' ? { ...last, text: last.text + character } : { ...last, times: last.times + 1 }
}

const passesForAscii = (character: string): boolean =>
  character > '\u00bf' && (SEPARATOR_LOOK.test(character) || /^[!-~]$/.test(character.normalize('NFKC')))

const FOREIGN = /(?!\p{Script=Latin}|\p{Script=Common})\p{L}/u

/** Where the letters stand that pass for Latin ones. */
function markedLetters(text: string): ReadonlySet<number> {
  const marked = new Set<number>()
  if (!FOREIGN.test(text)) return marked
  const letters = [...text].filter((character) => FOREIGN.test(character))
  const isProse = letters.some((character) => lookalikeOf(character) === null)
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!FOREIGN.test(word)) continue
    const isMixed = /[A-Za-z0-9]/.test(word)
    if (isMixed || (!isProse && word.length > 1)) markWord(marked, word, index)
  }
  return marked
}

function markWord(marked: Set<number>, word: string, index: number): void {
  let at = index
  for (const character of word) {
    if (FOREIGN.test(character) && lookalikeOf(character) !== null) marked.add(at)
    at += character.length
  }
}
