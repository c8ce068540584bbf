/** A file as it is offered: `etag` is strong, as it names bytes that never become others. `bytes` is null while it still grows. */
export type Offered = { readonly etag: string; readonly bytes: number | null }

/** `part` is from its first byte to before `end`; `beyond` begins behind the file, `another` is asked for, or this is the `same` that they have. */
export type Wanted =
  | { readonly is: 'whole' | 'beyond' | 'another' | 'same' }
  | { readonly is: 'part'; readonly from: number; readonly end: number }

/**
 * What the headers of a request ask of a file (RFC 9110 §13, §14). One range is answered; several, and whatever is none, are taken for none
 * at all, as is one of a file that still grows: whoever asked begins anew, and never takes a piece for the end.
 */
export function wantedOf(headers: Headers, { etag, bytes }: Offered): Wanted {
  const [match, noneMatch] = [headers.get('if-match'), headers.get('if-none-match')]
  if (match !== null && !tagsOf(match).some((tag) => tag === etag || tag === '*')) return { is: 'another' }
  if (noneMatch !== null && tagsOf(noneMatch).some((tag) => tag.replace(/^W\//, '') === etag || tag === '*')) return { is: 'same' }
  const [range, condition] = [headers.get('range'), headers.get('if-range')]
  const isOurs = condition === null || condition === etag
  return bytes === null || range === null || !isOurs ? { is: 'whole' } : partOf(range, bytes)
}

const tagsOf = (list: string): readonly string[] => list.split(',').map((tag) => tag.trim())

/** A number of any length is one: what no file has lies beyond every file. */
function partOf(range: string, bytes: number): Wanted {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/i.exec(range) ?? []
  if (first === '' && last === '') return { is: 'whole' }
  const [from, end] = first === '' ? [bytes - Number(last), bytes] : [Number(first), last === '' ? bytes : Number(last) + 1]
  if (first !== '' && last !== '' && end <= from) return { is: 'whole' }
  return from >= bytes ? { is: 'beyond' } : { is: 'part', from: Math.max(0, from), end: Math.min(end, bytes) }
}
