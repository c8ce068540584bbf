import type { Argument } from '../model'

const STARTS_JSON = /^\s*[[{"]/
const STRING_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"/g
const MAX_NESTED = 262_144

/**
 * A string argument that is JSON itself (some clients stringify objects). Undefined when it is not; `ambiguous` when two members of an
 * object share a name, of which another parser may take the other.
 */
export function nestedJson(text: string): { readonly value: Argument } | 'ambiguous' | undefined {
  if (text.length > MAX_NESTED || !STARTS_JSON.test(text)) return undefined
  let value: Argument
  try {
    value = JSON.parse(text) as Argument
  } catch {
    return undefined
  }
  return (text.match(STRING_TOKEN)?.length ?? 0) === countStrings(value) ? { value } : 'ambiguous'
}

/** Keys and string values, without recursion: the depth is the caller's. */
function countStrings(tree: Argument): number {
  const open: Argument[] = [tree]
  let count = 0
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === 'string') count += 1
    else if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value)) count += Object.keys(value).length
      for (const child of Object.values(value)) open.push(child as Argument)
    }
  }
  return count
}
