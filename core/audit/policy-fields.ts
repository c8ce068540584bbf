import type { Commitments } from './entry'

/** Who did it, by id, and where their request came from, where that is known. */
type Doer = { readonly actor: string; readonly address?: string }

/** How a text came to be in force. `actor` is who the process ran as before there were accounts. */
export type PublicationFields = Doer & {
  readonly type: 'policy.publish' | 'policy.rollback'
  readonly name: string
  readonly version: number
  readonly digest: string
  /** SHA-256 of the YAML as it was given. */
  readonly textDigest: string
  readonly epoch: number
  /** The digest in force before; null for the first. */
  readonly before: string | null
  /** Of a rollback: the version whose text this is. */
  readonly restores?: number
  /** Of what was published from a draft: which, who wrote it, and who approved this very text. */
  readonly draft?: string
  readonly revision?: number
  readonly authors?: readonly string[]
  readonly approvedBy?: readonly string[]
  /** Whether the organisation asked for a review at that moment. */
  readonly review?: 'required' | 'not_required'
  /** `message`: what the actor said of it. */
  readonly commitments?: Commitments
}

/** What became of a draft. Its text is known by `textDigest`, and by `digest` where it is a policy at all. */
export type DraftFields = Doer & {
  readonly type: 'policy.draft'
  readonly name: string
  readonly draft: string
  readonly revision: number
  /** The version in force it was made from; 0 where none was. */
  readonly base: number
  readonly textDigest: string
  readonly digest: string | null
  readonly step: 'opened' | 'saved' | 'submitted' | 'abandoned'
  /** What the server's checks found. */
  readonly check: { readonly errors: number; readonly warnings: number; readonly tests: number; readonly failed: number }
  readonly commitments?: Commitments
}

/** A vote on one text. */
export type ReviewFields = Doer & {
  readonly type: 'policy.review'
  readonly name: string
  readonly draft: string
  readonly revision: number
  readonly textDigest: string
  readonly verdict: 'approve' | 'request_changes'
  readonly commitments?: Commitments
}

/** Somebody was told no: `fault` says in which of six ways, and nothing was changed. */
export type RefusedFields = Doer & {
  readonly type: 'policy.refused'
  readonly name: string
  readonly attempt: 'save' | 'submit' | 'abandon' | 'review' | 'publish' | 'rollback' | 'setting'
  readonly fault: string
  readonly draft: string | null
  readonly revision: number | null
}

export type PolicyFields = PublicationFields | DraftFields | ReviewFields | RefusedFields
