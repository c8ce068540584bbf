/**
 * Somebody who remembers a checkpoint saw the log go back (`regression`) or another way (`fork`). `found` is null where there was nothing,
 * or nothing that the log key signed. Roots in hexadecimal.
 */
export type AlarmFields = {
  readonly type: 'log.alarm'
  readonly kind: 'fork' | 'regression'
  readonly remembered: { readonly size: number; readonly root: string } | null
  readonly found: { readonly size: number; readonly root: string } | null
}
