/** The draft as the server last told of it; null where none is open yet. */
export type DraftHeld = { readonly draft: string; readonly revision: number; readonly textDigest: string }

export type Saving = {
  readonly name: string
  readonly kind: 'policy' | 'guardrail'
  readonly draft: string | null
  readonly revision: number
  readonly base: number
  readonly yaml: string
}
