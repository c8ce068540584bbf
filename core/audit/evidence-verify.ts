import { fromHex, type Sha256, toHex, type Verify } from '../hash'
import type { PinnedWitness, Trust } from './certificate'
import { type Checkpoint, isExtension, type LogKey, openCheckpoint, originOf } from './checkpoint'
import { BUNDLE, faultOfManifest, type Manifest, membersOf, parseOrNull } from './evidence'
import { checkDetached, type ToldDetached } from './evidence-detached'
import { EntryReading } from './evidence-entries'
import { checkErasures } from './evidence-erasures'
import { EvidenceFiles, type Inflate } from './evidence-files'
import { checkHolds, checkPolicies } from './evidence-papers'
import { isEarlier, isManifest } from './evidence-shape'
import { type CheckStamp, checkStamps, type StampTold } from './evidence-stamps'
import { type Population, readPopulation } from './evidence-tree'
import { checkWriters } from './evidence-writers'
import { type RandomAccess, readDirectory } from './evidence-zip'
import { followLogKeys, type LogKeys, withRotations } from './log-keys'
import { keyIdOf, type Note, readVkey, verifyCosignature } from './note'
import { members, text } from './shape'
import { readProof } from './tlog-proof'
import { isEqual } from './tree'
import type { Verdict } from './verify'
import { type Anchor, anchorOf } from './verify-views'
import { isOnLogHost } from './witnesses'

export type EvidenceOptions = {
  readonly sha256: Sha256
  readonly verify: Verify
  readonly inflate: Inflate
  readonly checkStamp?: CheckStamp
  /** What the reader pins; null for a reader who has only the bundle, and compares the key by other means. */
  readonly trust: Trust | null
  /** The root key alone, in hexadecimal, for a reader who has nothing else: it certifies whoever signed what the bundle says of the rest. */
  readonly root?: string
  readonly nowMs: number
  /** Called as entries pass, so that whoever waits sees it; what it throws ends the verification. */
  readonly passed?: (entries: number) => Promise<void>
}

/** One thing that is wrong: with which file, entry, writer or hold of the bundle. */
export type BundleFinding = { readonly where: string; readonly sentence: string }

export type EvidenceReport = {
  readonly verdict: Verdict
  readonly findings: readonly BundleFinding[]
  readonly found: number
  readonly doubts: readonly string[]
  /** What the bundle says of itself; null where that can't be believed. */
  readonly manifest: Manifest | null
  /** The root that vouches for it, and whether the reader pinned it or took it from the bundle. */
  readonly root: { readonly key: string; readonly pinned: boolean } | null
  readonly cosigned: readonly { readonly witness: string; readonly host: string; readonly size: number; readonly at: string }[]
  /** Up to where as many witnesses on other machines cosigned it as the trusted keys ask for; null where fewer did. */
  readonly anchor: Anchor | null
  readonly writers: number
  readonly stamps: readonly StampTold[]
}

const FINDINGS_LIMIT = 1_000
/** 32 bytes of memory for each entry of the log. */
const POPULATION_LIMIT = 20_000_000
const CLOCKS_DIFFER_MS = 5 * 60_000

/** Verifies a bundle from the file that somebody handed over. Whatever it holds, this answers; it rejects only where reading or `passed` does. */
export async function verifyEvidence(file: RandomAccess, options: EvidenceOptions): Promise<EvidenceReport> {
  const examination = new Examination(options)
  const directory = await readDirectory(file)
  if ('sentence' in directory) {
    if (directory.is === 'cut') examination.doubt(directory.sentence)
    else examination.report('the file', directory.sentence)
  } else {
    const tools = { inflate: options.inflate, sha256: options.sha256, report: examination.report }
    await examination.run(new EvidenceFiles(file, directory, tools))
  }
  return examination.result()
}

class Examination {
  private readonly findings: BundleFinding[] = []
  private readonly doubts: string[] = []
  private readonly cosigned: { witness: string; host: string; size: number; at: string }[] = []
  private found = 0
  private writers = 0
  private manifest: Manifest | null = null
  private root: EvidenceReport['root'] = null
  private anchor: Anchor | null = null
  private stamps: readonly StampTold[] = []

  constructor(private readonly options: EvidenceOptions) {}

  readonly report = (where: string, sentence: string): void => {
    this.found += 1
    if (this.findings.length < FINDINGS_LIMIT) this.findings.push({ where, sentence })
  }

  doubt(sentence: string): void {
    this.doubts.push(sentence)
  }

  result(): EvidenceReport {
    const { findings, found, doubts, manifest, root, cosigned, anchor, writers, stamps } = this
    const verdict = found > 0 ? 'damaged' : doubts.length > 0 || manifest === null ? 'could not tell' : 'intact'
    return { verdict, findings, found, doubts, manifest, root, cosigned, anchor, writers, stamps }
  }

