import { hostname } from 'node:os'
import type { PinnedWitness, Trust } from '../../core/audit/certificate'
import { logKeysOf } from '../../core/audit/log-keys'
import { readVkey, vkeyOf } from '../../core/audit/note'
import { isOnLogHost, outsideWitnesses, readWitness } from '../../core/audit/witnesses'
import { AppError } from '../../core/errors'
import { sha256, verifyEd25519 } from '../../db/crypto'
import { checkWitnesses, pinWitnesses, readTrust } from '../../db/keys'
import { requireStanding } from '../../db/sessions'
import { foreign } from '../terminal'
import type { Command, Context } from './context'
import { refuseOnceFounded, writing } from './session'

/** Pins a witness: the sealer asks it from now on, and whoever verifies with this trust.json believes its key. */
export const add: Command = async (context) => {
  const witness = witnessOf(context)
  const pinned = await change(context, (trust) => {
    const before = trust.witnesses ?? []
    if (before.some(({ name }) => name === witness.name))
      throw new AppError('conflict', `${foreign(witness.name)} is pinned already; \`countersign witness remove\` it first.`)
    return { witnesses: [...before, witness], threshold: thresholdOf(context) ?? trust.threshold ?? 1 }
  })
  const hints = [
    `The sealer asks ${foreign(witness.name)} at ${foreign(witness.url)} from now on.`,
    ...(isOnLogHost(witness) ? [HERE] : []),
    ...(machinesOf(pinned) < pinned.threshold ? [tooFew(pinned)] : []),
  ]
  context.terminal.say(hints.join('\n'), { ...witness, threshold: pinned.threshold, machines: machinesOf(pinned) })
  return 0
}

const HERE = 'It runs on this machine, so it anchors nothing: whoever owns this machine can sign as both. Name its machine with --host.'

/** Two witnesses on one machine are one. */
const machinesOf = ({ witnesses }: Pinned): number => new Set(outsideWitnesses({ witnesses }).map(({ host }) => host)).size

const tooFew = (pinned: Pinned): string =>
  `Nothing is anchored yet: that takes witnesses on ${pinned.threshold} other machines, and there are ${machinesOf(pinned)}.`

/** Takes a witness out of trust.json. With too few left for the threshold, that comes down with them. */
export const remove: Command = async (context) => {
  const [name = ''] = context.words
  await change(context, ({ witnesses = [], threshold = 1 }) => {
    const left = witnesses.filter((witness) => witness.name !== name)
    if (left.length === witnesses.length) throw new AppError('not_found', `No witness is called ${foreign(name)}.`)
    return { witnesses: left, threshold: Math.max(1, Math.min(threshold, left.length)) }
  })
  context.terminal.say(`${foreign(name)} is believed no more.`, { removed: name })
  return 0
}

/** What both sides need to know of each other. */
export const list: Command = async ({ terminal, dataDir }) => {
  const trust = await readTrust(dataDir)
  const { witnesses = [], threshold = 1 } = trust
  const key = logKeysOf(trust, { verify: verifyEd25519, sha256 })
  const vkey = key ? vkeyOf(key, sha256) : ''
  terminal.say(`This log’s key, for its witnesses: ${vkey}`, { log: vkey, threshold: witnesses.length === 0 ? null : threshold })
  terminal.table(
    witnesses.map((witness) => ({ ...witness, anchors: !isOnLogHost(witness) })),
    {
      witness: ({ name }) => name,
      url: ({ url }) => url,
      host: ({ host }) => host,
      '': ({ anchors }) => (anchors ? `anchors, ${threshold} of ${witnesses.length}` : 'on this machine, anchors nothing'),
    },
    'It has no witness: start `countersign witness` on another machine, then `countersign witness add` what it prints here.',
  )
  return 0
}

const witnessOf = ({ words, values }: Context): PinnedWitness => {
  const [vkey = ''] = words
  const url = typeof values.url === 'string' ? values.url.replace(/\/+$/, '') : ''
  if (!URL.canParse(url))
    throw new AppError('invalid', '--url takes the address that the witness printed, such as http://witness.example.org:7744.')
  const host = typeof values.host === 'string' ? values.host : new URL(url).hostname
  const isHere = host.toLowerCase() === hostname().toLowerCase()
  const read = readWitness({ name: readVkey(vkey, sha256)?.name, vkey, url, host: isHere ? 'localhost' : host }, sha256)
  if ('problem' in read) throw new AppError('invalid', `Not a witness that can be pinned: ${read.problem}.`)
  return read
}

const thresholdOf = ({ values }: Context): number | null => {
  if (values.threshold === undefined) return null
  if (/^[1-9]\d?$/.test(String(values.threshold))) return Number(values.threshold)
  throw new AppError('invalid', '--threshold takes how many witnesses must have signed, from 1 on.')
}

type Pinned = { readonly witnesses: readonly PinnedWitness[]; readonly threshold: number }

/** In the log before it is in trust.json: should we die between, the log speaks of a pin that is not there, never the other way round. */
const change = (context: Context, next: (trust: Trust) => Pinned): Promise<Pinned> =>
  writing(context, async ({ writer, person, founder }) => {
    const trust = await readTrust(context.dataDir)
    const pinned = next(trust)
    checkWitnesses(pinned.witnesses, pinned.threshold)
    await writer.commit(async (tx) => {
      if (person) await requireStanding(tx, person, 'settings.manage')
      else await refuseOnceFounded(tx)
      const before = { witnesses: trust.witnesses ?? [], threshold: trust.threshold ?? 1 }
      return { entries: [{ type: 'config.witnesses', actor: person?.id ?? founder, before, after: pinned }], result: null }
    })
    await pinWitnesses(context.dataDir, pinned.witnesses, pinned.threshold)
    return pinned
  })
