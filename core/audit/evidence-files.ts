import { type Sha256, toHex } from '../hash'
import type { Json } from '../json'
import { BUNDLE, type EvidenceFile, parseOrNull } from './evidence'
import { type Member, type RandomAccess, readPacked } from './evidence-zip'

/** Raw DEFLATE (RFC 1951): exactly `bytes` bytes, or null where the data is damaged or says more or less. Never makes more than that. */
export type Inflate = (packed: Uint8Array, bytes: number) => Promise<Uint8Array | null>

/** What went wrong with one file. */
export type Report = (where: string, sentence: string) => void

/** The shortest line of ours has some fifty bytes, and no file more than 64 MiB. */
const LINES_LIMIT = 1_500_000
/** Beyond it a file is no file of a bundle, and whoever waits has waited long enough. */
const UNREAD_LIMIT = 1_000

/** The members of a bundle, each held against the manifest as it is read. */
export class EvidenceFiles {
  private readonly members: ReadonlyMap<string, Member>
  private listed: ReadonlyMap<string, EvidenceFile> = new Map()
  private readonly judged = new Set<string>()

  constructor(
    private readonly file: RandomAccess,
    members: readonly Member[],
    private readonly tools: { readonly inflate: Inflate; readonly sha256: Sha256; readonly report: Report },
  ) {
    this.members = new Map(members.map((member) => [member.name, member]))
  }

  /** From now on nothing is read that the manifest does not list. Says which names are on one side only. */
  hold(files: readonly EvidenceFile[]): void {
    this.listed = new Map(files.map((listed) => [listed.name, listed]))
    const { report } = this.tools
    if (this.listed.size !== files.length) report(BUNDLE.manifest, 'The manifest lists a file twice.')
    for (const name of this.listed.keys()) if (!this.members.has(name)) report(name, `${name} is missing.`)
    for (const name of this.members.keys())
      if (!this.listed.has(name) && name !== BUNDLE.manifest && name !== BUNDLE.signature) report(name, `${name} is not in the manifest.`)
  }

  has(name: string): boolean {
    return this.members.has(name) && this.listed.has(name)
  }

  /** Names that the manifest lists, in its order. */
  names(is: (name: string) => boolean): readonly string[] {
    return [...this.listed.keys()].filter((name) => is(name) && this.members.has(name))
  }

  /** The bytes of the two files that stand before the manifest can be believed. */
  async unlisted(name: string): Promise<Uint8Array | null> {
    const member = this.members.get(name)
    return member ? this.unpack(member) : null
  }

  /** The bytes of a listed file; null, and said why, where they are not what the manifest says. */
  async read(name: string): Promise<Uint8Array | null> {
    const [member, listed] = [this.members.get(name), this.listed.get(name)]
    if (!member || !listed) return null
    const bytes = await this.unpack(member)
    const isFirst = !this.judged.has(name)
    this.judged.add(name)
    if (bytes && bytes.length === listed.bytes && toHex(this.tools.sha256(bytes)) === listed.sha256) return bytes
    if (isFirst) this.tools.report(name, `${name} ${bytes ? 'is not the file that the manifest lists' : 'can’t be unpacked'}.`)
    return null
  }

  async text(name: string): Promise<string | null> {
    const bytes = await this.read(name)
    if (!bytes) return null
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      this.tools.report(name, `${name} is no UTF-8 text.`)
      return null
    }
  }

  /** Lines, without the newline that each of them ends with. Empty for a file that can't be read. */
  async lines(name: string): Promise<readonly string[]> {
    const text = await this.text(name)
    if (text === null || text === '') return []
    if (!text.endsWith('\n')) this.tools.report(name, `${name} ends within a line.`)
    const lines = text.split('\n', LINES_LIMIT + 1)
    if (lines.length > LINES_LIMIT) this.tools.report(name, `${name} has more lines than any file of a bundle: the rest is not read.`)
    if (lines.at(-1) === '' || lines.length > LINES_LIMIT) lines.pop()
    return lines
  }

  /** Lines of JSON of one form; whatever is not is said. */
  async records<T extends Json | object>(name: string, is: (value: unknown) => value is T): Promise<readonly T[]> {
    const records: T[] = []
    let unread = 0
    for (const [at, line] of (await this.lines(name)).entries()) {
      const value: unknown = parseOrNull(line)
      if (is(value)) {
        records.push(value)
        continue
      }
      this.tools.report(name, `Line ${at + 1} of ${name} can’t be read.`)
      unread += 1
      if (unread >= UNREAD_LIMIT) break
    }
    return records
  }

  /** Whatever nobody asked for is held against the manifest as well. */
  async finish(): Promise<void> {
    for (const name of this.listed.keys()) if (!this.judged.has(name)) await this.read(name)
  }

  private async unpack(member: Member): Promise<Uint8Array | null> {
    const packed = await readPacked(this.file, member)
    if (packed.length !== member.packedBytes) return null
    return member.method === 0 ? packed : this.tools.inflate(packed, member.bytes)
  }
}