  async run(files: EvidenceFiles): Promise<void> {
    const manifest = await this.open(files)
    if (!manifest) return
    const { trust } = manifest
    this.manifest = manifest.says
    files.hold(manifest.says.files)
    for (const { sentence } of manifest.says.integrity.findings) this.report('the log', `Exported as damaged: ${sentence}`)
    if (manifest.says.integrity.found > 0 && manifest.says.integrity.findings.length === 0) this.report('the log', 'Exported as damaged.')
    await this.contents(files, manifest.says, trust)
    await files.finish()
  }

  /** The manifest and whom to trust for it: nothing else is read before a certified host has signed it. */
  private async open(files: EvidenceFiles): Promise<{ readonly says: Manifest; readonly trust: Trust } | null> {
    const [bytes, signature, given] = [
      await files.unlisted(BUNDLE.manifest),
      await files.unlisted(BUNDLE.signature),
      await files.unlisted(BUNDLE.trust),
    ]
    const says: unknown = bytes ? parseOrNull(new TextDecoder().decode(bytes)) : null
    if (!bytes || !signature || !isManifest(says)) {
      this.report(BUNDLE.manifest, 'The file holds no manifest that can be read: it is no bundle, or its manifest was changed.')
      return null
    }
    const trust = this.trusted(given)
    if (!trust) {
      this.report(BUNDLE.trust, 'The bundle does not say which keys vouch for it.')
      return null
    }
    this.root = { key: trust.root, pinned: this.options.trust !== null || this.options.root !== undefined }
    if (says.log !== trust.log || says.origin !== originOf(trust.log)) {
      this.report(BUNDLE.manifest, `The bundle is of log ${says.log}, and the trusted keys are of log ${trust.log}.`)
      return null
    }
    const fault = faultOfManifest(bytes, new TextDecoder().decode(signature), trust, this.options.verify)
    if (fault !== null) this.report(BUNDLE.signature, `The manifest can’t be believed: ${fault}.`)
    return fault === null ? { says, trust } : null
  }

  private trusted(given: Uint8Array | null): Trust | null {
    const { trust, root } = this.options
    const [said, pinned] = [readTrustText(given), trust]
    // What a bundle says of rotations is worth what the pinned key leads to.
    if (pinned) return said?.log === pinned.log ? withRotations(pinned, said.rotations ?? []) : pinned
    return said && root !== undefined ? { ...said, root } : said
  }

  private async contents(files: EvidenceFiles, says: Manifest, trust: Trust): Promise<void> {
    const { options, report } = this
    if (Date.parse(says.at) > options.nowMs + CLOCKS_DIFFER_MS)
      this.doubt(`The bundle says that it was made at ${says.at}, which is yet to come: one of the two clocks is wrong.`)
    if (says.checkpoint.size > POPULATION_LIMIT) {
      this.doubt(`The log has ${says.checkpoint.size} entries, and this can hold ${POPULATION_LIMIT} in memory.`)
      return
    }
    await this.checkpoints(files, says, trust)
    const { size, root } = says.checkpoint
    const population = await readPopulation(files, size, root, options.sha256, report)
    if (!population) return
    const tools = { trust, sha256: options.sha256, verify: options.verify, report }
    const { many, consoles } = await checkWriters(files, population, tools)
    this.writers = many
    const detached = await checkDetached(files, population, consoles, tools)
    await this.entries(files, says, population, { ...tools, detached })
  }

  private async entries(
    files: EvidenceFiles,
    says: Manifest,
    population: Population,
    tools: Parameters<typeof checkWriters>[2] & { readonly detached: ToldDetached },
  ): Promise<void> {
    const { first, end } = says.population
    if (first > end || end > says.checkpoint.size) this.report(BUNDLE.manifest, 'The manifest tells of entries beyond its own checkpoint.')
    const { passed } = this.options
    const reading = new EntryReading(files, says, population, { ...tools, ...(passed ? { passed } : {}) })
    await reading.run()
    await checkPolicies(files, reading.said, says, tools)
    await checkHolds(files, reading.said, tools)
    await checkErasures(files, reading.said, says, { population, report: this.report, holes: tools.detached.holes })
  }

  /** The checkpoint is signed by the log's key and is the manifest's; those of before are its beginnings. */
  private async checkpoints(files: EvidenceFiles, says: Manifest, trust: Trust): Promise<void> {
    const keys = followLogKeys(trust, this.options)
    const note = await files.text(BUNDLE.checkpoint)
    if (!keys || note === null) {
      this.report(BUNDLE.checkpoint, 'There is no checkpoint, or no key to verify it with.')
      return
    }
    for (const fault of keys.faults) this.report(BUNDLE.trust, fault)
    const { key } = keys
    const opened = openCheckpoint(note, key, this.options.verify, this.options.sha256)
    if ('problem' in opened) {
      this.report(BUNDLE.checkpoint, `The checkpoint can’t be believed: ${opened.problem}.`)
      return
    }
    const { checkpoint } = opened
    if (checkpoint.size !== says.checkpoint.size || toHex(checkpoint.root) !== says.checkpoint.root)
      this.report(
        BUNDLE.checkpoint,
        `The checkpoint is of ${checkpoint.size} entries and the manifest of ${says.checkpoint.size}, or their roots differ.`,
      )
    this.witnessed(opened.note, checkpoint, trust)
    const roots = await this.earlier(files, checkpoint, key, trust)
    this.rotated(keys, checkpoint, roots)
    this.anchor = this.anchored(checkpoint.root, trust)
    await this.stamped(files, checkpoint, key)
  }

