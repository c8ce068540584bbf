import { oneAfterAnother, type Sha256, type Sha256Many, toHex, type Verify } from '../hash'
import type { PinnedWitness, Trust } from './certificate'
import type { LogKey } from './checkpoint'
import { type DetachedMonth, Holes } from './detached'
import { type Finding, Findings, type Found, inOrder } from './findings'
import type { LogSource, SealedLog, WriterHead } from './log-source'
import { CarefulReader } from './placed-reader'
import { type Protection, protectionOf, type SealedTo, undetectableWith } from './protection'
import { type QuickLanes, QuickReader } from './quick-reader'
import { areTextsInOrder, type FindBytes } from './quick-texts'
import { treeAt } from './starting-tree'
import { TileTree } from './tile-tree'
import { CallLedger } from './verify-calls'
import { ChainWalk } from './verify-chain'
import { CheckpointWalk } from './verify-checkpoints'
import { type Detached, leafAt, readDetached } from './verify-detached'
import { GapCount, type Gaps } from './verify-gaps'
import { readOutside } from './verify-outside'
import { SealedWalk } from './verify-sealed'
import { anchorOf, type KeptNote, type Remembered, type StampedTo, stampedTo, type View, viewOf } from './verify-views'
import { outsideWitnesses } from './witnesses'

export type WriterReport = {
  readonly id: string
  /** Intact up to this entry. */
  readonly to: number
  readonly entries: number
  readonly state: 'closed' | 'open' | 'lost' | 'abandoned'
}

export type Verdict = 'intact' | 'damaged' | 'could not tell'

export type Report = {
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
  /** Findings beyond the first thousand are only counted. */
  readonly found: number
  readonly writers: readonly WriterReport[]
  readonly entries: number
  /** Where this look began: entries before it were looked at before. */
  readonly from: number
  readonly sealed: SealedTo | null
  readonly stamped: StampedTo | null
  /** The checkpoints that were kept elsewhere and that this log leads to, by who keeps them. */
  readonly elsewhere: readonly { readonly from: string; readonly size: number }[]
  readonly protection: Protection
  readonly gaps: Gaps
  /** Whose content was not looked at because it is not here: their hashes were, and entries of the log say that they were detached. */
  readonly detached: readonly DetachedMonth[]
  /** Why the answer is not known, one sentence each. */
  readonly doubts: readonly string[]
  /** What no look at this log with what was given could have shown. */
  readonly undetectable: readonly string[]
}

export type VerifyOptions = {
  readonly trust: Trust
  readonly sha256: Sha256
  /** A faster way to many hashes, where there is one. */
  readonly many?: Sha256Many
  readonly verify: Verify
  /** Check every batch signature, every checkpoint's signature and that every text is canonical, not only the last signature of each. */
  readonly deep?: boolean
  /** Checkpoints that were kept outside the database: what witnesses hold, and files. */
  readonly kept?: readonly KeptNote[]
  /** Sizes and roots that were remembered without the note. */
  readonly remembered?: readonly Remembered[]
  /** A checkpoint up to which an earlier look found the log intact: this one begins there. */
  readonly since?: KeptNote
}

/** `lanes` are asked for once the size of what is sealed is known; without any, texts are read by this thread. */
export type QuickWays = { readonly find: FindBytes; readonly lanes?: (size: number) => Promise<QuickLanes | null> }

/**
 * The quick look: what is sealed is read as bare texts, hashed, linked and compared with the tree; then each writer's opening, last
 * signature and what is not sealed yet. Null where something is not in order, or nothing is sealed: `verifyLog` says what.
 */
export async function verifyQuickly(source: LogSource, options: VerifyOptions, ways: QuickWays): Promise<Report | null> {
  const look = new Look(source, options)
  return (await look.skim(ways)) ? look.report() : null
}

/**
 * Verifies a log against the pinned keys: each writer's chain and signature, its columns, that every effect had a right and every decision
 * one end, and for what is sealed the tree, its checkpoints and whatever was kept of them elsewhere. Memory grows by about one byte per
 * entry. Intact, damaged and could-not-tell are never mixed: any damage is damage, and a doubt without damage is a doubt. What is found
 * damaged and not yet placed is looked at once more with every signature.
 */
