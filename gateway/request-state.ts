import { memberOf } from '../core/mcp/members'
import { scanLine } from '../core/mcp/scan'

const WORD = 'input_required'

/**
 * The state that a 2026-07-28 server gave with an `input_required` result; null for every other reply. Only finds the continuation
 * again: what the result asks of the client was judged by the relay, and a state that is misread makes the retry a new call.
 */
export function readRequestState(line: Uint8Array): string | null {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.length)
  if (!bytes.includes(WORD) || !bytes.includes('requestState')) return null
  const { message } = scanLine(line, 'server')
  if (message?.kind !== 'response' || !message.ok) return null
  const span = memberOf(line, message.value, 'requestState')
  const state: unknown = span === null ? null : JSON.parse(bytes.subarray(span.start, span.end).toString('utf8'))
  return typeof state === 'string' ? state : null
}
