import { join } from 'node:path'
import type { Trust } from '../../core/audit/certificate'
import { originOf, parseCheckpoint } from '../../core/audit/checkpoint'
import { followLogKeys, withRotations } from '../../core/audit/log-keys'
import { type NoteKey, openNote, vkeyOf } from '../../core/audit/note'
import { outsideWitnesses } from '../../core/audit/witnesses'
import { AppError } from '../../core/errors'
import { fromHex, type Sign, toHex } from '../../core/hash'
import { openCheckpointMemory } from '../../db/checkpoint-memory'
import { connect } from '../../db/connect'
import { sha256, verifyEd25519 } from '../../db/crypto'
import { type Keys, openKeys, pinRotations, readTrust } from '../../db/keys'
import { requireReason } from '../../db/legal-holds'
import { commandKey, holdsLogKey, nextLogKey, openLogKey } from '../../db/log-key'
import { logKeyNow, type RotationDesk, rotateLogKey } from '../../db/log-rotation'
import { listRotations } from '../../db/log-rotations'
import { openMemory, type Remembered } from '../../db/seal-memory'
import { requireStanding } from '../../db/sessions'
import type { Command, Context } from './context'
import { existingDatabaseUrl } from './database'
import { signerWords } from './log-signer'
import { reasonOf } from './reason'
import { reading, refuseOnceFounded, writing } from './session'
import { askedOf } from './verify-kept'

/**
 * Ends the log key's turn and begins the next one's. In the log before it is done: should we die between, the log speaks of a rotation that
 * did not happen, never the other way round. What was rotated and is not in trust.json yet, a sealer of this machine puts there.
 */
