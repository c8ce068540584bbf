import 'server-only'
import { cache } from 'react'
import type { AlarmShown, AnchorShown, CheckpointShown, DetachedShown, EntryFound } from '../../components/integrity/integrity-shown'
import { SHOWN_MINUTES } from '../../components/integrity/timeline-spans'
import type { IntegrityTold, LiveData } from '../../components/live/live-data'
import type { Trust } from '../../core/audit/certificate'
import { isExtension, type LogKey, openCheckpoint } from '../../core/audit/checkpoint'
import { readEntryAddress } from '../../core/audit/entry-address'
import { logKeysOf, withRotations } from '../../core/audit/log-keys'
import { vkeyOf } from '../../core/audit/note'
import { type Protection, protectionOf, protectionWords, undetectableWith } from '../../core/audit/protection'
import type { Anchor } from '../../core/audit/verify-views'
import { outsideWitnesses } from '../../core/audit/witnesses'
import { toBase64 } from '../../core/base64'
import { isAppError } from '../../core/errors'
import { toHex } from '../../core/hash'
import { type Actor, hasRight } from '../../core/roles'
import { isTimeout } from '../../db/connect'
import { listRememberers, type Rememberer, readAnchor } from '../../db/cosignatures'
import { sha256, verifyEd25519 } from '../../db/crypto'
import { detachedWith } from '../../db/detached-months'
import { findEntries, type StoredEntry } from '../../db/entry-lookup'
import { openKeys, readTrust } from '../../db/keys'
import { listRotations } from '../../db/log-rotations'
import { namesOf } from '../../db/policy-list'
import { type KeptAlarm, listAlarms, listOpenAlarms } from '../../db/seal-alarms'
import { listSealMinutes } from '../../db/seal-minutes'
import { checkpointAt, type KeptCheckpoint, latestCheckpoint, proofBetween, proveEntry, readSealing } from '../../db/seal-read'
import { takeLook } from '../../db/throttle'
import { readConfig } from './config'
import { database } from './database'
import { shownWho } from './policy-page'

const kept = globalThis as { countersignKeys?: Promise<unknown> }

/** What this console pins: witnesses may be pinned while it runs. The first process on a machine makes the keys. */
export async function readPinned(): Promise<Trust> {
  const { dataDir } = readConfig()
  kept.countersignKeys ??= openKeys(dataDir)
  await kept.countersignKeys.catch((error: unknown) => {
    delete kept.countersignKeys
    throw error
  })
  return readTrust(dataDir)
}

/** `rotations` are asked for after the checkpoint: who signed it may have done so since a moment ago. */
export const checkpointShown = ({ size, note, signedAt }: KeptCheckpoint, rotations: readonly string[]): CheckpointShown => ({
  ...{ size, note, rotations },
  at: signedAt.toISOString(),
})

const anchorShown = (anchor: Anchor | null): AnchorShown | null => anchor && { size: anchor.size, at: anchor.at, by: anchor.by.length }

/** After a look that took too long no page waits for the next one this long: what stands in the frame keeps nobody. */
const UNREAD_MS = 5_000
let unreadUntilMs = Number.NEGATIVE_INFINITY

/** The state of the log, for every page; null where there are no keys to check it against, 'unread' where the database takes too long. */
export async function readIntegrity(): Promise<LiveData['integrity']> {
  if (!(await pinnedOrNull())) return null
  if (performance.now() < unreadUntilMs) return 'unread'
  try {
    return await toldHere()
  } catch (error) {
    if (!(error instanceof Error && isTimeout(error))) throw error
    unreadUntilMs = performance.now() + UNREAD_MS
    process.stderr.write(`console: the state of the log could not be read in time: ${error.message}\n`)
    return 'unread'
  }
}

