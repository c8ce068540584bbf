/** Longest stretch of foreign text a reason repeats, in UTF-16 units. */
const QUOTED_UNITS = 120

/** What could break a line, hide, or reorder text: controls, format characters (bidi included), separators, lone surrogates, unassigned. */
const HOSTILE = /["\\]|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu

/** Nothing but plain text: the common case needs no escaping. */
const PLAIN = /^[ !#-[\]-~]*$/

/** Foreign text as it may stand in a sentence: in double quotes, escaped as in JSON, cut to 120 units. */
export function quote(text: string): string {
  const cut = text.length > QUOTED_UNITS
  const shown = cut ? `${text.slice(0, QUOTED_UNITS)}…` : text
  return PLAIN.test(shown) ? `"${shown}"` : `"${shown.replace(HOSTILE, escaped)}"`
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** `sentence` without its full stop, so that something may follow it. */
export const withoutStop = (sentence: string): string => sentence.trim().replace(/\.+$/, '')
