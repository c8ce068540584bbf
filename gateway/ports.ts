import type { Message } from '../core/mcp/message'
import type { ProgressFloors } from './progress'

/** What becomes of one governed line. `line` bytes never include the newline. */
export type Ruling =
  | { readonly do: 'forward'; readonly line: Uint8Array; readonly reply?: ReplyObserver }
  | { readonly do: 'answer'; readonly line: Uint8Array }
  | { readonly do: 'drop' }

/** How a reply to a forwarded request ended, as far as its top level tells. */
export type ReplySummary = {
  readonly ok: boolean
  /** `result.isError` was true. */
  readonly isError: boolean
  /** `result.resultType`; null when absent, which means `complete`. */
  readonly resultType: string | null
  /** The legacy task handle of a task-augmented call; null when there is none. */
  readonly taskId: string | null
  readonly sizeBytes: number
}

/** Sees the reply of one forwarded request. A streamed reply calls `chunk` as bytes pass; `lost` when none can come any more. */
export type ReplyObserver = {
  chunk?(bytes: Uint8Array): void
  end(summary: ReplySummary): void
  lost(because: string): void
  /** The request was never written to the other side after all: cancelled in the last moment, or nobody there. Absent: `lost` is told. */
  notForwarded?(because: string): void
  /**
   * Whoever asked ran out of time. Where this is present the other side is not told: the answer is kept for whoever asks again, and is
   * observed when it comes, but not passed on.
   */
  askerLeft?(): void
  /** Buffer the whole reply line and put what this returns in its place (listings). */
  rewrite?(line: Uint8Array): Promise<Uint8Array>
}

/** Why nobody waits for a ruling any more: the `reason` of its signal. A client whose time ran out, or that is gone, took nothing back. */
export type Leaving = 'cancelled' | 'timed_out' | 'client_left' | 'upstream_ended'

/** The relay's side of the wire, for what the gateway says of its own accord. `line` bytes never include the newline. */
export type Wire = {
  toClient(line: Uint8Array): void
  /** A request of ours to the client, under an id no upstream can guess: what it answers goes no further. */
  ask(id: string, line: Uint8Array): void
  readonly progress: ProgressFloors
}

/**
 * What the relay asks of the gateway. Everything that the method table calls governed goes through `judge`;
 * everything else passes or is dropped by the table. The relay never waits for `observe` calls.
 */
export type Governor = {
  /** One governed request, in either direction. Never rejects: every failure is an answer. */
  judge(message: Message, line: Uint8Array, signal: AbortSignal): Ruling | Promise<Ruling>
  /** `initialize` or `server/discover` as it passes: labels and declared capabilities, never an identity. */
  observeHandshake(message: Message, line: Uint8Array): void
  /** A request of a listing method: the observer may rewrite its reply. Null leaves the reply alone. */
  observeListing(message: Message, line: Uint8Array): ReplyObserver | null
  /** A `tasks/get` or `tasks/result` request as it passes: its reply may end an earlier call. Null: nobody is interested. */
  observePolling(message: Message, line: Uint8Array): ReplyObserver | null
  /** The client has said its last word, and may still read: who waits for people waits no longer. */
  clientEnded(): void
  /** Called once by the relay, before anything is judged. */
  attach(wire: Wire): void
  /** The connection is over: end what is open, flush the log, close the writer. Resolves within a few seconds. */
  close(because: string): Promise<void>
  /** A line that was refused or dropped by the protocol: counted and recorded. `direction` is where it came from. */
  refused(because: string, sizeBytes: number, direction: 'client' | 'server'): void
}
