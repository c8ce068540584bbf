import type { Stretch } from '../core/audit/log-source'
import type { FindBytes, PackedRow } from '../core/audit/quick-reader'
import { isSqlState, type Sql } from './connect'

export const findBytes: FindBytes = (bytes, pattern, start) =>
  (bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).indexOf(pattern, start)

/** Texts that the server puts together to one value: a row of its own for each would cost more than all the rest. */
const GROUP = 128
/** Signature, flags and the length of an extension that is not there. */
const HEADER_BYTES = 19
/** The number of fields and the length of the only one. */
const BEFORE_GROUP = 2 + 4
/** The entry's number and the length of its text, in front of the 0x00 that is hashed with it. */
const BEFORE_TEXT = 8 + 4

/** The texts of some stretches, in their order and by seq, by COPY in binary. What no run of ours could name is left unread. */
export async function readPacked(sql: Sql, stretches: readonly Stretch[], row: PackedRow): Promise<void> {
  if (stretches.length === 0 || !stretches.every(isOurs)) return
  try {
    await copyGroups(sql, stretches, row)
  } catch (error) {
    // Texts that are too long to be put together: left unread, too.
    if (!isSqlState(error, '54000')) throw error
  }
}

const isOurs = ({ writer, from, to }: Stretch): boolean =>
  /^[0-9a-f]{32}$/.test(writer) && Number.isSafeInteger(from) && Number.isSafeInteger(to)

async function copyGroups(sql: Sql, stretches: readonly Stretch[], row: PackedRow): Promise<void> {
  const values = stretches.map(({ writer, from, to }) => `('${writer}', ${from}::bigint, ${to}::bigint)`).join(',')
  const stream = await sql
    .unsafe(
      `copy (select p.texts from (values ${values}) s (writer, low, high)
      cross join lateral generate_series(s.low, s.high, ${GROUP}) g (low)
      cross join lateral (
        select string_agg(int8send(e.seq) || int4send(octet_length(e.body)) || '\\x00'::bytea || convert_to(e.body, 'UTF8'), ''::bytea) as texts
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
    if (chunk.readInt16BE(at) === 1) eachText(chunk, at + BEFORE_GROUP, row)
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

function eachText(group: Buffer, start: number, row: PackedRow): void {
  for (let at = start; at < group.length; ) {
    const text = at + BEFORE_TEXT
    const end = text + 1 + group.readUInt32BE(at + 8)
    row(group.readUInt32BE(at) * 2 ** 32 + group.readUInt32BE(at + 4), group, text, end)
    at = end
  }
}
