import type { Sign, Verify } from '../hash'
import { fromHex, toHex } from '../hash'
import { canonicalJson, type Json } from '../json'
import { type HostCertificate, isCertifiedBy, type Trust } from './certificate'
import type { EntryRef } from './entry'
import type { Counts } from './evidence-counts'

/** What was asked for. Times are ISO 8601; `null` is no limit. `policy` is a name or a digest, `policies` the digests it stood for. */
export type EvidenceScope = {
  readonly from: string | null
  readonly to: string | null
  readonly server: string | null
  readonly agent: string | null
  readonly policy: string | null
  readonly outcome: string | null
  readonly policies: readonly string[]
  readonly clearText: boolean
}

/** Entries `first` to before `end` of the log: the smallest run that holds every entry of the period. */
export type Population = { readonly first: number; readonly end: number }

/** Something that was wrong with the log when it was exported. `index` is where; null where that is nowhere in particular. */
export type EvidenceFinding = { readonly index: number | null; readonly kind: string; readonly sentence: string }

export type EvidenceFile = { readonly name: string; readonly bytes: number; readonly sha256: string }

/** What a bundle says of itself; its canonical JSON is what the exporter signs. */
export type Manifest = {
  readonly v: 1
  readonly type: 'evidence'
  readonly log: string
  readonly origin: string
  readonly export: string
  /** Where the log itself says that this was exported, before anything left; that entry is younger than the checkpoint. */
  readonly entry: EntryRef
  readonly by: string
  readonly at: string
  readonly version: string
  readonly checkpoint: { readonly size: number; readonly root: string }
  readonly scope: EvidenceScope
  readonly population: Population
  readonly entries: number
  readonly counts: Counts
  readonly derived: readonly string[]
  /** Entries that were written and not sealed yet when this was made: not in it. */
  readonly unsealed: number
  /** Digests of policies that decided here and that the database holds no text of: those of policy files. */
  readonly unresolved: readonly string[]
  readonly gaps: readonly string[]
  readonly integrity: { readonly found: number; readonly findings: readonly EvidenceFinding[] }
  readonly files: readonly EvidenceFile[]
}

export const BUNDLE = {
  manifest: 'manifest.json',
  signature: 'manifest.sig',
  trust: 'trust.json',
  checkpoint: 'checkpoint',
  checkpoints: 'checkpoints.jsonl',
  runs: 'tree/runs.jsonl',
  writers: 'writers.jsonl',
  erasures: 'erasures.jsonl',
  stamps: 'stamps.jsonl',
  detached: 'detached.jsonl',
  stretches: 'tree/detached.jsonl',
  readme: 'readme.txt',
  page: 'verify.html',
  script: 'verify-bundle.mjs',
  report: 'report.html',
} as const

/** Leaf hashes in one file of a bundle: 256 tiles of level 0, one behind the other. */
export const LEAVES_PER_FILE = 65_536

export type Numbered = 'tree/leaves' | 'entries' | 'disclosures' | 'holds' | 'csv' | 'ocsf'
const ENDINGS = {
  'tree/leaves': 'bin',
  entries: 'jsonl',
  disclosures: 'jsonl',
  holds: 'jsonl',
  csv: 'csv',
  ocsf: 'jsonl',
} as const satisfies Record<Numbered, string>
const FOLDERS = {
  'tree/leaves': 'tree/leaves',
  entries: 'entries',
  disclosures: 'disclosures',
  holds: 'holds',
  csv: 'views/csv',
  ocsf: 'views/ocsf',
} as const satisfies Record<Numbered, string>

/** `entries/000000.jsonl`, and so on: as many digits as keep them in order. */
export const numberedName = (of: Numbered, n: number): string => `${FOLDERS[of]}/${String(n).padStart(6, '0')}.${ENDINGS[of]}`

export const isNumbered = (of: Numbered, name: string): boolean => new RegExp(`^${FOLDERS[of]}/[0-9]{6}\\.${ENDINGS[of]}$`).test(name)

/** What was stamped, the answer of the authority (TimeStampResp, RFC 3161), and the certificates that are pinned for it. */
export const stampName = (n: number, ending: 'checkpoint' | 'tsr' | 'pem'): string => `stamps/${String(n).padStart(6, '0')}.${ending}`

export const policyName = (digest: string): string => `policies/${digest}.json`

/** What was asked for takes every entry of the population, so that one that is missing shows. */
export const isWhole = ({ server, agent, policy, outcome }: EvidenceScope): boolean =>
  server === null && agent === null && policy === null && outcome === null

const ENTRY_LINE = /^\{"index":(0|[1-9][0-9]{0,15}),"entry":(\{.*\})\}$/s
const TEXT_LINE = /^\{"index":(0|[1-9][0-9]{0,15}),"text":(".*")\}$/s
/** What reads back from a line as it stood: one line, and an object by its looks. */
const FITS = /^\{[^\n\r\u2028\u2029]*\}$/

/** One entry as a line of JSON that holds its text byte for byte; a text that is no line of its own stands in it as a string. */
export const entryLine = (index: number, text: string): string =>
  FITS.test(text) ? `{"index":${index},"entry":${text}}` : `{"index":${index},"text":${JSON.stringify(text)}}`

/** The entry's index and its exact text; null for a line that is none. */
export function readEntryLine(line: string): { readonly index: number; readonly text: string } | null {
  const entry = ENTRY_LINE.exec(line)
  if (entry) return { index: Number(entry[1]), text: entry[2] ?? '' }
  const text = TEXT_LINE.exec(line)
  const value = text ? parseOrNull(text[2] ?? '') : null
  return text && typeof value === 'string' ? { index: Number(text[1]), text: value } : null
}

/** JSON, or null where it is none (or beyond what can be read). */
export function parseOrNull(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return null
    throw error
  }
}

export type Members = { readonly [key: string]: Json }

export const membersOf = (value: Json | undefined): Members | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null

const TAG = new TextEncoder().encode('countersign/evidence/v1\n')

/** The text of manifest.json, and manifest.sig over it by the host's key with what leads to the pinned root. */
export function signManifest(
  manifest: Manifest,
  host: { readonly certificate: HostCertificate; readonly sign: Sign },
): { readonly text: string; readonly signature: string } {
  const text = canonicalJson(manifest as unknown as Json)
  const signature = toHex(host.sign(signedBytes(new TextEncoder().encode(text))))
  return { text, signature: canonicalJson({ host: host.certificate as unknown as Json, signature }) }
}

function signedBytes(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(TAG.length + text.length)
  bytes.set(TAG)
  bytes.set(text, TAG.length)
  return bytes
}

/** Why nobody of this log signed this manifest; null where a certified host did. Never throws. */
export function faultOfManifest(manifest: Uint8Array, signature: string, trust: Trust, verify: Verify): string | null {
  const signed = membersOf(parseOrNull(signature))
  const host = membersOf(signed?.host)
  const key = host && typeof host.key === 'string' ? fromHex(host.key) : null
  const bytes = signed && typeof signed.signature === 'string' ? fromHex(signed.signature) : null
  if (!host || !key || !bytes) return 'manifest.sig holds no signature'
  if (host.type !== 'host' || host.log !== trust.log || !isCertifiedBy(host, trust.root, verify))
    return 'the host that signed the manifest is not certified by the root that is trusted here'
  return verify(key, signedBytes(manifest), bytes) ? null : 'the signature does not fit the manifest'
}
