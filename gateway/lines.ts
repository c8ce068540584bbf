const NEWLINE = 0x0a

/** What is told of a stream of lines. A line that comes whole is one event; one that spans chunks comes in parts. */
export type LineSink = {
  /** A whole line without its newline. */
  line(bytes: Uint8Array): void
  /** A piece of a line whose newline has not come yet. */
  part(bytes: Uint8Array): void
  /** The parts told since the last line make one line; `newline` is false only for the last line of a stream. */
  partsEnd(newline: boolean): void
}

/** Cuts chunks at newline bytes and nowhere else: U+2028 and carriage returns stay where they are. Nothing is copied. */
export class LineReader {
  private open = false

  constructor(private readonly sink: LineSink) {}

  push(chunk: Uint8Array): void {
    let start = 0
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start)
      if (newline < 0) break
      this.ends(chunk.subarray(start, newline))
      start = newline + 1
    }
    if (start === chunk.length) return
    this.open = true
    this.sink.part(chunk.subarray(start))
  }

  /** The stream is over: what came after the last newline is a line too. */
  end(): void {
    if (!this.open) return
    this.open = false
    this.sink.partsEnd(false)
  }

  private ends(rest: Uint8Array): void {
    if (!this.open) {
      this.sink.line(rest)
      return
    }
    this.open = false
    if (rest.length > 0) this.sink.part(rest)
    this.sink.partsEnd(true)
  }
}

/** Pieces of one line, joined once. */
export class Pieces {
  readonly list: Uint8Array[] = []
  size = 0

  add(bytes: Uint8Array): void {
    this.list.push(bytes)
    this.size += bytes.length
  }

  join(): Uint8Array {
    return this.list.length === 1 && this.list[0] ? this.list[0] : Buffer.concat(this.list, this.size)
  }

  clear(): void {
    this.list.length = 0
    this.size = 0
  }
}
