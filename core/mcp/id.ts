import { MINUS, QUOTE, textOf } from './bytes'
import { keyText } from './keys'
import { limits } from './limits'
import type { MessageId } from './message'

/**
 * An id is a string or an integer without fraction or exponent (MCP narrows JSON-RPC). Null for anything else. Integers
 * compare by their exact decimal value, strings after unescaping, so that `1`, `"1"` and `"\u0031"` are two ids.
 * `bytes` hold one valid JSON scalar in [start, end).
 */
export function readId(bytes: Uint8Array, start: number, end: number): MessageId | null {
  const span = { start, end }
  if (end - start > limits.idBytes) return null
  const first = bytes[start] ?? 0
  if (first === QUOTE) return { key: `s${keyText(bytes, start + 1, end - 1)}`, span }
  if (first !== MINUS && (first < 0x30 || first > 0x39)) return null
  const literal = textOf(bytes, start, end)
  if (!/^-?[0-9]+$/.test(literal)) return null
  return { key: literal === '-0' ? 'n0' : `n${literal}`, span }
}