export async function verifyLog(source: LogSource, options: VerifyOptions): Promise<Report> {
  try {
    const report = await new Look(source, options).report()
    const isPlaced = report.findings.every(({ kind, writer }) => writer !== null && kind !== 'bad signature')
    return isPlaced || options.deep ? report : await new Look(source, { ...options, deep: true }).report()
  } finally {
    await source.close()
  }
}

/** The checkpoint that a quick look ends with: nobody outside remembered it. */
const SKIMMED = 'The newest checkpoint'

class Look {
  private readonly findings = new Findings()
  private readonly calls = new CallLedger(this.findings)
  private readonly gaps = new GapCount()
  private readonly walks = new Map<string, ChainWalk>()
  private readonly doubts: string[] = []
  private readonly reports: WriterReport[] = []
  private views: readonly View[] = []
  private checkpoints: CheckpointWalk | null = null
  /** What a quick look at the sealed part came to. */
  private skimmed: CheckpointWalk | null = null
  private skimmer: QuickReader | null = null
  private detached: Detached = { holes: new Holes(), months: [] }
  /** Detached entries that were passed by. */
  private passed = 0
  private since: KeptNote | undefined
  private covered: ReadonlyMap<string, number> = new Map()

  constructor(
    private readonly source: LogSource,
    private readonly options: VerifyOptions,
  ) {
    this.since = options.since
  }

  async report(): Promise<Report> {
    const sealed = await this.readSealed()
    await this.walkTails()
    this.calls.finish()
    const gaps = this.gaps.finish(await this.source.policies(), this.findings, this.options.sha256)
    if (this.reports.length === 0) this.doubts.push('The log holds no writer at all: it is new, or everything is gone.')
    const { protection, sealedTo, stamped, elsewhere } = this.protect()
    const entries = this.reports.reduce((sum, writer) => sum + writer.entries, 0)
    const skimmed = this.skimmed?.tree.size ?? 0
    const start = this.checkpoints?.start ?? 0
    const from = start - skimmed
    const unread = from > 0 ? [`A change of what stands before #${from}, where this look began: it was not read again.`] : []
    return {
      verdict: this.findings.count > 0 ? 'damaged' : this.doubts.length > 0 ? 'could not tell' : 'intact',
      findings: await this.dated(sealed),
      found: this.findings.count,
      writers: this.reports,
      entries: entries + skimmed - (skimmed > 0 ? this.detached.holes.entries : 0),
      from,
      sealed: sealedTo,
      stamped,
      elsewhere,
      protection,
      gaps,
      detached: this.detached.months,
      doubts: this.doubts,
      undetectable: [...unread, ...undetectableWith(protection, start + entries + this.passed)],
    }
  }

  /** The sealed part, where there is one: what was kept elsewhere must be found in it. */
  private async readSealed(): Promise<SealedLog | null> {
    const sealed = await this.source.sealed()
    const key = await this.readOutside(sealed)
    if (!key) return null
    if (sealed) await this.walkSealed(sealed, key)
    else this.missSealed()
    return sealed
  }

  private protect(): Pick<Report, 'protection' | 'stamped' | 'elsewhere'> & { readonly sealedTo: SealedTo | null } {
    const { threshold = 1 } = this.options.trust
    const confirmed = [...(this.skimmed?.confirmed ?? []), ...(this.checkpoints?.confirmed ?? [])].filter(
      ({ from, isOwn }) => from !== SKIMMED && !isOwn,
    )
    const anchor = anchorOf(confirmed, threshold)
    if (this.witnesses.length > 0 && !anchor)
      this.doubts.push(`trust.json names ${this.witnesses.length} witnesses, and fewer than ${threshold} of them have seen this log.`)
    const sealedTo = this.sealedTo()
    const kept = new Set(this.options.kept?.map(({ from }) => from))
    const elsewhere = confirmed.filter(({ from }) => kept.has(from)).map(({ from, size }) => ({ from, size }))
    return { protection: protectionOf(sealedTo, anchor, confirmed), sealedTo, stamped: stampedTo(confirmed), elsewhere }
  }

