/** Letters, digits, punctuation and the plain space of ASCII, less the two that quoting itself uses. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * What may not reach a terminal or a log as it is: controls (C0, C1, ESC), format characters (bidi, zero width, tags), separators other
 * than the plain space, lone surrogates, private use, unassigned, and the blanks that Unicode calls letters or marks.
 */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu

/**
 * Text from outside, fit for a terminal, a log line or a sentence: in double quotes, at most `max` characters (the true length follows
 * when it was cut), with everything that hides, reorders or commands shown as `\u{…}`. Two different texts never look the same unless
 * they were cut.
 */
export function quote(text: string, max = 120): string {
  if (text.length <= max && PLAIN.test(text)) return `"${text}"`
  const { shown, length } = firstCharacters(text, max)
  const visible = shown.replace(/["\\]/g, '\\$&').replace(HIDDEN, token)
  return length > max ? `"${visible}…" (${length} characters)` : `"${visible}"`
}

const token = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** Counts in code points, and never builds more than `max` of them. */
function firstCharacters(text: string, max: number): { shown: string; length: number } {
  let length = 0
  let end = 0
  for (const character of text) {
    if (length < max) end += character.length
    length += 1
  }
  return { shown: text.slice(0, end), length }
}
