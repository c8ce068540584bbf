import { fromBase64 } from '../base64'
import type { Sha256 } from '../hash'
import { commitment, entryHash, GENESIS } from './chain'
import type { Entry } from './entry'
import { isNumbered, isWhole, type Manifest, type Members, membersOf, readEntryLine } from './evidence'
import { isSameCounts, Tally } from './evidence-counts'
import type { ToldDetached } from './evidence-detached'
import type { EvidenceFiles, Report } from './evidence-files'
import { gapSentences } from './evidence-gaps'
import { Said } from './evidence-said'
import { type EvidenceDisclosure, isDisclosure } from './evidence-shape'
import type { Population } from './evidence-tree'
import { parseEntry } from './text'

type Tools = {
  readonly sha256: Sha256
  readonly report: Report
  readonly detached: ToldDetached
  readonly passed?: (entries: number) => Promise<void>
}

/** Reads every entry of a bundle: each text is the one that was sealed at its place, links to the one before, and is counted. */
export class EntryReading {
  private readonly tally = new Tally()
  private last = -1
  private entries = 0
  readonly said = new Said()

  constructor(
    private readonly files: EvidenceFiles,
    private readonly manifest: Manifest,
    private readonly population: Population,
    private readonly tools: Tools,
  ) {}

  async run(): Promise<void> {
    for (const name of this.files.names((each) => isNumbered('entries', each))) {
      const clear = name.replace(/^entries/, 'disclosures')
      const commitments = this.files.has(clear) ? new Map<number, Members>() : null
      for (const line of await this.files.lines(name)) this.line(name, line, commitments)
      if (commitments) this.disclosures(clear, await this.files.records(clear, isDisclosure), commitments)
      await this.tools.passed?.(this.entries)
    }
    for (const clear of this.files.names((each) => isNumbered('disclosures', each)))
      if (!this.files.has(clear.replace(/^disclosures/, 'entries')))
        this.tools.report(clear, `${clear} holds clear text of entries that are not in the bundle.`)
    this.finish()
  }

  private line(name: string, line: string, commitments: Map<number, Members> | null): void {
    const read = readEntryLine(line)
    if (!read) {
      this.tools.report(name, `A line of ${name} is no entry: ${JSON.stringify(line.slice(0, 60))}.`)
      return
    }
    const { first, end } = this.manifest.population
    const where = `entry ${read.index}`
    if (read.index <= this.last || read.index < first || read.index >= end)
      this.tools.report(where, `Entry ${read.index} is out of order, or outside of what was exported.`)
    this.last = Math.max(this.last, read.index)
    this.entries += 1
    const entry = this.judge(where, read.index, read.text)
    this.tally.add(entry)
    if (!entry) return
    this.said.hear(read.index, entry)
    const committed = membersOf(entry.commitments)
    if (commitments && committed) commitments.set(read.index, committed)
  }

  /** The entry, where its text is one; whatever does not fit is said. */
  private judge(where: string, index: number, text: string): Entry | null {
    const { population, manifest, tools } = this
    const place = population.placeOf(index)
    if (place && tools.detached.holes.part(place.writer, place.seq, index, 1).isDetached)
      tools.report(where, `Entry ${index} is here, and is said to be detached.`)
    // A lone surrogate hashes as the character that stands for it, so the hash alone would not tell the two apart.
    if (!text.isWellFormed()) tools.report(where, `The text of entry ${index} holds half a character.`)
    else if (entryHash(text, tools.sha256) !== population.leafOf(index))
      tools.report(where, `The text of entry ${index} is not the one that was sealed there.`)
    const parsed = parseEntry(text, manifest.log, place?.writer ?? '')
    if ('problem' in parsed) {
      tools.report(where, `Entry ${index} can’t be read: ${parsed.problem}.`)
      return null
    }
    const { entry } = parsed
    if (entry.seq !== place?.seq) tools.report(where, `Entry ${index} says that it is number ${entry.seq} of its writer, and it is not.`)
    const before = entry.seq === 1 ? GENESIS : population.leafOf(population.indexOf(entry.writer, entry.seq - 1))
    if (entry.prev !== before) tools.report(where, `Entry ${index} does not link to the entry before it.`)
    return entry
  }

  private disclosures(name: string, disclosed: readonly EvidenceDisclosure[], commitments: ReadonlyMap<number, Members>): void {
    for (const { index, name: what, salt, content } of disclosed) {
      const committed = commitments.get(index)
      const [saltBytes, bytes] = [fromBase64(salt), fromBase64(content)]
      const isTrue =
        saltBytes !== null &&
        bytes !== null &&
        committed !== undefined &&
        Object.hasOwn(committed, what) &&
        commitment(saltBytes, bytes, this.tools.sha256) === committed[what]
      if (!isTrue)
        this.tools.report(name, `The clear text ${JSON.stringify(what.slice(0, 80))} of entry ${index} is not what the entry commits to.`)
    }
  }

  private finish(): void {
    const { manifest, tools } = this
    const { first, end } = manifest.population
    if (this.entries !== manifest.entries)
      tools.report('manifest.json', `The manifest says ${manifest.entries} entries and there are ${this.entries}.`)
    if (!isSameCounts(this.tally.counts(), manifest.counts))
      tools.report('manifest.json', 'The manifest counts entries by type, decision or end otherwise than they are.')
    if (isWhole(manifest.scope) && manifest.scope.from === null && manifest.scope.to === null && end - first !== manifest.checkpoint.size)
      tools.report(
        'manifest.json',
        `The manifest says that everything was asked for, and tells of entries ${first} to before ${end} of ${manifest.checkpoint.size}.`,
      )
    const { unsealed, unresolved, gaps } = manifest
    const { refusals, lost } = this.said
    for (const gap of [...gapSentences({ unsealed, refusals, lost, unresolved: unresolved.length }), ...tools.detached.sentences])
      if (!gaps.includes(gap)) tools.report('manifest.json', `The manifest does not tell of a gap: ${gap}`)
    const gone = this.population.detachedIn(first, end, tools.detached.holes)
    if (isWhole(manifest.scope) && this.entries + gone !== end - first)
      tools.report(
        'entries',
        `Of the ${end - first} entries from ${first} to before ${end}, ${this.entries} are here and ${gone} detached, and no filter left any out.`,
      )
  }
}