  private async stamped(files: EvidenceFiles, checkpoint: Checkpoint, key: LogKey): Promise<void> {
    const { verify, sha256, checkStamp, nowMs } = this.options
    const tools = { key, verify, sha256, report: this.report, ...(checkStamp ? { checkStamp } : {}) }
    this.stamps = await checkStamps(files, checkpoint, tools)
    for (const { authority, at } of this.stamps)
      if (Date.parse(at) > nowMs + CLOCKS_DIFFER_MS)
        this.doubt(`${authority} stamped at a time that is yet to come: one of the two clocks is wrong.`)
  }

  /** By cosigners on other machines alone, each machine once. */
  private anchored(root: Uint8Array, { threshold = 1 }: Trust): Anchor | null {
    const outside = this.cosigned.filter((each) => !isOnLogHost(each))
    const views = outside.map(({ size, ...cosigned }) => ({ from: cosigned.witness, size, root, at: cosigned.at, cosigned: [cosigned] }))
    return anchorOf(views, threshold)
  }

  /** The roots of the log by size, as far as they are shown. */
  private async earlier(files: EvidenceFiles, checkpoint: Checkpoint, key: LogKey, trust: Trust): Promise<ReadonlyMap<number, Uint8Array>> {
    const roots = new Map([[checkpoint.size, checkpoint.root]])
    for (const { note, proof } of await files.records(BUNDLE.checkpoints, isEarlier)) {
      const opened = openCheckpoint(note, key, this.options.verify, this.options.sha256)
      const hashes = readProof(proof)
      if ('problem' in opened) this.report(BUNDLE.checkpoints, `An earlier checkpoint can’t be believed: ${opened.problem}.`)
      else if (!hashes || !isExtension(opened.checkpoint, checkpoint, hashes, this.options.sha256))
        this.report(BUNDLE.checkpoints, `The log of this bundle does not begin with its checkpoint of ${opened.checkpoint.size} entries.`)
      else {
        roots.set(opened.checkpoint.size, opened.checkpoint.root)
        this.witnessed(opened.note, opened.checkpoint, trust)
      }
    }
    return roots
  }

  /** Both keys of a rotation signed what the log was then; one that came after this bundle says nothing about it. */
  private rotated({ rotations }: LogKeys, { size }: Checkpoint, roots: ReadonlyMap<number, Uint8Array>): void {
    for (const rotation of rotations.filter((each) => each.size <= size)) {
      const root = roots.get(rotation.size)
      if (!root)
        this.report(BUNDLE.checkpoints, `The log key was rotated at ${rotation.size} entries, and the checkpoint of that size is missing.`)
      else if (!isEqual(root, rotation.root))
        this.report(BUNDLE.trust, `The log key was rotated at ${rotation.size} entries, and the log that was signed then was another one.`)
    }
  }

  private witnessed(note: Note, { size }: Checkpoint, trust: Trust): void {
    for (const { vkey, host } of trust.witnesses ?? []) {
      const witness = readVkey(vkey, this.options.sha256)
      if (!witness) continue
      const seconds = verifyCosignature(note, witness, this.options.verify, this.options.sha256)
      if (seconds === null) {
        const keyId = keyIdOf(witness, this.options.sha256)
        if (note.signatures.some((line) => line.name === witness.name && line.keyId === keyId))
          this.report(BUNDLE.checkpoint, `What stands as a cosignature of witness ${witness.name} on ${size} entries is none of its own.`)
        continue
      }
      const ms = Math.min(seconds * 1_000, 8.64e15)
      if (ms > this.options.nowMs + CLOCKS_DIFFER_MS)
        this.doubt(`Witness ${witness.name} cosigned at a time that is yet to come: one of the two clocks is wrong.`)
      this.cosigned.push({ witness: witness.name, host, size, at: new Date(ms).toISOString() })
    }
  }
}

const isHex = (value: unknown, length: number): value is string =>
  typeof value === 'string' && value.length === length && fromHex(value) !== null

const isPinned = members({ name: text, vkey: text, url: text, host: text })

/** trust.json as the bundle carries it; null for anything else. */
export function readTrustText(bytes: Uint8Array | null): Trust | null {
  const trust = bytes ? membersOf(parseOrNull(new TextDecoder().decode(bytes))) : null
  if (trust?.v !== 1) return null
  const { log, root, logKey, witnesses = [], threshold = 1, rotations = [] } = trust
  if (!isHex(log, 32) || !isHex(root, 64) || !isHex(logKey, 64) || !Array.isArray(witnesses) || !witnesses.every(isPinned)) return null
  if (typeof threshold !== 'number' || !Number.isSafeInteger(threshold) || threshold < 1) return null
  if (!Array.isArray(rotations) || !rotations.every((each) => typeof each === 'string')) return null
  return { v: 1, log, root, logKey, witnesses: witnesses as unknown as readonly PinnedWitness[], threshold, rotations }
}
