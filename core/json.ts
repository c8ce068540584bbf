export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, no white space, numbers and strings as ECMAScript writes
 * them. Members that are `undefined` are absent, as in `JSON.stringify`. Throws a TypeError on lone surrogates, on numbers that are not
 * finite and on anything that is not JSON: such a value has no one text, so it can have no hash.
 */
export function canonicalJson(value: Json): string {
  const order: Order = { kept: true }
  const copy = sorted(value, order)
  const text = order.kept ? JSON.stringify(copy) : written(value)
  return text.includes('\\ud') ? wellFormed(text) : text
}

type Members = { readonly [key: string]: Json }
type Order = { kept: boolean }

/** Keys that no plain object can hold in sorted order: integer-like ones come first in every object, and `__proto__` is no own key. */
const UNORDERABLE = /^(?:[0-9]+|__proto__)$/

/** The value with its keys in order, so that the native writer can do the rest. `order.kept` turns false where an object can't be ordered. */
function sorted(value: Json, order: Order): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : refuse(String(value))
  if (typeof value !== 'object') return refuse(typeof value)
  if (Array.isArray(value)) return value.map((item: Json) => sorted(item, order))
  const members = value as Members
  const copy: { [key: string]: Json } = {}
  for (const key of Object.keys(members).sort()) {
    if (UNORDERABLE.test(key)) order.kept = false
    const member = members[key]
    if (member !== undefined) copy[key] = sorted(member, order)
  }
  return copy
}

/** The same text member by member, for the rare value whose keys a plain object would reorder. */
function written(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`
  const members = value as Members
  const keys = Object.keys(members).filter((key) => members[key] !== undefined)
  return `{${keys.sort().map((key) => `${JSON.stringify(key)}:${written(members[key] as Json)}`)}}`
}

/** ECMAScript writes a lone surrogate as `\ud800`; a backslash before it may itself be escaped, so pairs are skipped first. */
function wellFormed(text: string): string {
  return /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(text) ? refuse('a lone surrogate') : text
}

function refuse(what: string): never {
  throw new TypeError(`RFC 8785 has no text for ${what}`)
}
