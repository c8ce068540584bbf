import { type Sha256, toHex } from '../hash'
import type { Holes } from './detached'
import { BUNDLE, LEAVES_PER_FILE, numberedName } from './evidence'
import type { EvidenceFiles, Report } from './evidence-files'
import { type EvidenceRun, isRun } from './evidence-shape'
import { HASH_BYTES, rootOf } from './tree'

/** Where the entries of the whole log stand, and their leaf hashes: what every text in a bundle is held against. */
export class Population {
  private readonly ofWriter = new Map<string, EvidenceRun[]>()

  constructor(
    readonly leaves: Uint8Array,
    private readonly runs: readonly EvidenceRun[],
  ) {
    for (const run of runs) {
      const own = this.ofWriter.get(run.writer)
      if (own) own.push(run)
      else this.ofWriter.set(run.writer, [run])
    }
  }

  get size(): number {
    return this.leaves.length / HASH_BYTES
  }

  get writers(): Iterable<string> {
    return this.ofWriter.keys()
  }

  /** How many entries of this writer are sealed. */
  sealedOf(writer: string): number {
    const last = this.ofWriter.get(writer)?.at(-1)
    return last ? last.seq + last.count - 1 : 0
  }

  placeOf(index: number): { readonly writer: string; readonly seq: number } | null {
    const run = lastAtOrBelow(this.runs, index, ({ first }) => first)
    return run && index < run.first + run.count ? { writer: run.writer, seq: run.seq + index - run.first } : null
  }

  indexOf(writer: string, seq: number): number | null {
    const run = lastAtOrBelow(this.ofWriter.get(writer) ?? [], seq, (each) => each.seq)
    return run && seq < run.seq + run.count ? run.first + seq - run.seq : null
  }

  /** How many of the entries `first` to before `end` are among these. */
  detachedIn(first: number, end: number, holes: Holes): number {
    let many = 0
    for (const { writer, seq, first: start, count } of this.runs) {
      const from = Math.max(start, first)
      for (let index = from; index < Math.min(start + count, end); ) {
        const part = holes.part(writer, seq + index - start, index, Math.min(start + count, end) - index)
        many += part.isDetached ? part.many : 0
        index += part.many
      }
    }
    return many
  }

  /** The leaf hash of this entry in hexadecimal; null where there is none. */
  leafOf(index: number | null): string | null {
    if (index === null || index < 0 || index >= this.size) return null
    return toHex(this.leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES))
  }
}

function lastAtOrBelow<T>(sorted: readonly T[], wanted: number, of: (item: T) => number): T | null {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    const item = sorted[middle] as T
    if (of(item) <= wanted) low = middle + 1
    else high = middle
  }
  return sorted[low - 1] ?? null
}

/** Leaf hashes and runs of the log at `size`, held against the root that its key signed; null where they don't come to it. */
export async function readPopulation(
  files: EvidenceFiles,
  size: number,
  root: string,
  sha256: Sha256,
  report: Report,
): Promise<Population | null> {
  const leaves = await readLeaves(files, size, report)
  if (!leaves) return null
  if (toHex(rootOf(leaves, sha256)) !== root) {
    report(BUNDLE.checkpoint, 'The leaf hashes do not come to the root of the checkpoint: some of them are not those that were sealed.')
    return null
  }
  const runs = await files.records(BUNDLE.runs, isRun)
  const fault = faultOfRuns(runs, size)
  if (fault !== null) report(BUNDLE.runs, fault)
  return fault === null ? new Population(leaves, runs) : null
}

async function readLeaves(files: EvidenceFiles, size: number, report: Report): Promise<Uint8Array | null> {
  const leaves = new Uint8Array(size * HASH_BYTES)
  for (let n = 0; n * LEAVES_PER_FILE < size; n++) {
    const name = numberedName('tree/leaves', n)
    const bytes = await files.read(name)
    const expected = Math.min(LEAVES_PER_FILE, size - n * LEAVES_PER_FILE) * HASH_BYTES
    if (bytes?.length !== expected) {
      report(BUNDLE.checkpoint, `The checkpoint is of ${size} entries and ${name} does not hold the leaf hashes of its part of them.`)
      return null
    }
    leaves.set(bytes, n * LEAVES_PER_FILE * HASH_BYTES)
  }
  return leaves
}

/** Every index has one place, and every writer is sealed from its first entry on without a hole. */
function faultOfRuns(runs: readonly EvidenceRun[], size: number): string | null {
  const next = new Map<string, number>()
  let index = 0
  for (const { first, writer, seq, count } of runs) {
    if (first !== index || count < 1) return `The runs do not say where entry ${index} of the log comes from.`
    if (seq !== (next.get(writer) ?? 1)) return `The runs leave out entries of writer ${writer.slice(0, 40)} before its number ${seq}.`
    next.set(writer, seq + count)
    index += count
  }
  return index === size ? null : `The runs cover ${index} entries and the checkpoint is of ${size}.`
}
