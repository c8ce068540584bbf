/**
 * Part of the log is about to leave as a file: recorded before the first byte does. `first` and `end` are indexes of the sealed log, `size`
 * that of the checkpoint it is proven under; `filters` are as they were asked for. `actor` is who the process ran as before there were accounts.
 */
export type ExportFields = {
  readonly type: 'export'
  readonly actor: string
  readonly address: string | null
  readonly export: string
  readonly form: 'bundle' | 'proof'
  readonly from: string | null
  readonly to: string | null
  readonly filters: { readonly [name: string]: string }
  readonly first: number
  readonly end: number
  readonly size: number
  readonly clearText: boolean
}
