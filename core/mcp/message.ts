/** A half-open byte range [start, end) of one line. */
export type Span = { readonly start: number; readonly end: number }

/**
 * A JSON-RPC id. `key` compares ids: equal for equal JSON values, different for `1` and `"1"`.
 * The bytes at `span` are what is echoed.
 */
export type MessageId = { readonly key: string; readonly span: Span }

export type Direction = 'client' | 'server'

type Params = { readonly params: Span | null }

/** One scanned line: spans into its bytes, nothing copied. `direction` says who sent it. */
export type Message =
  | ({ readonly kind: 'request'; readonly direction: Direction; readonly id: MessageId; readonly method: string } & Params)
  | ({ readonly kind: 'notification'; readonly direction: Direction; readonly method: string } & Params)
  | { readonly kind: 'response'; readonly direction: Direction; readonly id: MessageId | null; readonly ok: boolean; readonly value: Span }
