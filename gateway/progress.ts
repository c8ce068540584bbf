import { memberOf } from '../core/mcp/members'
import type { Span } from '../core/mcp/message'

/** One thousandth at a time: below what any server begins with, so that its own progress goes on from there. */
const STEP = 0.001

/** What we told of progress ourselves, by token. An upstream's progress that does not rise above it is kept back: progress only increases. */
export class ProgressFloors {
  private readonly steps = new Map<string, number>()

  get size(): number {
    return this.steps.size
  }

  /** The notification that tells the next bit of progress. `token` is its raw JSON. */
  next(token: Uint8Array, message: string): Uint8Array {
    const key = keyOf(token)
    const step = (this.steps.get(key) ?? 0) + 1
    this.steps.set(key, step)
    const progress = (step * STEP).toFixed(3)
    const text = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${textOf(token)},"progress":${progress},"message":${JSON.stringify(message)}}}`
    return new TextEncoder().encode(text)
  }

  /** The request of this token was answered: the token is free for another. */
  release(token: Uint8Array): void {
    this.steps.delete(keyOf(token))
  }

  /** Whether the upstream's `notifications/progress` may pass. */
  passes(line: Uint8Array, params: Span | null): boolean {
    const token = memberOf(line, params, 'progressToken')
    const step = token === null ? undefined : this.steps.get(keyOf(line.subarray(token.start, token.end)))
    if (step === undefined) return true
    const progress = memberOf(line, params, 'progress')
    return progress !== null && Number(textOf(line.subarray(progress.start, progress.end))) > step * STEP
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')

/** `1` and `"1"` are two tokens; two spellings of one string are one. */
const keyOf = (token: Uint8Array): string => {
  const value: unknown = JSON.parse(textOf(token))
  return `${typeof value} ${String(value)}`
}
