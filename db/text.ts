/** Text that a PostgreSQL `text` column takes: no NUL, no lone surrogate (each becomes U+FFFD). For labels, never for what is hashed or compared. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')

/** A name of any characters as text that reads back exactly: `JSON.stringify` escapes NUL and lone surrogates. */
export const nameToText = (name: string): string => JSON.stringify(name)

export function nameFromText(text: string): string {
  const name: unknown = JSON.parse(text)
  if (typeof name !== 'string') throw new Error('a stored name is a JSON string')
  return name
}
