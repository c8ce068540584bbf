import { toHex } from '../core/hash'
import { sha256 } from './crypto'
import type { Progress } from './evidence-state'
import type { ZipFile } from './zip-file'

const IN_FLIGHT = 3

/** Files on their way into a bundle: packed beside the reading, a few at a time, each listed with its digest. */
export class BundleFile {
  private readonly flying: Promise<void>[] = []

  constructor(
    private readonly zip: ZipFile,
    private readonly progress: Progress,
  ) {}

  async add(name: string, content: Uint8Array | string): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    this.progress.files.push({ name, bytes: bytes.length, sha256: toHex(sha256(bytes)) })
    const flight = this.zip.add(name, bytes)
    // It is asked for later; until then a failure is nobody's.
    flight.catch(() => undefined)
    this.flying.push(flight)
    while (this.flying.length >= IN_FLIGHT) await this.flying.shift()
  }

  async addLines(name: string, records: readonly object[]): Promise<void> {
    await this.add(name, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
  }

  /** Everything added so far is written. */
  async landed(): Promise<void> {
    while (this.flying.length > 0) await this.flying.shift()
  }

  /** Nothing is on its way any more, whatever became of it: for whoever gives up. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.flying)
  }
}
