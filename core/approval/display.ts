import { type Sha256, toHex } from '../hash'
import { canonicalJson, type Json } from '../json'

/**
 * A held call as a person is shown it before they decide. `arguments` is the text of `shownArguments`, null where the stored bytes are no
 * arguments; `beside` the text of the rest of its `params` (`besideText`), likewise; `reason` why the rule asks; digests are hexadecimal, times
 * ISO 8601. Every string may be hostile.
 */
export type Card = {
  readonly hold: string
  readonly call: string
  readonly server: string
  readonly tool: string
  readonly principal: string
  readonly assurance: string
  readonly owner: string | null
  readonly session: string | null
  readonly arguments: string | null
  readonly beside: string | null
  readonly reason: string
  readonly rule: string
  readonly policy: { readonly digest: string; readonly version: number | null; readonly epoch: number; readonly guardrail: string | null }
  readonly pin: string | null
  readonly decideBy: string
  readonly useWithinMs: number
  readonly approvals: Json
}

const TAG = 'countersign/displayed/v2\n'

/** What a vote says its voter saw: 64 hex digits. Any other card is another digest, whatever differs in it. */
export function displayedDigest(sha256: Sha256, card: Card): string {
  const { tool, server, principal, session, reason, rule, ...rest } = card
  // Names come from outside and may hold half a character, which canonical JSON has no text for: as JSON each reads back exactly.
  const names = { tool, server, principal, session, reason, rule }
  const quoted = Object.fromEntries(Object.entries(names).map(([key, text]) => [key, text === null ? null : JSON.stringify(text)]))
  return toHex(sha256(new TextEncoder().encode(`${TAG}${canonicalJson({ v: 2, ...rest, ...quoted })}`)))
}
