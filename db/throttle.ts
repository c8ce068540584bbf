import { createHash } from 'node:crypto'
import type { SessionFields } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Queries, Sql } from './connect'
import type { Writer } from './writer'

type Bucket = { readonly size: number; readonly perMinute: number }

/** Full at first, then one more every twelve seconds: at most ten attempts in any minute. */
const ATTEMPTS: Bucket = { size: 5, perMinute: 5 }
/** What one person may look up: entries by hand, and proofs, which the pages that are open ask for by themselves. */
const LOOKS = { entries: { size: 60, perMinute: 60 }, proofs: { size: 600, perMinute: 600 } } as const satisfies Record<string, Bucket>
/** How often the log is told of one bucket's refusals. */
const TELL_MS = 60_000

/** What an attempt costs a token of: the account it names, known or not, and the address it comes from. */
export type Attempt = { readonly email: string; readonly address: string | null }

/**
 * Takes a token for an attempt to sign in, from both buckets. They stand in the database: a restart or a second console gives nobody
 * more. Throws AppError('unavailable') when one is empty; what is turned away is counted, and the log told once a minute.
 */
export async function takeAttempt(sql: Sql, writer: Writer, { email, address }: Attempt): Promise<void> {
  const keys = [...(address === null ? [] : [`address:${networkOf(address)}`]), accountKey(email)]
  for (const key of keys) {
    if (await takeToken(sql, key, ATTEMPTS)) continue
    const isDue = await countRefused(sql, key)
    if (isDue) await tellRefused(writer, key)
    throw new AppError('unavailable', 'Too many attempts; wait a minute and try again.')
  }
}

/**
 * Takes a token for a look into the log from a person's own bucket, which all of their sessions share. Throws AppError('unavailable') that says
 * when to ask again, where it is empty. Nothing was looked at then, and the log is not told.
 */
export async function takeLook(sql: Queries, person: string, at: keyof typeof LOOKS): Promise<void> {
  const bucket = LOOKS[at]
  if (await takeToken(sql, `${at}:${person}`, bucket)) return
  const retryAfterSeconds = Math.ceil(60 / bucket.perMinute)
  const sentence = `You look up more than ${bucket.perMinute} ${at} a minute here: wait a moment and try again.`
  throw new AppError('unavailable', sentence, { retryAfterSeconds })
}

/** The same for every account, there or not. */
const accountKey = (email: string): string => `account:${createHash('sha256').update(email).digest('hex')}`

/** Whoever has one IPv6 address has 2^64 of them. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  return [...groups, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...(tail ? tail.split(':') : [])].slice(0, 4).join(':')
}

async function takeToken(sql: Queries, key: string, { size, perMinute }: Bucket): Promise<boolean> {
  const filled = sql`least(${size}::float8, t.tokens + extract(epoch from clock_timestamp() - t.filled_at) * ${perMinute}::float8 / 60)`
  const rows = await sql`
    insert into countersign.throttle as t (key, tokens) values (${key}, ${size - 1})
    on conflict (key) do update set tokens = ${filled} - 1, filled_at = clock_timestamp() where ${filled} >= 1 returning key`
  return rows.length === 1
}

/** Whether it is time to tell the log. */
async function countRefused(sql: Queries, key: string): Promise<boolean> {
  const [row] = await sql<{ due: boolean }[]>`
    update countersign.throttle set refused = refused + 1, refused_since = coalesce(refused_since, clock_timestamp())
    where key = ${key} returning told_at is null or told_at < clock_timestamp() - ${TELL_MS} * interval '1 millisecond' as due`
  return row?.due ?? false
}

const tellRefused = (writer: Writer, key: string | null): Promise<void> =>
  writer.commit(async (tx) => {
    const rows = await tx<{ key: string; refused: number; since: Date; user: string | null }[]>`
      with due as (
        select key, refused, refused_since from countersign.throttle
        where refused > 0 and (${key}::text is null or key = ${key})
          and (told_at is null or told_at < clock_timestamp() - ${TELL_MS} * interval '1 millisecond')
        order by key limit 100 for update skip locked)
      update countersign.throttle t set refused = 0, refused_since = null, told_at = clock_timestamp() from due where t.key = due.key
      returning t.key, due.refused, due.refused_since as since,
        (select u.id from countersign.users u where 'account:' || encode(sha256(convert_to(u.email, 'UTF8')), 'hex') = t.key) as user`
    return { entries: rows.map(entryOf), result: undefined }
  })

function entryOf({ key, refused, since, user }: { key: string; refused: number; since: Date; user: string | null }): SessionFields {
  const isAddress = key.startsWith('address:')
  const address = isAddress ? key.slice('address:'.length) : null
  return { type: 'session.throttled', scope: isAddress ? 'address' : 'account', user, address, count: refused, since: since.toISOString() }
}

/** Tells the log what it was not told yet, and drops buckets that are full again. */
export async function tidyThrottle(sql: Queries, writer: Writer): Promise<void> {
  await tellRefused(writer, null)
  await sql`
    delete from countersign.throttle where key in (
      select key from countersign.throttle where refused = 0 and filled_at < clock_timestamp() - interval '1 hour' limit 1000)`
}
