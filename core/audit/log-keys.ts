import { toHex } from '../hash'
import type { Trust } from './certificate'
import { type LogKey, logKeyOf } from './checkpoint'
import { isSameKey, type NoteKey } from './note'
import { openRotation, type Rotation, type RotationTools } from './rotation'

/** The keys of a log, as the pinned one leads to them. `faults` are sentences: whoever asks what a log is worth says them. */
export type LogKeys = {
  readonly key: LogKey
  /** In turn; what does not follow from the pinned key is not among them. */
  readonly rotations: readonly Rotation[]
  /** Every statement that leads from the pinned key to another one of the log or back, also where two of them contradict each other. */
  readonly believed: readonly string[]
  readonly faults: readonly string[]
}

/** What pins a log key: of `trust`, and of what a browser is told of it. */
export type Pin = Pick<Trust, 'log' | 'logKey' | 'rotations'>

/** More than anybody needs in a lifetime; what costs two signatures each must have an end. */
const ROTATIONS_LIMIT = 1_000

/** The same trust, with statements from elsewhere: they are believed only as far as the pinned key leads to them. */
export function withRotations<T extends Pin>(trust: T, more: readonly string[]): T {
  const rotations = [...new Set([...(trust.rotations ?? []), ...more])]
  return rotations.length === 0 ? trust : { ...trust, rotations }
}

/** The key that signs a log's checkpoints now, with the turns of those before; null where the pinned one is no key. */
export const logKeysOf = (trust: Pin, tools: RotationTools): LogKey | null => followLogKeys(trust, tools)?.key ?? null

/**
 * Follows the statements from the pinned key, forwards and backwards. Where one key made two statements nobody can tell which holds: then
 * it signs nothing beyond the first of them, and neither is followed. Null where the pinned key is no key.
 */
export function followLogKeys(trust: Pin, tools: RotationTools): LogKeys | null {
  const pinned = logKeyOf(trust)
  if (!pinned) return null
  const { stated, faults } = openAll(trust, pinned, tools)
  const rotations = chainOf(pinned, stated)
  const reached = reachedFrom(pinned, stated)
  const forks = stated.filter((one) => stated.some((other) => other !== one && isFork(one, other)))
  if (forks.length > 0) faults.push(`The log key was rotated twice from one key, ${placesOf(forks)}: which of them holds nobody can tell.`)
  const strays = stated.filter((one) => !rotations.includes(one) && !forks.includes(one))
  if (strays.length > 0)
    faults.push(`The log key is said to have been rotated ${placesOf(strays)}, which does not follow from the pinned key.`)
  const known = [pinned, ...reached.flatMap(({ before, after }) => [before, after])]
  const key = { ...turnsOf(pinned, rotations, forks), known, ...forkedFrom(forks.filter((fork) => reached.includes(fork))) }
  return { key, rotations, believed: reached.map(({ note }) => note), faults }
}

/** What has nothing to do with the pinned key anybody can state, twice as well. */
const forkedFrom = (forks: readonly Rotation[]): Pick<LogKey, 'forked'> =>
  forks.length === 0
    ? {}
    : { forked: `there are two statements from one key of the log, ${placesOf(forks)}: a fork, and which side holds nobody can tell` }

const placesOf = (rotations: readonly Rotation[]): string => `at ${rotations.map(({ size }) => size).join(' and at ')} entries`

function openAll(trust: Pin, pinned: NoteKey, tools: RotationTools): { readonly stated: readonly Rotation[]; readonly faults: string[] } {
  const faults: string[] = []
  const stated = new Map<string, Rotation>()
  const notes = trust.rotations ?? []
  if (notes.length > ROTATIONS_LIMIT) faults.push(`There are more than ${ROTATIONS_LIMIT} statements about the log key.`)
  for (const note of notes.slice(0, ROTATIONS_LIMIT)) {
    const opened = openRotation(note, tools)
    if ('problem' in opened) faults.push(`A statement that the log key was rotated is not to be believed: ${opened.problem}.`)
    else if (opened.before.name !== pinned.name) faults.push('A statement that the log key was rotated is about another log.')
    // Lines of others under it make no other statement; and of two about the same keys, which only who holds both can make, the later counts.
    else if (opened.size >= (stated.get(pairOf(opened))?.size ?? 0)) stated.set(pairOf(opened), opened)
  }
  return { stated: [...stated.values()].sort((a, b) => a.size - b.size), faults }
}

const pairOf = ({ before, after }: Rotation): string => `${idOf(before)} ${idOf(after)}`

/** The statements that hang together with the pinned key, whichever of them holds. */
function reachedFrom(pinned: NoteKey, stated: readonly Rotation[]): readonly Rotation[] {
  const keys = new Set([idOf(pinned)])
  for (let before = 0; before < keys.size; ) {
    before = keys.size
    for (const rotation of stated)
      if (keys.has(idOf(rotation.before)) || keys.has(idOf(rotation.after))) keys.add(idOf(rotation.before)).add(idOf(rotation.after))
  }
  return stated.filter((rotation) => keys.has(idOf(rotation.before)))
}

const isFork = (one: Rotation, other: Rotation): boolean => isSameKey(one.before, other.before) || isSameKey(one.after, other.after)

function chainOf(pinned: NoteKey, stated: readonly Rotation[]): readonly Rotation[] {
  const chain: Rotation[] = []
  const seen = new Set([idOf(pinned)])
  for (let next = only(stated, 'before', pinned); next && isLater(next, chain.at(-1)) && !seen.has(idOf(next.after)); ) {
    chain.push(next)
    seen.add(idOf(next.after))
    next = only(stated, 'before', next.after)
  }
  for (let last = only(stated, 'after', pinned); last && isLater(chain[0], last) && !seen.has(idOf(last.before)); ) {
    chain.unshift(last)
    seen.add(idOf(last.before))
    last = only(stated, 'after', last.before)
  }
  return chain
}

const idOf = ({ publicKey }: NoteKey): string => toHex(publicKey)

/** Each key signs something before it is rotated. */
const isLater = (one: Rotation | undefined, other: Rotation | undefined): boolean => !one || !other || one.size > other.size

/** The one statement about this key; null where there is none, or where there are two. */
function only(stated: readonly Rotation[], side: 'before' | 'after', key: NoteKey): Rotation | null {
  const [one, ...others] = stated.filter((rotation) => isSameKey(rotation[side], key))
  return one && others.length === 0 ? one : null
}

function turnsOf(pinned: NoteKey, rotations: readonly Rotation[], forks: readonly Rotation[]): LogKey {
  const keys = [rotations[0]?.before ?? pinned, ...rotations.map(({ after }) => after)]
  const turns = keys.map((key, at) => {
    const [since, until] = [rotations[at - 1], rotations[at] ?? forks.find(({ before }) => isSameKey(before, key))]
    return { key, after: since?.size ?? -1, to: until?.size ?? Number.MAX_SAFE_INTEGER }
  })
  return { ...(keys.at(-1) ?? pinned), turns }
}
