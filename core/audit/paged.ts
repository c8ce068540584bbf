/** One thing after the other out of pages that are fetched as they are needed. */
export class Paged<T> {
  private readonly pages: AsyncIterator<readonly T[]>
  private page: readonly T[] = []
  private at = -1
  isStarted = false

  constructor(pages: AsyncIterable<readonly T[]>) {
    this.pages = pages[Symbol.asyncIterator]()
  }

  /** Undefined before the first `next` and after the last. */
  get current(): T | undefined {
    return this.page[this.at]
  }

  async next(): Promise<T | undefined> {
    this.isStarted = true
    this.at += 1
    while (this.at >= this.page.length) {
      const { done, value } = await this.pages.next()
      if (done) return undefined
      this.page = value
      this.at = 0
    }
    return this.current
  }
}
