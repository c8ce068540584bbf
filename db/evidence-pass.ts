import type { Entry } from '../core/audit/entry'
import { entryLine, isWhole, membersOf, numberedName } from '../core/audit/evidence'
import { Tally } from '../core/audit/evidence-counts'
import { CSV_HEAD, csvRow } from '../core/audit/evidence-csv'
import { ocsfLine } from '../core/audit/evidence-ocsf'
import { parseEntry } from '../core/audit/text'
import { AppError } from '../core/errors'
import type { Sql } from './connect'
import { leafHash } from './crypto'
import type { BundleFile } from './evidence-bundle'
import { type IndexRange, outsideOf, readDetachedRanges } from './evidence-detached'
import { Lines } from './evidence-lines'
import { readClearText, readErased } from './evidence-papers'
import { type EntryFilter, readLeaves, readSealed, type SealedRow } from './evidence-source'
import { addFinding, type ExportPlan, type Progress } from './evidence-state'

/** How many indexes are asked for at once: a whole number of tiles, and what a database sorts without touching its disk. */
export const WINDOW = 4_096
const PUBLISHING: readonly string[] = ['policy.publish', 'policy.rollback']
const PART_BYTES = 8 * 1024 * 1024
const CLEAR_ROWS = 100

/** Reads the population in windows and writes it part by part; what does not fit the tree is written as it is, and said. */
export class EntryPass {
  private readonly lines = new Lines()
  private readonly clear = new Lines()
  private readonly csv = new Lines()
  private readonly ocsf = new Lines()
  private leaves = ''
  private leavesAt = 0
  private expected: number
  /** Numbers for which there was no row in this window. */
  private gaps: IndexRange[] = []
  private readonly tally: Tally
  private readonly holds: Set<string>
  private readonly policies: Set<string>
  private readonly whole: boolean
  private readonly filter: EntryFilter

  constructor(
    private readonly sql: Sql,
    private readonly log: string,
    private readonly plan: ExportPlan,
    private readonly bundle: BundleFile,
    private readonly progress: Progress,
  ) {
    const { scope, population } = plan
    this.expected = progress.next ?? population.first
    this.tally = new Tally(progress.counts)
    this.holds = new Set(progress.holds)
    this.policies = new Set(progress.policies)
    this.whole = isWhole(scope)
    const { server, agent, outcome, policy, policies } = scope
    this.filter = { server, agent, outcome, policies: policy === null ? null : policies }
  }

  /** One window more; false once the population is read. Between two windows everything may stop and go on later. */
  async window(): Promise<boolean> {
    const { population, sealed, scope } = this.plan
    const first = this.progress.next ?? population.first
    if (first >= population.end) return false
    this.leavesAt = first - (first % WINDOW)
    const end = Math.min(this.leavesAt + WINDOW, population.end)
    this.leaves = Buffer.from(await readLeaves(this.sql, this.leavesAt, Math.min(this.leavesAt + WINDOW, sealed.size))).toString('hex')
    for await (const rows of ahead(readSealed(this.sql, first, end, this.filter)))
      await (scope.clearText ? this.takeDisclosed(rows) : this.take(rows))
    this.missing(end)
    await this.tellGaps(first, end)
    this.progress.next = end
    return true
  }

  /** What was read is in files, and the progress says all of it. */
  async flush(): Promise<void> {
    const { progress, bundle } = this
    if (this.lines.bytes > 0) {
      const n = progress.parts
      progress.parts += 1
      await bundle.add(numberedName('entries', n), this.lines.take())
      if (this.clear.bytes > 0) await bundle.add(numberedName('disclosures', n), this.clear.take())
      await bundle.add(numberedName('csv', n), this.csv.take())
      if (this.ocsf.bytes > 0) await bundle.add(numberedName('ocsf', n), this.ocsf.take())
    }
    Object.assign(progress, { counts: this.tally.counts(), holds: [...this.holds], policies: [...this.policies] })
  }

  private get isFull(): boolean {
    return this.lines.bytes + this.clear.bytes >= PART_BYTES
  }

  private async take(rows: readonly SealedRow[]): Promise<void> {
    for (const row of rows) {
      this.entry(row)
      if (this.isFull) await this.flush()
    }
  }

