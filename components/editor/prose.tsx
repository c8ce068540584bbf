const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu

/** A sentence of ours that quotes text from outside: ordinary type, isolated, with what would not be seen drawn as its number. */
export function Prose({ text }: { readonly text: string }) {
  const drawn = text.replace(HIDDEN, (character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`)
  return <bdi className="wrap-anywhere">{drawn}</bdi>
}
