import { leafHash } from './chain'
import type { EntryFields } from './entry'
import { batchOf, headOf, here, later, type Mutation, signAnew, spotIn, withText } from './testing-damage'
import { entryOf, type MemoryWriter, relink, rowOf, Scribe } from './testing-log'
import { SEALED_MUTATIONS } from './testing-mutations-sealed'
import { sha256 } from './testing-tree'

const edited: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot) return null
  withText(spot.writer, spot.at, later)
  return here(spot, 'edited')
}

const spaced: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot) return null
  withText(spot.writer, spot.at, (text) => text.replace('{', '{ '))
  return here(spot, 'edited')
}

const editedAndRehashed: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot) return null
  const seq = batchOf(spot.writer, spot.at)
  withText(spot.writer, spot.at, later)
  relink(spot.writer, spot.at + 1)
  spot.writer.head = { ...spot.writer.head, headHash: headOf(spot.writer) }
  return spot.isSealed ? here(spot, 'edited') : { writer: spot.id, seq, kinds: ['bad signature'] }
}

const deleted: Mutation = (log, dice) => {
  const spot = spotIn(log, dice, 1)
  if (!spot) return null
  spot.writer.rows.splice(spot.at, 1)
  return here(spot, 'deleted')
}

const deletedAndMovedUp: Mutation = (log, dice) => {
  const spot = spotIn(log, dice, 1)
  if (!spot) return null
  spot.writer.rows = spot.writer.rows.flatMap((row, at) => (at === spot.at ? [] : [at > spot.at ? { ...row, seq: row.seq - 1 } : row]))
  spot.writer.head = { ...spot.writer.head, headSeq: spot.writer.rows.length }
  return here(spot, 'deleted')
}

const deletedAndRehashed: Mutation = (log, dice) => {
  const spot = spotIn(log, dice, 1)
  if (!spot) return null
  const seq: readonly [number, number] = [batchOf(spot.writer, spot.at)[0], batchOf(spot.writer, spot.at + 1)[1]]
  spot.writer.rows.splice(spot.at, 1)
  relink(spot.writer, spot.at)
  if (spot.at === 0) return here(spot, 'uncertified writer', 'edited')
  return spot.isSealed ? here(spot, 'edited') : { writer: spot.id, seq, kinds: ['bad signature', 'truncated'] }
}

const swapped: Mutation = (log, dice) => {
  const spot = spotIn(log, dice, 1)
  if (!spot) return null
  const other = spot.at + 1 + dice.roll(spot.writer.rows.length - spot.at - 1)
  const [one, two] = [spot.row, spot.writer.rows[other]]
  if (!two) return null
  spot.writer.rows[spot.at] = { ...two, seq: one.seq }
  spot.writer.rows[other] = { ...one, seq: two.seq }
  return here(spot, 'reordered')
}

const movedToAnotherWriter: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  const others = [...log.writers].filter(([id, { rows }]) => id !== spot?.id && rows.length > (spot?.at ?? 0))
  if (!spot || others.length === 0) return null
  const row = dice.pick(others)[1].rows[spot.at]
  if (!row) return null
  spot.writer.rows[spot.at] = { ...row, batchFirst: spot.row.batchFirst, signature: spot.row.signature }
  return here(spot, 'bad text')
}

const doubled: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot) return null
  spot.writer.rows.splice(spot.at + 1, 0, { ...spot.row, body: later(spot.row.body) })
  return here(spot, 'inserted')
}

const inserted: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot) return null
  const { rows } = spot.writer
  const after = rows.slice(spot.at).map((row) => ({ ...row, seq: row.seq + 1 }))
  spot.writer.rows = [...rows.slice(0, spot.at), { ...spot.row, body: later(spot.row.body), batchFirst: null, signature: null }, ...after]
  spot.writer.head = { ...spot.writer.head, headSeq: rows.length + 1 }
  return here(spot, 'inserted', 'edited')
}

const cutOff: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot) return null
  const isTorn = batchOf(spot.writer, spot.at)[0] !== spot.at + 1
  spot.writer.rows = spot.writer.rows.slice(0, spot.at)
  // Of a torn batch no entry is signed: the last one that is left says so.
  return { writer: spot.id, seq: [isTorn ? spot.at : spot.at + 1, spot.at + 1], kinds: ['truncated', 'deleted'] }
}

