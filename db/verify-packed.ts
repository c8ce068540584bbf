import type { Stretch } from '../core/audit/log-source'
import { eachPackedGroup } from '../core/audit/packed-texts'
import type { FindBytes, TakeTexts } from '../core/audit/quick-texts'
import { isSqlState, type Sql } from './connect'

export const findBytes: FindBytes = (bytes, pattern, start) =>
  (bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).indexOf(pattern, start)

/** Texts that the server puts together to one value: a row of its own for each would cost more than all the rest. */
const GROUP = 512
/** Signature, flags and the length of an extension that is not there. */
const HEADER_BYTES = 19
/** The number of fields of a group: its numbers, and its texts. */
const FIELDS = 2

/** The texts of some stretches, in their order and by seq, by COPY in binary. What no run of ours could name is left unread. */
export async function readPacked(sql: Sql, stretches: readonly Stretch[], take: TakeTexts): Promise<void> {
  await readGroups(sql, stretches, (group) => void eachPackedGroup(group, take))
}

/** As much of it as a page holds, and one group at least: whoever wants the rest asks again. */
const PAGE_BYTES = 8 * 2 ** 20

/**
 * The same as one page of groups (core/audit/packed-texts.ts), as many as fit, in their order and as they come: nothing is put together,
 * which would take longer than the reading. Rejects what fails before the first of them; what fails later breaks the page off.
 */
export function readPackedPage(sql: Sql, stretches: readonly Stretch[], pageBytes = PAGE_BYTES): Promise<ReadableStream<Uint8Array>> {
  return new Promise((resolve, reject) => {
    let bytes = 0
    let isOver = false
    const page = new ReadableStream<Uint8Array>({
      start: async (output) => {
        const take = (group: Buffer): void => {
          if (!isOver && (bytes === 0 || bytes + group.length <= pageBytes)) output.enqueue(group)
          bytes += group.length
          resolve(page)
        }
        try {
          await readGroups(sql, stretches, take)
        } catch (error) {
          reject(error)
          throw error
        }
        if (!isOver) output.close()
        resolve(page)
      },
      cancel: () => {
        isOver = true
      },
    })
  })
}

async function readGroups(sql: Sql, stretches: readonly Stretch[], take: (group: Buffer) => void): Promise<void> {
  if (stretches.length === 0 || !stretches.every(isOurs)) return
  try {
    await copyGroups(sql, stretches, take)
  } catch (error) {
    // Texts that are too long to be put together: left unread, too.
    if (!isSqlState(error, '54000')) throw error
  }
}

const isOurs = ({ writer, from, to }: Stretch): boolean =>
  /^[0-9a-f]{32}$/.test(writer) && Number.isSafeInteger(from) && Number.isSafeInteger(to)

async function copyGroups(sql: Sql, stretches: readonly Stretch[], take: (group: Buffer) => void): Promise<void> {
  const values = stretches.map(({ writer, from, to }) => `('${writer}', ${from}::bigint, ${to}::bigint)`).join(',')
  const stream = await sql
    .unsafe(
      `copy (select p.seqs, p.texts from (values ${values}) s (writer, low, high)
      cross join lateral generate_series(s.low, s.high, ${GROUP}) g (low)
      cross join lateral (
        select string_agg(int8send(e.seq), ''::bytea) as seqs, string_agg(coalesce(e.body, ''), E'\\n') as texts
        from (
          select seq, body from countersign.entries
          where writer = s.writer and seq between g.low and least(g.low + ${GROUP - 1}, s.high) order by seq
        ) e
      ) p where p.texts is not null) to stdout (format binary)`,
    )
    .readable()
  let begun = false
  stream.on('data', (chunk: Buffer) => {
    const at = begun ? 0 : HEADER_BYTES
    begun = true
    // The end is a field count of -1.
    if (chunk.readInt16BE(at) === FIELDS) take(chunk.subarray(at + 2))
  })
  await new Promise<void>((resolve, reject) => {
    stream.on('end', () => {
      // postgres.js 3.4.9 stops reading where a copy's last piece is more than its stream takes at once, and goes on only when the stream
      // asks for more: one that has ended never does, and whatever is asked of the connection afterwards is never answered.
      stream._read(0)
      resolve()
    })
    stream.on('error', reject)
  })
}
