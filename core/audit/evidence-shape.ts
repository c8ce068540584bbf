import type { Manifest } from './evidence'
import { isMemberName } from './evidence-zip'
import { count, is, listOf, matching, members, orNull, type Shape, text, truth, valuesOf } from './shape'

const hash = matching(/^[0-9a-f]{64}$/)
const id = matching(/^[0-9a-f]{32}$/)
const fileName: Shape = (value) => typeof value === 'string' && isMemberName(value)

const manifest = members({
  v: is(1),
  type: is('evidence'),
  log: id,
  origin: text,
  export: id,
  entry: members({ writer: id, seq: count }),
  by: text,
  at: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  version: text,
  checkpoint: members({ size: count, root: hash }),
  scope: members({
    from: orNull(text),
    to: orNull(text),
    server: orNull(text),
    agent: orNull(text),
    policy: orNull(text),
    outcome: orNull(text),
    policies: listOf(hash),
    clearText: truth,
  }),
  population: members({ first: count, end: count }),
  entries: count,
  counts: members({ types: valuesOf(count), outcomes: valuesOf(count), statuses: valuesOf(count) }),
  derived: listOf(text),
  unsealed: count,
  unresolved: listOf(hash),
  gaps: listOf(text),
  integrity: members({ found: count, findings: listOf(members({ index: orNull(count), kind: text, sentence: text })) }),
  files: listOf(members({ name: fileName, bytes: count, sha256: hash })),
})

/** Whether this is a manifest by its form; whether it is true is for everything else in the bundle to show. */
export const isManifest = (value: unknown): value is Manifest => manifest(value)

const run = members({ first: count, writer: text, seq: count, count })
export type EvidenceRun = { readonly first: number; readonly writer: string; readonly seq: number; readonly count: number }
export const isRun = (value: unknown): value is EvidenceRun => run(value)

/** A writer as a bundle tells of it: how far it is sealed, its first entry, and the last signature over what is sealed. */
export type EvidenceWriter = {
  readonly writer: string
  readonly sealed: number
  readonly open: string | null
  readonly batch: { readonly first: number; readonly last: number; readonly signature: string } | null
}
const writer = members({
  writer: text,
  sealed: count,
  open: orNull(text),
  batch: orNull(members({ first: count, last: count, signature: text })),
})
export const isWriter = (value: unknown): value is EvidenceWriter => writer(value)

/** One value behind a commitment, with the salt that opens it; both in base64. */
export type EvidenceDisclosure = { readonly index: number; readonly name: string; readonly salt: string; readonly content: string }
const disclosure = members({ index: count, name: text, salt: text, content: text })
export const isDisclosure = (value: unknown): value is EvidenceDisclosure => disclosure(value)

/** Clear text that is not in a bundle because it was erased; `entry` is where the log says so. */
export type EvidenceErasure = {
  readonly erasure: string
  readonly kind: 'retention' | 'call' | 'principal'
  readonly what: string
  readonly because: string
  readonly actor: string | null
  readonly at: string
  /** Of those in the bundle. */
  readonly values: number
  readonly entry: { readonly writer: string; readonly seq: number }
}
const erasure = members({
  erasure: text,
  kind: (value) => value === 'retention' || value === 'call' || value === 'principal',
  what: text,
  because: text,
  actor: orNull(text),
  at: text,
  values: count,
  entry: members({ writer: text, seq: count }),
})
export const isErasure = (value: unknown): value is EvidenceErasure => erasure(value)

/** A checkpoint that an authority stamped (RFC 3161): its file, that of the stamp, and of the certificates; and that the bundle's own only appends to it. */
export type EvidenceStamp = {
  readonly authority: string
  readonly size: number
  readonly checkpoint: string
  readonly response: string
  readonly certificates: string
  readonly proof: readonly string[]
}
const stamp = members({
  authority: text,
  size: count,
  checkpoint: fileName,
  response: fileName,
  certificates: fileName,
  proof: listOf(text),
})
export const isStamp = (value: unknown): value is EvidenceStamp => stamp(value)

/** A month whose entries are not in the log's table: the entry that says so, word for word, and its number in the sealed log. */
export type EvidenceDetached = { readonly month: string; readonly index: number; readonly text: string }
const detached = members({ month: text, index: count, text })
export const isDetached = (value: unknown): value is EvidenceDetached => detached(value)

/** Entries `from` to `to` of a writer left with their month. */
export type EvidenceStretch = { readonly month: string; readonly writer: string; readonly from: number; readonly to: number }
const stretch = members({ month: text, writer: text, from: count, to: count })
export const isStretch = (value: unknown): value is EvidenceStretch => stretch(value)

/** A checkpoint of before, and the proof that the bundle's own only appends to it. */
export type EvidenceEarlier = { readonly note: string; readonly proof: readonly string[] }
const earlier = members({ note: text, proof: listOf(text) })
export const isEarlier = (value: unknown): value is EvidenceEarlier => earlier(value)

/** A policy by its digest: `document` is its canonical JSON in this version of the language. */
export type EvidencePolicy = {
  readonly digest: string
  readonly language: string
  readonly document: string | null
  readonly versions: readonly EvidenceVersion[]
}
export type EvidenceVersion = {
  readonly name: string
  readonly kind: string
  readonly version: number
  readonly yaml: string
  readonly yamlSha256: string
  readonly author: string
  readonly at: string
  readonly reviews: readonly { readonly reviewer: string; readonly verdict: string; readonly at: string }[]
}
const version = members({
  name: text,
  kind: text,
  version: count,
  yaml: text,
  yamlSha256: hash,
  author: text,
  at: text,
  reviews: listOf(members({ reviewer: text, verdict: text, at: text })),
})
const policy = members({ digest: hash, language: text, document: orNull(text), versions: listOf(version) })
export const isPolicy = (value: unknown): value is EvidencePolicy => policy(value)

/** A vote with what it signed and what leads from the root to the key that signed it. */
export type EvidenceVote = {
  readonly voter: string
  readonly verdict: 'approve' | 'deny'
  readonly binding: string
  readonly displayed: string
  readonly writer: string
  readonly statement: string
  readonly signature: string
  readonly host: string
  readonly certificate: string
}
export type EvidenceHold = {
  readonly hold: string
  readonly call: string
  readonly state: string
  readonly server: string
  readonly tool: string
  readonly principal: string
  readonly openedAt: string
  readonly endedAt: string | null
  readonly votes: readonly EvidenceVote[]
}
const verdict: Shape = (value) => value === 'approve' || value === 'deny'
const vote = members({
  voter: text,
  verdict,
  binding: text,
  displayed: text,
  writer: text,
  statement: text,
  signature: text,
  host: text,
  certificate: text,
})
const hold = members({
  hold: text,
  call: text,
  state: text,
  server: text,
  tool: text,
  principal: text,
  openedAt: text,
  endedAt: orNull(text),
  votes: listOf(vote),
})
export const isHold = (value: unknown): value is EvidenceHold => hold(value)