  /** Reads what is sealed without its meaning; `report` then begins where this ended. False where something is not in order. */
  async skim({ find, lanes }: QuickWays): Promise<boolean> {
    const { sha256, verify, many = oneAfterAnother(sha256) } = this.options
    const sealed = await this.source.sealed()
    const newest = await sealed?.newestCheckpoint()
    const packed = sealed?.packed
    const key = sealed && newest && packed ? await this.readOutside(sealed) : null
    if (!sealed || !newest || !packed || !key) return false
    const tree = new TileTree(sha256, many)
    const checkpoints = new CheckpointWalk(tree, sealed, this.views, { key, sha256, verify }, this.findings)
    const own: QuickLanes = { batchEntries: 32_768, width: 1, isInOrder: (job) => areTextsInOrder(job, packed, { many, find }) }
    const reader = new QuickReader((await lanes?.(newest.size)) ?? own)
    await this.readHoles(sealed)
    await new SealedWalk(sealed, checkpoints, reader, this.findings, this.detached.holes).run()
    this.skimmed = checkpoints
    this.skimmer = reader
    this.since = { from: SKIMMED, note: newest.note }
    return !reader.isStuck && this.findings.count === 0
  }

  private get witnesses(): readonly PinnedWitness[] {
    return outsideWitnesses(this.options.trust)
  }

  /** Answers the key that signs the log, with those before it; null where the pinned one is none. */
  private async readOutside(sealed: SealedLog | null): Promise<LogKey | null> {
    const { kept = [] } = this.options
    const outside = await readOutside(sealed, this.options, this.since ? [...kept, this.since] : kept, this.findings)
    this.views = outside?.views ?? []
    this.doubts.push(...(outside?.doubts ?? ['The pinned log key is no key: what is sealed can’t be checked.']))
    return outside?.key ?? null
  }

  /** Nothing is sealed here: whoever remembers that something was says what is gone. */
  private missSealed(): void {
    for (const { from, size } of this.views)
      if (size > 0) this.findings.add(null, 0, 'truncated', `${from} saw a sealed log of ${size} entries, and nothing is sealed here.`, 0)
  }

  private async walkSealed(sealed: SealedLog, key: LogKey): Promise<void> {
    const { sha256, many, verify, deep = false } = this.options
    const earlier = this.since ? viewOf(this.since, { key, witnesses: [], sha256, verify }) : null
    const tree = await treeAt(sealed, earlier && 'size' in earlier ? earlier : null, sha256, many)
    const views = this.views.filter(({ size }) => size >= tree.size)
    this.checkpoints = new CheckpointWalk(tree, sealed, views, { key, sha256, verify, deep }, this.findings)
    const reader = new CarefulReader(sealed, (writer) => this.walkOf(writer), this.findings)
    if (!this.skimmed) await this.readHoles(sealed)
    const walk = new SealedWalk(sealed, this.checkpoints, reader, this.findings, this.detached.holes)
    if (tree.size > 0) await this.resume(sealed, tree.size, walk.covered)
    await walk.run()
    this.covered = walk.covered
    this.passed = walk.passed
  }

  /** What is detached was right when it was, and is not looked at. */
  private async readHoles(sealed: SealedLog): Promise<void> {
    this.detached = await readDetached(await this.source.detached(), sealed, this.options, this.findings)
    for (const [writer, to] of this.detached.holes.writers) {
      this.calls.isPartial = true
      this.calls.resume(writer, to)
    }
  }

  private async resume(sealed: SealedLog, size: number, covered: Map<string, number>): Promise<void> {
    this.calls.isPartial = true
    for (const { writer, seq } of await sealed.marksAt(size)) {
      covered.set(writer, seq)
      this.calls.resume(writer, seq)
      await this.resumeWriter(sealed, writer, seq)
    }
  }

