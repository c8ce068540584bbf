import { certifiedWriterKey, type Trust } from '../audit/certificate'
import type { Verify } from '../hash'
import { canonicalJson, type Json } from '../json'
import type { VoteVerdict } from './quorum'

/** What a writer's key signs beside its log. One tag each, so that no signature passes for another. */
export const ATTEST_TAGS = { vote: 'countersign/vote/v1\n', grant: 'countersign/grant/v1\n' } as const
export type AttestTag = (typeof ATTEST_TAGS)[keyof typeof ATTEST_TAGS]

/** Who signs: the log, and the writer whose key it is. */
export type Signer = { readonly log: string; readonly writer: string }

/** A signed statement with the certificates that lead from the pinned root to the key that signed it, as JSON. */
export type Attested = {
  readonly writer: string
  readonly statement: string
  readonly signature: Uint8Array
  readonly host: string
  readonly certificate: string
}

export type VoteFacts = {
  readonly hold: string
  readonly binding: string
  readonly displayed: string
  /** The voter's id. */
  readonly voter: string
  readonly verdict: VoteVerdict
  /** ISO 8601 by the database's clock. */
  readonly at: string
}

/** What a vote signs: this person said this of this call as they saw it. */
export const voteStatement = ({ log, writer }: Signer, { hold, binding, displayed, voter, verdict, at }: VoteFacts): string =>
  canonicalJson({ v: 1, type: 'vote', log, hold, binding, displayed, voter, verdict, at, writer })

/** Everything a grant lets through, and for how long. */
export type GrantFacts = {
  readonly grant: string
  readonly hold: string
  readonly principal: string
  readonly server: string
  readonly tool: string
  readonly pin: string | null
  readonly policy: string
  readonly guardrail: string | null
  readonly rule: string
  readonly approvals: Json
  /** The shape's canonical JSON. */
  readonly shape: string
  readonly uses: number
  readonly expiresAt: string
  /** The id of whoever made it. */
  readonly maker: string
  readonly at: string
}

/** What a grant signs. The tool stands in it as JSON, which every name has a text in. */
export const grantStatement = ({ log, writer }: Signer, { tool, ...facts }: GrantFacts): string =>
  canonicalJson({ v: 1, type: 'grant', log, writer, tool: JSON.stringify(tool), ...facts })

type Members = { readonly [key: string]: Json }

/** What verifying a statement takes: what this machine pins, and Ed25519. */
export type Verifier = { readonly trust: Trust; readonly verify: Verify }

/**
 * Why this statement was not signed by a console of this log; null where it was. `expected` is the text it must be, made anew from what it is
 * about: a good signature over anything else counts for nothing.
 */
export function faultOfAttested(
  { trust, verify }: Verifier,
  tag: AttestTag,
  attested: Attested,
  expected: (signer: Signer) => string,
): string | null {
  const [host, certificate] = [membersOf(attested.host), membersOf(attested.certificate)]
  if (!host || !certificate) return 'it carries no certificates'
  const certified = certifiedWriterKey({ host, certificate }, attested.writer, trust, verify)
  if ('because' in certified) return certified.because
  if (certified.role !== 'console') return 'it was not signed by a console'
  if (attested.statement !== expected({ log: trust.log, writer: attested.writer })) return 'it says something else'
  return verify(certified.key, new TextEncoder().encode(tag + attested.statement), attested.signature) ? null : 'its signature does not fit'
}

function membersOf(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
