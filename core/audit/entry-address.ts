import { readSize } from './checkpoint'

/** How somebody names an entry: by its number in the sealed log, by its writer and number there, or by the call it is about. */
export type EntryAddress =
  | { readonly by: 'index'; readonly index: number }
  | { readonly by: 'place'; readonly writer: string; readonly seq: number }
  | { readonly by: 'call'; readonly call: string }

const CALL_LIMIT = 256

/**
 * `#48213` or `48,213`; `<writer>/12` or `<writer>:12`; whatever else it is, a call's id. Null for nothing, and for what is longer than any
 * of them.
 */
export function readEntryAddress(text: string): EntryAddress | null {
  const asked = text.trim()
  if (asked === '' || asked.length > CALL_LIMIT) return null
  const index = /^#?(\d[\d,]{0,24})$/.exec(asked)?.[1]
  if (index !== undefined) {
    const number = readSize(index.replaceAll(',', ''))
    return number === null ? null : { by: 'index', index: number }
  }
  const [, writer, seqText] = /^([0-9a-f]{32})[/:](\d+)$/i.exec(asked) ?? []
  if (writer === undefined || seqText === undefined) return { by: 'call', call: asked.toWellFormed().replaceAll('\0', '\ufffd') }
  const seq = readSize(seqText)
  return seq === null || seq === 0 ? null : { by: 'place', writer: writer.toLowerCase(), seq }
}
