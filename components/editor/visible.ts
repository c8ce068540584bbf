const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu

/** Text where no element can be put, such as a hint of the editor or a choice of a list: what would not be seen is written as its number. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`)
