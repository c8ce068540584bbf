import type { SessionRefusal } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Actor } from '../core/roles'
import type { Queries, Sql } from './connect'
import { COST, type Cost, encodeHash, hashPassword, isWeakHash, passwordMatches } from './passwords'
import { emailOf } from './people'
import { endReplaced, endSessions, type From, requireStanding, startSession } from './sessions'
import { storable } from './text'
import { takeAttempt } from './throttle'
import type { Writer } from './writer'

/**
 * What signing in is done with: a client to read, the process's writer for what changes, what a hash may cost, and the token that this
 * browser's cookie held before: that session ends.
 */
export type Desk = { readonly sql: Sql; readonly writer: Writer; readonly cost?: Cost; readonly replaces?: string | null }

export type Started = { readonly user: string; readonly session: string; readonly token: string }

type Account = {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly disabled: boolean
  readonly hash: string | null
}

/** One sentence for every way in which it can fail. */
const WRONG = 'The e-mail address or the password is wrong.'

/**
 * Lets somebody in by password. Whether the account is not there, has no password, is disabled or has another one, the answer and the
 * work are the same, and only the log says which. Throws AppError('unauthenticated'), or ('unavailable') after too many attempts.
 */
export async function signInWithPassword(
  desk: Desk,
  given: { readonly email: string; readonly password: string },
  from: From,
): Promise<Started> {
  const { sql, writer, cost = COST } = desk
  const email = storable(given.email).trim().normalize('NFC').toLowerCase().slice(0, 254)
  await takeAttempt(sql, writer, { email, address: from.address })
  const account = await findAccount(sql, { email })
  const refusal = await refusalOf(account, given.password, cost)
  if (account === null || refusal !== null)
    return refuse(desk, { user: account?.id ?? null, session: null, because: refusal ?? 'unknown_user' }, from)
  const fresh = account.hash !== null && isWeakHash(account.hash, cost) ? await encodeHash(given.password, cost) : null
  return writer.commit(async (tx) => {
    if (!(await isStillSo(tx, account))) return { entries: [], refuse: new AppError('unauthenticated', WRONG) }
    if (fresh) await tx`update countersign.passwords set hash = ${fresh} where user_id = ${account.id}`
    const replaced = await endReplaced(tx, desk.replaces ?? null, account.id, from)
    const { entry, ...started } = await startSession(tx, { ...from, user: account.id, method: 'password', provedAtMs: Date.now() })
    return { entries: [...replaced, entry], result: { user: account.id, ...started } }
  })
}

/** Renews the proof of a session by its own user's password. Throws as `signInWithPassword` does. */
export async function proveByPassword(desk: Desk, actor: Actor, password: string, from: From): Promise<void> {
  const account = await checkOwnPassword(desk, actor, password, from)
  await desk.writer.commit(async (tx) => {
    await requireStanding(tx, actor, 'account.self')
    if (!(await isStillSo(tx, account))) return { entries: [], refuse: new AppError('unauthenticated', 'The password is wrong.') }
    await tx`update countersign.sessions set proved_at = clock_timestamp() where id = ${actor.session}`
    const { address } = from
    return { entries: [{ type: 'session.proved', session: actor.session, user: actor.id, method: 'password', address }], result: undefined }
  })
}

/** Changes one's own password: every other session ends. Throws AppError('invalid') for one that is too easy. */
export async function changePassword(
  desk: Desk,
  actor: Actor,
  { current, next }: { readonly current: string; readonly next: string },
  from: From,
): Promise<void> {
  const account = await checkOwnPassword(desk, actor, current, from)
  const hash = await hashPassword(next, account, desk.cost)
  await desk.writer.commit(async (tx) => {
    await requireStanding(tx, actor, 'account.self')
    const rows = await tx`
      update countersign.passwords set hash = ${hash}, changed_at = clock_timestamp()
      where user_id = ${actor.id} and hash = ${account.hash} returning user_id`
    if (rows.length === 0) return { entries: [], refuse: new AppError('conflict', 'The password was changed meanwhile.') }
    await tx`update countersign.sessions set proved_at = clock_timestamp() where id = ${actor.session}`
    const { address } = from
    const ended = await endSessions(tx, { user: actor.id, except: actor.session, because: 'password_changed', actor: actor.id, address })
    return { entries: [{ type: 'user.password', actor: actor.id, user: actor.id, address }, ...ended], result: undefined }
  })
}

async function checkOwnPassword({ sql, writer, cost = COST }: Desk, actor: Actor, password: string, from: From): Promise<Account> {
  await takeAttempt(sql, writer, { email: emailOf(actor.email), address: from.address })
  const account = await findAccount(sql, { id: actor.id })
  const because = await refusalOf(account, password, cost)
  if (account && because === null) return account
  await record(writer, { user: actor.id, session: actor.session, because: because ?? 'unknown_user' }, from)
  throw new AppError('invalid', because === 'no_password' ? 'This account has no password.' : 'The password is wrong.')
}

async function findAccount(sql: Queries, by: { readonly email?: string; readonly id?: string }): Promise<Account | null> {
  const [account] = await sql<Account[]>`
    select u.id, u.email, u.name, u.disabled_at is not null as disabled, p.hash
    from countersign.users u left join countersign.passwords p on p.user_id = u.id
    where u.email = ${by.email ?? null} or u.id = ${by.id ?? null}`
  return account ?? null
}

/** Null when the password is right and its user may come in. The work is done whatever there is to compare with. */
async function refusalOf(account: Account | null, password: string, cost: Cost): Promise<SessionRefusal | null> {
  const isRight = await passwordMatches(password, account?.hash ?? null, cost)
  if (!account) return 'unknown_user'
  if (account.hash === null) return 'no_password'
  if (!isRight) return 'wrong_password'
  return account.disabled ? 'disabled' : null
}

/** Half a second has passed since the password was compared: the row is held and asked once more. */
async function isStillSo(tx: Queries, { id, hash }: Account): Promise<boolean> {
  const rows = await tx`
    select from countersign.users u join countersign.passwords p on p.user_id = u.id
    where u.id = ${id} and u.disabled_at is null and p.hash = ${hash} for share of u, p`
  return rows.length === 1
}

type Refused = { readonly user: string | null; readonly session: string | null; readonly because: SessionRefusal }

async function refuse({ writer }: Desk, refused: Refused, from: From): Promise<never> {
  await record(writer, refused, from)
  throw new AppError('unauthenticated', WRONG)
}

const record = (writer: Writer, refused: Refused, { address }: From) =>
  writer.append({ type: 'session.refused', ...refused, method: 'password', address })