  private async takeDisclosed(rows: readonly SealedRow[]): Promise<void> {
    for (let at = 0; at < rows.length; at += CLEAR_ROWS) {
      const some = rows.slice(at, at + CLEAR_ROWS)
      const clear = await readClearText(this.sql, some)
      await this.countErased(some)
      for (const row of some) {
        this.entry(row)
        for (const value of clear.get(`${row.writer}/${row.seq}`) ?? [])
          this.clear.add(`${JSON.stringify({ index: row.index, ...value })}\n`)
        if (this.isFull) await this.flush()
      }
    }
  }

  private async countErased(rows: readonly SealedRow[]): Promise<void> {
    const { erased } = this.progress
    for (const { erasure, values } of await readErased(this.sql, rows)) erased[erasure] = (erased[erasure] ?? 0) + values
  }

  private entry(row: SealedRow): void {
    const { index, writer, body } = row
    if (index < this.expected) {
      addFinding(this.progress, index, 'inserted', `Entry ${index} of the sealed log is there twice; the first is exported.`)
      return
    }
    this.missing(index)
    this.expected = index + 1
    const parsed = parseEntry(body, this.log, writer)
    const entry = 'entry' in parsed ? parsed.entry : null
    const integrity = this.integrityOf(row, entry)
    this.lines.add(`${entryLine(index, body)}\n`)
    if (this.csv.bytes === 0) this.csv.add(CSV_HEAD)
    this.csv.add(csvRow(index, entry, integrity))
    const event = ocsfLine(index, entry, integrity, this.plan.version)
    if (event !== null) this.ocsf.add(`${event}\n`)
    this.progress.entries += 1
    this.tally.add(entry)
    if (entry) this.note(entry)
  }

  private integrityOf({ index, writer, seq, body }: SealedRow, entry: Entry | null): string {
    const at = (index - this.leavesAt) * 64
    if (leafHash(body) !== this.leaves.slice(at, at + 64)) {
      addFinding(this.progress, index, 'edited', `Entry ${index} (number ${seq} of writer ${writer}) is not what was sealed there.`)
      return 'NOT WHAT WAS SEALED'
    }
    if (entry?.seq === seq) return 'as sealed'
    addFinding(this.progress, index, 'bad text', `Entry ${index} (number ${seq} of writer ${writer}) can’t be read as that entry.`)
    return 'UNREADABLE'
  }

  private missing(before: number): void {
    if (this.whole && before > this.expected) this.gaps.push({ first: this.expected, last: before - 1 })
    this.expected = Math.max(this.expected, before)
  }

  /** What is detached is told elsewhere; what else is missing is damage. */
  private async tellGaps(from: number, end: number): Promise<void> {
    const gaps = this.gaps
    this.gaps = []
    if (gaps.length === 0) return
    const detached = await readDetachedRanges(this.sql, from, end)
    if (detached.some(({ month }) => !this.plan.detached?.includes(month)))
      throw new AppError('conflict', 'A month was detached while this was exported: remove what is there of the file, and export again.')
    for (const { first, last } of gaps.flatMap((gap) => outsideOf(gap, detached))) {
      const which = last === first ? `Entry ${last} is` : `Entries ${first} to ${last} are`
      addFinding(this.progress, first, 'deleted', `${which} sealed and no longer there.`)
    }
  }

  private note({ type, hold, policy, guardrail, count, digest }: Entry): void {
    if (typeof hold === 'string') this.holds.add(hold)
    if (type === 'refusals' && typeof count === 'number') this.progress.refusals += count
    if (type === 'writer.lost') this.progress.lost += 1
    const used = type === 'decision' ? [membersOf(policy)?.digest, guardrail] : PUBLISHING.includes(type) ? [digest] : []
    for (const each of used) if (typeof each === 'string' && /^[0-9a-f]{64}$/.test(each)) this.policies.add(each)
  }
}

/** Asks for the next while this one is worked on. */
async function* ahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next()
  for (;;) {
    const { value, done } = await next
    if (done) return
    next = source.next()
    // Whoever stops listening must not leave a failure that nobody hears.
    next.catch(() => undefined)
    yield value
  }
}
