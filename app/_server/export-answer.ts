import { type Wanted, wantedOf } from './byte-range'
import { type Growing, streamOf } from './growing-file'

/** A bundle that somebody fetches. `file` is null where only its headers are asked for; `bytes` while it is still written. */
export type Fetched = { readonly id: string; readonly file: Growing | null; readonly bytes: number | null }

/**
 * The answer to a request for a bundle: all of it, as it is written or as it lies there, or the part that is missing after a download was
 * cut off. An export is written once, so its id is a strong tag for its bytes. `over` is called once when nobody reads any more.
 */
export async function exportAnswer({ headers }: Request, fetched: Fetched, over: () => Promise<void>): Promise<Response> {
  const { id, file, bytes } = fetched
  const etag = `"${id}"`
  const wanted = wantedOf(headers, { etag, bytes })
  const isSent = wanted.is === 'part' || wanted.is === 'whole'
  if (!isSent || !file) {
    await over()
    return new Response(null, headOf(wanted, fetched))
  }
  const stretch = wanted.is === 'part' ? wanted : { from: 0, end: bytes }
  return new Response(await streamOf(file, over, stretch), headOf(wanted, fetched))
}

const STATUS = { whole: 200, part: 206, same: 304, another: 412, beyond: 416 } as const

/** The status and the headers of what is wanted. */
function headOf(wanted: Wanted, { id, bytes }: Fetched): ResponseInit {
  const length = wanted.is === 'part' ? wanted.end - wanted.from : wanted.is === 'whole' ? bytes : null
  const range = wanted.is === 'part' ? `${wanted.from}-${wanted.end - 1}` : wanted.is === 'beyond' ? '*' : null
  return {
    status: STATUS[wanted.is],
    headers: {
      'accept-ranges': 'bytes',
      etag: `"${id}"`,
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      ...(wanted.is === 'part' || wanted.is === 'whole' ? aboutFile(id) : {}),
      ...(length === null ? {} : { 'content-length': `${length}` }),
      ...(range === null ? {} : { 'content-range': `bytes ${range}/${bytes}` }),
    },
  }
}

const aboutFile = (id: string) => ({
  'content-type': 'application/zip',
  'content-disposition': `attachment; filename="countersign-evidence-${id.slice(0, 8)}.zip"`,
})