/** The state of the log as the database says it now, once for everything that one page draws. */
const toldHere = cache(async (): Promise<IntegrityTold> => {
  const [trust, sql] = [await readPinned(), database()]
  const [checkpoint, anchor, alarms, { unsealed }] = await Promise.all([
    latestCheckpoint(sql),
    readAnchor(sql, trust),
    listOpenAlarms(sql),
    readSealing(sql),
  ])
  unreadUntilMs = Number.NEGATIVE_INFINITY
  return {
    pinned: { log: trust.log, logKey: trust.logKey },
    checkpoint: checkpoint && checkpointShown(checkpoint, await listRotations(sql)),
    anchor: anchorShown(anchor),
    witnesses: outsideWitnesses(trust).length,
    unsealed,
    alarms: alarms.length,
  }
})

/** The same, once for everything that one page draws. */
export const integrityHere = cache(readIntegrity)

async function pinnedOrNull(): Promise<Trust | null> {
  try {
    return await readPinned()
  } catch (error) {
    if (isAppError(error)) return null
    throw error
  }
}

/** Whoever was not heard of for longer is not counted among those who remember. */
const REMEMBERS_MS = 90_000
const ALARMS = 50

/** All of the state that the page of the log's integrity shows; null where this machine has no keys that can be read. */
export async function readIntegrityPage() {
  const trust = await pinnedOrNull()
  if (!trust) return null
  const sql = database()
  const [told, newest, anchor, sealing, rememberers, alarms, minutes] = await Promise.all([
    toldHere(),
    latestCheckpoint(sql),
    readAnchor(sql, trust),
    readSealing(sql),
    listRememberers(sql, REMEMBERS_MS),
    listAlarms(sql, ALARMS),
    listSealMinutes(sql, SHOWN_MINUTES),
  ])
  const protection = protectionHere(newest, anchor, rememberers)
  const key = logKeysOf(withRotations(trust, await listRotations(sql)), { verify: verifyEd25519, sha256 })
  return {
    told,
    problem: newest && (await problemWith(key, newest, anchor)),
    threshold: trust.threshold ?? 1,
    vkey: key ? vkeyOf(key, sha256) : '',
    anchoredBy: anchor?.by.map(({ witness }) => witness) ?? [],
    sealing: { ...sealing, signedAt: sealing.signedAt?.toISOString() ?? null },
    rememberers: rememberers.map(({ kind, size }) => ({ kind, size })),
    words: protectionWords(protection),
    unseen: undetectableWith(protection, sealing.size + sealing.unsealed),
    alarms: await alarmsShown(alarms),
    minutes: {
      ...minutes,
      now: minutes.now.toISOString(),
      minutes: minutes.minutes.map(({ at, ...rest }) => ({ ...rest, at: at.toISOString() })),
    },
  }
}

function protectionHere(newest: KeptCheckpoint | null, anchor: Anchor | null, rememberers: readonly Rememberer[]): Protection {
  const sealed = newest && { size: newest.size, root: toHex(newest.root), at: newest.signedAt.toISOString() }
  const views = rememberers.map(({ kind, size }) => ({
    from: kind === 'tab' ? 'an open console' : 'a gateway',
    size,
    root: EMPTY,
    at: null,
    cosigned: [],
  }))
  const protection = protectionOf(sealed, anchor, sealed ? views : [])
  return protection.level === 'remembered' ? { ...protection, by: [...new Set(protection.by)] } : protection
}

const EMPTY = new Uint8Array(0)

/** What is wrong with the newest checkpoint, or with the way to it from the one that witnesses signed, in one sentence; null where it is in order. */
async function problemWith(key: LogKey | null, newest: KeptCheckpoint, anchor: Anchor | null): Promise<string | null> {
  if (!key) return 'The log key that this console pins is no key.'
  if (key.forked !== undefined) return `Nothing of this log is shown by its checkpoints alone: ${key.forked}.`
  const opened = openCheckpoint(newest.note, key, verifyEd25519, sha256)
  if ('problem' in opened) return `The newest checkpoint is not to be believed: ${opened.problem}.`
  if (!anchor || anchor.size === newest.size) return null
  const seen = await checkpointAt(database(), anchor.size)
  const proof = seen && anchor.size < newest.size ? await proofBetween(database(), anchor.size, newest.size) : null
  const earlier = seen && { origin: key.name, size: seen.size, root: seen.root }
  if (earlier && proof && isExtension(earlier, opened.checkpoint, proof, sha256)) return null
  return `The log of ${newest.size} entries does not lead to the ${anchor.size} that witnesses signed: it was rewritten, or set back.`
}