/** With the head row set back to match, at the end of a signed batch, and the writer open again: only what was sealed is missed. */
const cutOffAndSetBack: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot?.isSealed || spot.at === 0) return null
  const at = batchOf(spot.writer, spot.at)[0] - 1
  if (at === 0) return null
  spot.writer.rows = spot.writer.rows.slice(0, at)
  spot.writer.head = { ...spot.writer.head, headSeq: at, headHash: headOf(spot.writer), closedBy: null, lock: 'held' }
  return { writer: spot.id, seq: [at + 1, at + 1], kinds: ['truncated'] }
}

const columnFlipped: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot) return null
  const column = dice.pick(['type', 'call', 'outcome', 'server', 'tool', 'principal'] as const)
  spot.writer.rows[spot.at] = { ...spot.row, [column]: `${spot.row[column] ?? ''}x` }
  return { ...here(spot, 'column mismatch'), isBeyondQuick: true }
}

const signatureTurned: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot) return null
  const [, last] = batchOf(spot.writer, spot.at)
  const row = spot.writer.rows[last - 1]
  if (!row?.signature) return null
  const signature = Uint8Array.from(row.signature)
  signature[dice.roll(64)] = (signature[0] ?? 0) + 1 + dice.roll(255)
  if (Buffer.compare(signature, row.signature) === 0) return null
  spot.writer.rows[last - 1] = { ...row, signature }
  return { writer: spot.id, seq: [last, last], kinds: ['bad signature'], deep: true, isBeyondQuick: true }
}

const signatureDropped: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot) return null
  const [, last] = batchOf(spot.writer, spot.at)
  const row = spot.writer.rows[last - 1]
  if (!row) return null
  const next = last < spot.writer.rows.length ? batchOf(spot.writer, last)[1] : last
  spot.writer.rows[last - 1] = { ...row, batchFirst: null, signature: null }
  return { writer: spot.id, seq: [last, next], kinds: ['bad signature', 'truncated'], isBeyondQuick: true }
}

const strangerAdded: Mutation = (log) => {
  const id = 'f'.repeat(32)
  const stranger = new Scribe(id, 'gateway')
  const body = stranger.rows[0]?.body.replace(/"signature":"[0-9a-f]{4}/g, '"signature":"0000') ?? ''
  const writer: MemoryWriter = {
    head: { ...stranger.end(null, 'held').head },
    rows: [{ ...rowOf(1, body), batchFirst: 1, signature: null }],
  }
  signAnew(id, writer)
  log.writers.set(id, writer)
  return { writer: id, seq: [1, 1], kinds: ['uncertified writer'] }
}

/** By somebody who holds the writer's key: what was denied was done. */
const deniedAndDone: Mutation = (log, dice) => {
  const denials = [...log.writers].flatMap(([id, writer]) =>
    writer.head.closedBy === null ? writer.rows.flatMap((row, at) => (row.outcome === 'deny' ? [{ id, writer, row, at }] : [])) : [],
  )
  if (denials.length === 0) return null
  const spot = dice.pick(denials)
  const seq = spot.writer.rows.length + 1
  const decision = { writer: spot.id, seq: spot.at + 1 }
  const call = String(entryOf(spot.id, spot.row).call)
  const fields = {
    type: 'receipt',
    call,
    decision,
    status: 'done',
    code: null,
    startedAt: null,
    durationMs: 1,
    sizeBytes: 1,
  } as EntryFields
  const last = spot.writer.rows.at(-1)
  const body = JSON.stringify(sortedKeys({ ...fields, ...placeAfter(spot.id, last?.body ?? '', seq) }))
  spot.writer.rows.push({ ...rowOf(seq, body), batchFirst: seq, signature: new Uint8Array(64) })
  spot.writer.head = { ...spot.writer.head, headSeq: seq }
  signAnew(spot.id, spot.writer)
  return { writer: spot.id, seq: [seq, seq], kinds: ['effect without right'], isBeyondQuick: true }
}

const placeAfter = (writer: string, body: string, seq: number) => {
  const { v, log, at } = JSON.parse(body)
  return { v, log, at, writer, seq, prev: Buffer.from(leafHash(body, sha256)).toString('hex') }
}

const sortedKeys = (entry: object): object => Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Every way in which these tests damage a log. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  ...SEALED_MUTATIONS,
  edited,
  spaced,
  editedAndRehashed,
  deleted,
  deletedAndMovedUp,
  deletedAndRehashed,
  swapped,
  movedToAnotherWriter,
  doubled,
  inserted,
  cutOff,
  cutOffAndSetBack,
  columnFlipped,
  signatureTurned,
  signatureDropped,
  strangerAdded,
  deniedAndDone,
}