export const rotate: Command = async (context) => {
  const because = requireReason(reasonOf(context))
  const keys = await openKeys(context.dataDir)
  const next = await nextSigner(context, keys)
  const url = await existingDatabaseUrl({ ...context, databaseUrl: context.sealerUrl ?? context.databaseUrl }, 'sealer')
  const sql = connect(url, { purpose: 'bulk', application: 'log-key' })
  try {
    const furthest = await furthestKnown(context, keys.trust)
    const desk: RotationDesk = { sql, trust: keys.trust, memory: { last: async () => furthest }, signAs: next.signAs }
    const before = await logKeyNow(desk)
    await record(context, { before: toHex(before.publicKey), after: next.publicKey, because })
    const rotation = await rotateLogKey(desk, next.publicKey)
    await pinRotations(context.dataDir, [rotation.note])
    const said = {
      size: rotation.size,
      before: vkeyOf(rotation.before, sha256),
      after: vkeyOf(rotation.after, sha256),
      statement: rotation.note,
    }
    context.terminal.say(words(context, rotation.size, said.after), said)
    return 0
  } catch (error) {
    throw foreseen(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** What PostgreSQL says no with; its words may hold addresses and stay in `cause`. */
const foreseen = (cause: unknown): unknown => {
  if (cause instanceof AppError || !(cause instanceof Error) || !('code' in cause)) return cause
  if (cause.code === '42501')
    return new AppError(
      'forbidden',
      'This database login may not seal, so it may not rotate the key: use one that is a member of countersign_sealer.',
      { cause },
    )
  return new AppError(
    'unavailable',
    `The database did not answer as expected (${String(cause.code)}): \`countersign log-key list\` says which key signs.`,
    { cause },
  )
}

const words = ({ dataDir }: Context, size: number, after: string): string =>
  [
    `The log key of before has signed the first ${size} entries and signs nothing more. What comes now is signed by ${after}`,
    `${join(dataDir, 'trust.json')} holds the statement that both keys have signed: give it to whoever verifies this log elsewhere.`,
    'Witnesses follow with `countersign witness KEY --trust FILE`, where FILE is that trust.json. A second machine that seals needs the new key.',
    `What is left of the key of before, in ${join(dataDir, 'keys')}, is needed by nobody any more: destroy it.`,
  ].join('\n')

/**
 * The furthest that this machine or a pinned witness knows the log to have come: nobody signs off a log that was set back. It can only be
 * further once the rotation begins.
 */
const furthestKnown = async (context: Context, trust: Trust): Promise<Remembered> => {
  const { dataDir } = context
  const sealed = await (await openMemory(dataDir)).last()
  const seen = await openCheckpointMemory(dataDir, trust, () => reading(context, listRotations)).last()
  const witnessed = await Promise.all(outsideWitnesses(trust).map((witness) => askedOf(witness, trust, context)))
  const notes = [seen, ...witnessed.map((kept) => kept?.note)].flatMap((note) => (note ? openNote(note) : []))
  const shown = notes.flatMap((note) => ('problem' in note ? [] : parseCheckpoint(note.text)))
  const known = shown.flatMap((one) => ('problem' in one ? [] : { size: one.size, root: toHex(one.root) }))
  const [furthest] = [...known, ...(sealed ? [sealed] : [])].sort((one, other) => other.size - one.size)
  if (furthest) return furthest
  throw new AppError(
    'conflict',
    'Nothing here, and no witness that answers, knows how far the log had come: rotate its key where it is sealed. Nothing is rotated.',
  )
}

type Next = Pick<RotationDesk, 'signAs'> & { readonly publicKey: string }

/** The key to come: held by the command where `--next-key` names it, else made here. What signs now is a file of this machine, or the command. */
const nextSigner = async (context: Context, keys: Keys): Promise<Next> => {
  const { dataDir, values } = context
  const command = signerWords(context)
  const given = values['next-key']
  if (given !== undefined && (typeof given !== 'string' || !command || fromHex(given)?.length !== 32))
    throw new AppError(
      'invalid',
      '--next-key takes the 32 bytes of an Ed25519 public key in hexadecimal, and --log-key-command what signs with it.',
    )
  const publicKey = given ?? (await nextLogKey(dataDir, await knownKeys(context, keys))).publicKey
  const signAs = async (wanted: string): Promise<Sign> => {
    const isByCommand = command && (wanted === given || !(await holdsLogKey(dataDir, wanted)))
    return isByCommand ? commandKey(command, keys, wanted) : openLogKey(dataDir, keys, wanted)
  }
  return { publicKey, signAs }
}

/** Every key that the log ever had: none of them comes back. */
const knownKeys = async (context: Context, { trust }: Keys): Promise<ReadonlySet<string>> => {
  const stated = await reading(context, listRotations)
  const turns = followLogKeys(withRotations(trust, stated), TOOLS)?.key.turns ?? []
  return new Set([trust.logKey, ...turns.map(({ key }) => toHex(key.publicKey))])
}

const TOOLS = { verify: verifyEd25519, sha256 }

const record = (
  context: Context,
  { before, after, because }: { readonly before: string; readonly after: string; readonly because: string },
) =>
  writing(context, async ({ writer, person, founder }) =>
    writer.commit(async (tx) => {
      if (person) await requireStanding(tx, person, 'settings.manage')
      else await refuseOnceFounded(tx)
      const entry = {
        type: 'config.log_key' as const,
        actor: person?.id ?? founder,
        before: { key: before },
        after: { key: after, because },
      }
      return { entries: [entry], result: null }
    }),
  )

/** The log's keys in turn, and up to where each of them signed. */
export const list: Command = async (context) => {
  const trust = await readTrust(context.dataDir)
  const keys = followLogKeys(withRotations(trust, await reading(context, listRotations)), TOOLS)
  if (!keys) throw new AppError('invalid', 'The log key that trust.json pins is no key.')
  const { key, rotations, faults } = keys
  for (const fault of faults) context.terminal.note(fault)
  const turns = (key.turns ?? []).map(({ key: each, after, to }, at) => ({
    key: vkeyOf({ ...each, name: originOf(trust.log) } satisfies NoteKey, sha256),
    from: after + 1,
    to: to === Number.MAX_SAFE_INTEGER ? null : to,
    rotatedAt: rotations[at]?.at ?? null,
    pinned: toHex(each.publicKey) === trust.logKey,
  }))
  context.terminal.table(
    turns,
    {
      key: (turn) => turn.key,
      signed: ({ from, to }) => (to === null ? `from ${from === 0 ? 'the beginning' : `#${from}`} on` : `to #${to}`),
      rotated: ({ rotatedAt }) => rotatedAt,
      '': ({ pinned }) => (pinned ? 'pinned' : ''),
    },
    'There is none.',
  )
  return faults.length > 0 ? 1 : 0
}
