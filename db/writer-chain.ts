import { randomBytes } from 'node:crypto'
import type { Attested, AttestTag, Signer } from '../core/approval/statement'
import { certify, type HostCertificate, type HostRole, type WriterCertificate } from '../core/audit/certificate'
import { GENESIS } from '../core/audit/chain'
import { AppError } from '../core/errors'
import type { Sign } from '../core/hash'
import { ephemeralKey, randomId } from './crypto'
import { type Batch, buildBatch, type Chain } from './writer-batch'
import { openSession, RolledBack, type Session } from './writer-session'

/** Who this process is: its host's certificate, and the host's key to certify the writer with. */
export type WriterIdentity = { readonly log: string; readonly role: HostRole; readonly host: HostCertificate; readonly sign: Sign }

/** A chain of this process: with what leads from the pinned root to its key. */
export type OwnChain = Chain & { readonly host: HostCertificate; readonly certificate: WriterCertificate }

/** Starts a chain on this session: a new id, token and key, and `writer.open`, in one transaction with the head row. */
export async function openChain(session: Session, identity: WriterIdentity, keepClearText: boolean): Promise<OwnChain> {
  await claimLog(session, identity.log)
  const key = ephemeralKey()
  const writer = randomId()
  const at = new Date().toISOString()
  const certificate = certify(
    { v: 1, type: 'writer', log: identity.log, writer, host: identity.host.key, key: key.publicKey, role: identity.role, at },
    identity.sign,
  )
  const chain: OwnChain = {
    log: identity.log,
    writer,
    token: randomBytes(32).toString('hex'),
    sign: key.sign,
    host: identity.host,
    certificate,
    keepClearText,
    seq: 0,
    head: GENESIS,
  }
  const batch = buildBatch(chain, [{ type: 'writer.open', role: identity.role, host: identity.host, certificate }], at)
  await session.transact(async () => {
    await session.sql`select countersign.open_writer(${writer}, ${identity.role}, ${chain.token})`
    await session.send(batch)
  })
  advance(chain, batch)
  return chain
}

/** Signs a statement that names its signer, under one of the tags that are no part of the log's own. */
export function attest({ log, writer, sign, host, certificate }: OwnChain, tag: AttestTag, make: (signer: Signer) => string): Attested {
  const statement = make({ log, writer })
  const signature = sign(new TextEncoder().encode(tag + statement))
  return { writer, statement, signature, host: JSON.stringify(host), certificate: JSON.stringify(certificate) }
}

export function advance(chain: Chain, batch: Batch): void {
  chain.seq = batch.last
  chain.head = batch.head
}

async function claimLog(session: Session, log: string): Promise<void> {
  const [named] = await session.ask<{ id: string }>('select countersign.name_log($1) as id', [log])
  if (named?.id === log) return
  throw new AppError('conflict', `The database holds log ${named?.id}, but trust.json of this machine pins log ${log}.`)
}

/** The database holds less, or something else, than this process committed. Going on would fork the log. */
export class LogRegression extends AppError {
  readonly writer: string
  /** The last entry that was committed. */
  readonly seq: number

  constructor(chain: Chain, found: number) {
    super(
      'unavailable',
      `The log went back: writer ${chain.writer} committed entry ${chain.seq}, the database ends at ${found}. Nothing is forwarded until an operator has looked.`,
    )
    this.writer = chain.writer
    this.seq = chain.seq
  }
}

/** What a lost connection left open. `reissue`: sent again byte for byte if it is not there. */
export type Doubt = { readonly batch: Batch; readonly reissue: boolean }

export type Regained =
  | { readonly is: 'landed' | 'absent'; readonly session: Session }
  /** Somebody closed this writer meanwhile: its open decisions are theirs to end. */
  | { readonly is: 'over' | 'over, landed'; readonly session: Session }

/** What regaining a connection needs to know. `lingering` is the server process of the lost one. */
export type Loss = {
  readonly url: string
  readonly chain: Chain
  readonly lingering: Session['backend'] | null
  readonly doubt: Doubt | null
  readonly attempt: number
}

/**
 * One try at a new connection, the lock, and an answer to what became of the batch in doubt. Resolves with null when the lock is still
 * held by the lost connection. Rejects with LogRegression when the head is neither before nor behind the batch, with anything else
 * when the database can't be reached.
 */
export async function regain(loss: Loss): Promise<Regained | null> {
  const session = await openSession(loss.url, loss.attempt)
  try {
    const [head] = await session.ask<Head>('select state, head_seq, head_hash from countersign.retake_writer($1, $2)', [
      loss.chain.writer,
      loss.chain.token,
    ])
    if (head?.state === 'over') return readEnd(session, loss, head)
    if (head?.state === 'ours') return await readHead(session, loss, head)
    await endLingering(session, loss)
    session.destroy()
    return null
  } catch (error) {
    session.destroy()
    throw error
  }
}

type Head = { readonly state: string; readonly head_seq: string; readonly head_hash: string }

const isHead = (head: Head, doubt: Doubt | null): boolean =>
  doubt !== null && Number(head.head_seq) === doubt.batch.last && head.head_hash === doubt.batch.head

/** Whoever closes a writer leaves its head where it was. Where that is gone, or behind what was committed, an older database answers. */
function readEnd(session: Session, { chain, doubt }: Loss, head: Head): Regained {
  if (isHead(head, doubt)) return { is: 'over, landed', session }
  if (Number(head.head_seq) !== chain.seq || head.head_hash !== chain.head) throw new LogRegression(chain, Number(head.head_seq))
  return { is: 'over', session }
}

async function readHead(session: Session, { chain, doubt }: Loss, head: Head): Promise<Regained> {
  if (isHead(head, doubt)) return { is: 'landed', session }
  if (Number(head.head_seq) !== chain.seq || head.head_hash !== chain.head) throw new LogRegression(chain, Number(head.head_seq))
  if (!doubt?.reissue) return { is: 'absent', session }
  try {
    await session.append(doubt.batch)
    return { is: 'landed', session }
  } catch (error) {
    if (error instanceof RolledBack) return { is: 'absent', session }
    throw error
  }
}

/** The old connection may hang half-open and hold the lock. It is our own: ending it can't cancel a commit, only end the waiting for one. */
async function endLingering(session: Session, { lingering, attempt }: Loss): Promise<void> {
  if (!lingering || attempt < 2) return
  await session.ask(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid = $1::int and backend_start::text = $2 and usename = current_user',
    [String(lingering.pid), lingering.startedAt],
  )
}