  private async resumeWriter(sealed: SealedLog, writer: string, seq: number): Promise<void> {
    const leaf = this.detached.holes.has(writer, seq) ? await this.leafOf(sealed, writer, seq) : null
    const rows = await sealed.rowsOf([{ writer, from: 1, to: 1 }, ...(leaf ? [] : [{ writer, from: seq, to: seq }])])
    const opening = rows[0]?.seq === 1 ? rows[0] : null
    const last = leaf ? { seq, leaf } : rows.at(-1)
    if (opening && last?.seq === seq) this.walkOf(writer).resume(opening, last)
    else
      this.findings.add(
        writer,
        opening ? seq : 1,
        'deleted',
        `The opening of writer ${writer} or entry ${seq}, its last before this look, is missing.`,
      )
  }

  private async leafOf(sealed: SealedLog, writer: string, seq: number): Promise<Uint8Array | null> {
    const index = this.skimmer ? null : await sealed.placeOf(writer, seq)
    return this.skimmer?.headOf(writer) ?? (index === null ? null : leafAt(sealed, index))
  }

  private walkOf(writer: string): ChainWalk {
    const walk = this.walks.get(writer) ?? new ChainWalk(writer, this.options, this.findings, this.calls, this.gaps)
    this.walks.set(writer, walk)
    return walk
  }

  /** What is not sealed yet, and how each chain ends. */
  private async walkTails(): Promise<void> {
    const heads = new Map((await this.source.heads()).map((head) => [head.id, head]))
    for (const id of new Set([...heads.keys(), ...(await this.source.headless()), ...this.walks.keys()])) {
      const walk = this.walkOf(id)
      const sealedTo = this.covered.get(id) ?? 0
      for await (const rows of this.source.rowsAfter(id, sealedTo)) for (const row of rows) walk.step(row)
      this.endWriter(walk, heads.get(id) ?? null, sealedTo)
      this.walks.delete(id)
    }
  }

  private endWriter(walk: ChainWalk, head: WriterHead | null, sealedTo: number): void {
    const chain = walk.end(head, sealedTo)
    const state = stateOf(head)
    this.reports.push({ id: walk.writer, to: chain.to, entries: chain.entries, state })
    if (state === 'abandoned')
      this.doubts.push(`Writer ${walk.writer} was never closed and its lock is free: close orphaned writers, then ask again.`)
    this.calls.finishWriter(walk.writer, { state, head: chain.head, closedBy: head?.closedBy ?? null })
  }

  private sealedTo(): SealedTo | null {
    const newest = this.checkpoints?.newest
    const good = [...(this.skimmed?.good ?? []), ...(this.checkpoints?.good ?? [])]
    const isGood = newest && good.some(({ size }) => size === newest.size)
    return isGood ? { size: newest.size, root: toHex(newest.root), at: newest.at } : null
  }

  /** With each finding goes the time of the last good checkpoint before it. */
  private async dated(sealed: SealedLog | null): Promise<Finding[]> {
    const findings: Finding[] = []
    for (const found of this.findings.list) {
      const index = found.index ?? (found.writer === null ? null : ((await sealed?.placeOf(found.writer, found.seq)) ?? null))
      findings.push({ ...found, index, since: found.since === undefined ? this.sinceOf(found, index) : found.since })
    }
    return inOrder(findings)
  }

  private sinceOf({ writer, seq }: Found, index: number | null): string | null {
    const good = this.checkpoints?.good ?? []
    const isUnsealed = index === null && writer !== null && seq > (this.covered.get(writer) ?? 0)
    const limit = index ?? (isUnsealed ? Number.POSITIVE_INFINITY : -1)
    return good.findLast(({ size }) => size <= limit)?.at ?? null
  }
}

function stateOf(head: WriterHead | null): WriterReport['state'] {
  if (!head) return 'abandoned'
  if (head.closedBy !== null) return head.closedBy === head.id ? 'closed' : 'lost'
  return head.lock === 'held' ? 'open' : 'abandoned'
}
