import type { Sha256, Verify } from '../hash'
import { type Checkpoint, checkpointText, type LogKey, openCheckpoint } from './checkpoint'
import type { Findings } from './findings'
import type { SealedLog, StoredCheckpoint } from './log-source'
import { Paged } from './paged'
import type { TileTree } from './tile-tree'
import { HASH_BYTES, isEqual } from './tree'
import type { View } from './verify-views'

/** A size whose root the tree leads to, and when that was signed or, where somebody outside saw it, cosigned. */
export type GoodSize = { readonly size: number; readonly at: string | null }

type Tools = { readonly key: LogKey; readonly sha256: Sha256; readonly verify: Verify; readonly deep?: boolean }

/** Compares the root at every size that anybody signed or remembers, while the tree grows. */
export class CheckpointWalk {
  readonly good: GoodSize[] = []
  /** Of what was kept elsewhere: what this log leads to. */
  readonly confirmed: View[] = []
  private readonly stored: Paged<StoredCheckpoint>
  private readonly views: View[]
  /** Where this look began. */
  readonly start: number
  private isBroken = false
  newest: StoredCheckpoint | null = null

  constructor(
    readonly tree: TileTree,
    private readonly sealed: SealedLog,
    views: readonly View[],
    private readonly tools: Tools,
    private readonly findings: Findings,
  ) {
    this.start = tree.size
    this.stored = new Paged(sealed.checkpoints(tree.size))
    this.views = [...views].sort((a, b) => a.size - b.size)
  }

  async begin(): Promise<void> {
    this.newest = await this.sealed.newestCheckpoint()
    await this.compare()
  }

  /** Leaf hashes that lie one behind the other. */
  async append(leaves: Uint8Array): Promise<void> {
    for (let at = 0; at < leaves.length; ) {
      const room = Math.min(this.nextSize() - this.tree.size, (leaves.length - at) / HASH_BYTES)
      this.tree.append(leaves.subarray(at, at + room * HASH_BYTES))
      at += room * HASH_BYTES
      await this.compare()
    }
  }

  private nextSize(): number {
    return Math.min(this.stored.current?.size ?? Number.POSITIVE_INFINITY, this.views[0]?.size ?? Number.POSITIVE_INFINITY)
  }

  private async compare(): Promise<void> {
    if (!this.stored.isStarted) await this.stored.next()
    const { size } = this.tree
    let root: Uint8Array | null = null
    for (; this.stored.current && this.stored.current.size <= size; await this.stored.next()) {
      root ??= this.tree.root()
      if (this.stored.current.size === size) this.judge(this.stored.current, root)
    }
    for (; this.views[0] && this.views[0].size <= size; this.views.shift()) {
      root ??= this.tree.root()
      this.see(this.views[0], root)
    }
  }

  private judge(stored: StoredCheckpoint, root: Uint8Array): void {
    const { key } = this.tools
    const leads = isEqual(stored.root, root) && stored.note.startsWith(checkpointText({ origin: key.name, size: stored.size, root }))
    if (leads && !this.tools.deep && stored.size !== this.newest?.size) this.good.push({ size: stored.size, at: stored.at })
    else this.judgeSigned(stored, root)
  }

  private judgeSigned(stored: StoredCheckpoint, root: Uint8Array): void {
    const { key, verify, sha256 } = this.tools
    const opened = openCheckpoint(stored.note, key, verify, sha256)
    if ('problem' in opened) this.bad(stored.size, `can’t be believed: ${opened.problem}`)
    else if (opened.checkpoint.size !== stored.size) this.bad(stored.size, `says that it is of size ${opened.checkpoint.size}`)
    else if (!isEqual(opened.checkpoint.root, root)) this.broken(opened.checkpoint)
    else if (!isEqual(stored.root, root)) this.bad(stored.size, 'has another root in its note than beside it')
    else this.good.push({ size: stored.size, at: stored.at })
  }

  private bad(size: number, clause: string): void {
    this.findings.add(null, 0, 'bad checkpoint', `The checkpoint of size ${size} ${clause}.`, this.lastGood())
  }

  /** The log key signed another tree. Every later root differs as well: the first says where. */
  private broken({ size }: Checkpoint): void {
    if (this.isBroken) return
    this.isBroken = true
    const from = this.lastGood()
    const where = size - from === 1 ? `Entry #${from}` : `Something among the entries #${from} to #${size - 1}`
    this.findings.add(
      null,
      0,
      'edited',
      `${where} is not what was sealed: the tree does not lead to the signed checkpoint of size ${size}.`,
      from,
    )
  }

  private see(view: View, root: Uint8Array): void {
    if (isEqual(view.root, root)) {
      this.confirmed.push(view)
      if (!view.isOwn) this.good.push({ size: view.size, at: view.at })
    } else {
      const confirmed = this.confirmed.at(-1)
      this.findings.add(
        null,
        0,
        'fork',
        `${view.from} knows another log: what is here does not lead to its checkpoint of size ${view.size}.`,
        confirmed?.size ?? 0,
        confirmed?.at ?? null,
      )
    }
  }

  lastGood(): number {
    return this.good.at(-1)?.size ?? 0
  }

  /** What can be said once the tree has ended. */
  finish(): void {
    const { size } = this.tree
    for (const view of this.views) {
      const gone = view.size - size === 1 ? `entry #${size} is gone` : `entries #${size} to #${view.size - 1} are gone`
      this.findings.add(null, 0, 'truncated', `${view.from} saw a log of ${view.size} entries, and ${size} are sealed here: ${gone}.`, size)
    }
    const newest = this.newest?.size ?? 0
    if (newest > size)
      this.findings.add(null, 0, 'truncated', `The newest checkpoint is of ${newest} entries, and only ${size} are in the tree.`, size)
    if (newest < size)
      this.findings.add(
        null,
        0,
        'bad checkpoint',
        `Entries #${newest} to #${size - 1} are in the tree and no checkpoint covers them.`,
        newest,
      )
  }
}