async function alarmsShown(alarms: readonly KeptAlarm[]): Promise<readonly AlarmShown[]> {
  const names = await namesOf(
    database(),
    alarms.flatMap(({ endedBy }) => endedBy ?? []),
  )
  return alarms.map(({ id, kind, sentence, foundBy, at, endedAt, endedBy, endedBecause }) => ({
    ...{ id, kind, sentence, foundBy },
    at: at.toISOString(),
    ended: endedAt && {
      at: endedAt.toISOString(),
      said: endedBy && endedBecause ? { by: shownWho({ id: endedBy, name: names.get(endedBy) ?? null }), because: endedBecause } : null,
    },
  }))
}

/** More entries than most calls have; each comes with a proof of its own. */
const FOUND = 24

export type Lookup = {
  readonly entries: readonly EntryFound[]
  /** Whose entry it should be, where that is known and no row is there. */
  readonly missing: { readonly writer: string; readonly seq: number; readonly detached: DetachedShown | null } | null
  readonly isCut: boolean
}

/** The entries that somebody asked for, each with its proof under the newest checkpoint; null where the question names none, a sentence where they ask too often. */
export async function lookUp(actor: Actor, asked: string): Promise<Lookup | string | null> {
  const address = readEntryAddress(asked)
  if (!address) return null
  const sql = database()
  const tooOften = await takeLook(sql, actor.id, 'entries').then(() => null, sentenceOf)
  if (tooOften !== null) return tooOften
  const [newest, { rows, place }] = await Promise.all([latestCheckpoint(sql), findEntries(sql, address, FOUND + 1)])
  const entries: EntryFound[] = []
  const rotations = newest ? await listRotations(sql) : []
  const from = newest && { newest, rotations }
  for (const row of rows.slice(0, FOUND)) entries.push(await foundFrom(actor, row, from))
  const missing = rows.length === 0 && place ? { ...place, detached: await detachedShown(place) } : null
  return { entries, missing, isCut: rows.length > FOUND }
}

/** The month that an entry left with, as the database says; null for one whose row should be there. */
async function detachedShown({ writer, seq }: { readonly writer: string; readonly seq: number }): Promise<DetachedShown | null> {
  const kept = await detachedWith(database(), writer, seq)
  if (!kept) return null
  const { month, at, actor, because } = kept
  const names = await namesOf(database(), [actor])
  const by = shownWho({ id: actor, name: names.get(actor) ?? null })
  return { month, at: at.toISOString(), by, because, writer: kept.writer, seq: kept.seq }
}

function sentenceOf(error: unknown): string {
  if (isAppError(error)) return error.message
  throw error
}

type Sealed = { readonly newest: KeptCheckpoint; readonly rotations: readonly string[] }

/** Entries of calls are for everybody who reads calls; all else names people. */
async function foundFrom(actor: Actor, row: StoredEntry, under: Sealed | null): Promise<EntryFound> {
  const { writer, seq, type, call, recordedAt, body } = row
  const mayRead = hasRight(actor, 'integrity.verify') || (call !== null && hasRight(actor, 'activity.read'))
  const proven = under && (await proveEntry(database(), writer, seq, under.newest.size))
  return {
    ...{ writer, seq, type, call, at: recordedAt.toISOString(), text: mayRead ? body : null, isTooLong: body === null },
    sealed: proven && {
      ...{ index: proven.index, leaf: toBase64(proven.leaf), proof: proven.proof.map(toBase64) },
      checkpoint: checkpointShown(proven.checkpoint, under?.rotations ?? []),
    },
  }
}
