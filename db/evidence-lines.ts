const START_BYTES = 1024 * 1024

/** Text on its way into a file, as bytes at once: strings that are kept until there are enough of them would be most of the work of an export. */
export class Lines {
  private buffer = Buffer.allocUnsafe(START_BYTES)
  private end = 0

  get bytes(): number {
    return this.end
  }

  add(text: string): void {
    const most = this.end + text.length * 3
    if (most > this.buffer.length) this.grow(most)
    this.end += this.buffer.write(text, this.end)
  }

  /** What was added; whoever adds afterwards adds to something new. */
  take(): Uint8Array {
    const taken = this.buffer.subarray(0, this.end)
    this.buffer = Buffer.allocUnsafe(START_BYTES)
    this.end = 0
    return taken
  }

  private grow(most: number): void {
    const larger = Buffer.allocUnsafe(Math.max(most, this.buffer.length * 2))
    this.buffer.copy(larger, 0, 0, this.end)
    this.buffer = larger
  }
}
