import type { LegalScope } from '../core/audit/retention-fields'
import { AppError } from '../core/errors'
import { MOST_REASON, reasonFrom } from '../core/retention/classes'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { requireTaker, type Taker, takerOf } from './takers'
import type { Writer } from './writer'

/** What nobody erases until it is lifted. Ids of people where they have accounts. */
export type LegalHold = {
  readonly id: string
  readonly scope: LegalScope
  readonly because: string
  readonly openedBy: string
  readonly openedAt: Date
  readonly lifted: { readonly at: Date; readonly by: string; readonly because: string } | null
}

type HoldRow = Omit<LegalHold, 'scope' | 'lifted'> & {
  readonly server: string | null
  readonly principalId: string | null
  readonly call: string | null
  readonly since: Date | null
  readonly until: Date | null
  readonly liftedAt: Date | null
  readonly liftedBy: string | null
  readonly liftedBecause: string | null
}

/** Those in force first, then the newest. */
export async function listLegalHolds(sql: Queries, limit = 200): Promise<readonly LegalHold[]> {
  const rows = await sql<HoldRow[]>`
    select id, server, principal as "principalId", call, since, until, because, opened_by as "openedBy", opened_at as "openedAt",
      lifted_at as "liftedAt", lifted_by as "liftedBy", lifted_because as "liftedBecause"
    from countersign.legal_holds order by lifted_at is not null, opened_at desc limit ${limit}`
  return rows.map(({ server, principalId, call, since, until, liftedAt, liftedBy, liftedBecause, ...hold }) => ({
    ...hold,
    scope: { server, principalId, call, from: since?.toISOString() ?? null, to: until?.toISOString() ?? null },
    lifted: liftedAt && liftedBy && liftedBecause ? { at: liftedAt, by: liftedBy, because: liftedBecause } : null,
  }))
}

const NAME_LIMIT = 256

/** Once this resolves nothing that it covers is erased. Throws AppError('invalid') for one that covers everything, or gives no reason. */
export async function openLegalHold(
  writer: Writer,
  taker: Taker,
  asked: { readonly scope: LegalScope; readonly because: string },
): Promise<string> {
  const scope = checkedScope(asked.scope)
  const because = requireReason(asked.because)
  return writer.commit(async (tx) => {
    await requireTaker(tx, taker, 'retention.hold')
    const [id, who] = [randomId(), takerOf(taker)]
    const { server, principalId, call, from, to } = scope
    await tx`
      insert into countersign.legal_holds (id, server, principal, call, since, until, because, opened_by)
      values (${id}, ${server}, ${principalId}, ${call}, ${from}::text::timestamptz, ${to}::text::timestamptz, ${because}, ${who.actor})`
    return { entries: [{ type: 'legal_hold.open', ...who, legalHold: id, because, ...scope }], result: id }
  })
}

/** From then on retention takes what the hold kept. Throws AppError('conflict') for one that is lifted already. */
export async function liftLegalHold(writer: Writer, taker: Taker, given: { readonly id: string; readonly because: string }): Promise<void> {
  const because = requireReason(given.because)
  return writer.commit(async (tx) => {
    await requireTaker(tx, taker, 'retention.hold')
    const who = takerOf(taker)
    const lifted = await tx`
      update countersign.legal_holds set lifted_at = clock_timestamp(), lifted_by = ${who.actor}, lifted_because = ${because}
      where id = ${given.id} and lifted_at is null returning id`
    if (lifted.length === 0) throw new AppError('conflict', 'There is no such legal hold in force.')
    return { entries: [{ type: 'legal_hold.lift', ...who, legalHold: given.id, because }], result: undefined }
  })
}

/** Throws AppError('invalid'). */
export function requireReason(text: string): string {
  const because = reasonFrom(text)
  if (because === null) throw new AppError('invalid', `A reason is needed, of at most ${MOST_REASON} characters.`)
  return because
}

function checkedScope({ server, principalId, call, from, to }: LegalScope): LegalScope {
  const names = [server, principalId, call]
  if ([...names, from, to].every((each) => each === null))
    throw new AppError('invalid', 'Say what the legal hold covers: a server, an agent, a call or a period.')
  if (names.some((name) => name !== null && (name === '' || name.length > NAME_LIMIT || /[\p{Cc}\p{Cs}]/u.test(name))))
    throw new AppError('invalid', `Names are as the log has them, of at most ${NAME_LIMIT} characters.`)
  const [since, until] = [timeOf(from), timeOf(to)]
  if (since !== null && until !== null && since >= until)
    throw new AppError('invalid', 'The period of the legal hold ends before it begins.')
  return { server, principalId, call, from: since, to: until }
}

function timeOf(text: string | null): string | null {
  if (text === null) return null
  const time = new Date(text)
  const year = time.getUTCFullYear()
  if (!(year >= 1970 && year <= 9999)) throw new AppError('invalid', 'The period of the legal hold has a time that is none.')
  return time.toISOString()
}
