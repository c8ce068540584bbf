import { AppError } from '../core/errors'

/**
 * The words of a command line by the quoting rules of POSIX sh (XCU 2.2): blanks separate, single quotes keep everything,
 * double quotes keep everything but backslash before one of `$ \` " \`, a backslash keeps the next character. Nothing is
 * expanded and no shell is run, so an unquoted operator or expansion is refused instead of being taken literally.
 * Throws AppError('invalid').
 */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = []
  let word: string | null = null
  for (const piece of pieces(line)) {
    if (piece === null) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + piece
  }
  if (word !== null) words.push(word)
  if (words.length === 0) throw new AppError('invalid', 'The upstream command is empty.')
  return words
}

const PIECE = /([ \t\r\n]+)|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^ \t\r\n'"\\]+)/y
const OPERATOR = /[;&|<>`()]|\$[({A-Za-z_]/

/** Pieces of words in order; null stands for the blanks between two words. */
function* pieces(line: string): Generator<string | null> {
  let at = 0
  while (at < line.length) {
    PIECE.lastIndex = at
    const found = PIECE.exec(line)
    if (found === null) throw new AppError('invalid', `The upstream command has an unfinished quote or backslash at character ${at + 1}.`)
    at = PIECE.lastIndex
    yield textOf(found)
  }
}

function textOf([, blanks, single, double, escaped, bare]: RegExpExecArray): string | null {
  if (blanks !== undefined) return null
  if (bare !== undefined) return literal(bare)
  if (escaped !== undefined) return escaped === '\n' ? '' : escaped
  return single ?? (double ?? '').replace(/\\([$`"\\\n])/g, (_, kept: string) => (kept === '\n' ? '' : kept))
}

function literal(bare: string): string {
  const operator = OPERATOR.exec(bare)?.[0]
  if (operator === undefined) return bare
  throw new AppError(
    'invalid',
    `The upstream command is run without a shell, so ${JSON.stringify(operator)} would mean nothing; quote it or wrap the command in a script.`,
  )
}
