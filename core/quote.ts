/** Letters, digits, punctuation and the plain space of ASCII, less the two that quoting itself uses. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * What may not reach a terminal or a log as it is: controls (C0, C1, ESC), format characters (bidi, zero width, tags), separators other
 * than the plain space, lone surrogates, private use, unassigned, and the blanks that Unicode calls letters or marks.
 */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu

/**
 * Text from outside, fit for a terminal, a log line or a sentence: in double quotes, with everything that hides, reorders or commands
 * shown as `\u{…}`. Of longer text the first `max` characters are shown, and `…` follows behind the quotes. Two texts never look the same
 * unless they were cut.
 */
export function quote(text: string, max = 120): string {
  if (text.length <= max && PLAIN.test(text)) return `"${text}"`
  const shown = firstCharacters(text, max)
  const visible = shown.replace(/["\\]/g, '\\$&').replace(HIDDEN, token)
  return `"${visible}"${shown.length < text.length ? '…' : ''}`
}

const token = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** Cut between code points, without reading on. */
function firstCharacters(text: string, max: number): string {
  let end = 0
  for (let count = 0; count < max && end < text.length; count++) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1
  return text.slice(0, end)
}
