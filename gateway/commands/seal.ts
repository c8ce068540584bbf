import { AppError } from '../../core/errors'
import { openKeys } from '../../db/keys'
import { commandKey, openLogKey } from '../../db/log-key'
import { runSealer } from '../../db/sealer'
import { startWitnesses } from '../witnessing'
import { wordsOf } from '../words'
import type { Command, Context } from './context'
import { existingDatabaseUrl } from './database'

const ALIVE_MS = 2_000

/** Seals the log until it is stopped. A child of `up` tells that it lives, and ends when `up` does, whatever that died of. */
export const seal: Command = async (context) => {
  const url = await existingDatabaseUrl({ ...context, databaseUrl: context.sealerUrl ?? context.databaseUrl }, 'sealer')
  const keys = await openKeys(context.dataDir)
  const words = commandWords(context)
  const sign = words ? commandKey(words, keys) : await openLogKey(context.dataDir, keys)
  const alone = new AbortController()
  if (process.connected) process.once('disconnect', () => alone.abort())
  const alive = setInterval(() => process.send?.('alive'), ALIVE_MS).unref()
  let witnesses = null as ReturnType<typeof startWitnesses> | null
  try {
    const { trust, host } = keys
    const name = host.certificate.host
    const stopped = AbortSignal.any([context.stopped, alone.signal])
    const began = () => {
      context.terminal.say(`Sealing log ${trust.log}.`, { sealing: trust.log })
      witnesses ??= startWitnesses({ url, dataDir: context.dataDir, warn: context.terminal.note })
    }
    await runSealer({ url, dataDir: context.dataDir, trust, sign, name, say: context.terminal.note, began, stopped })
    return 0
  } finally {
    clearInterval(alive)
    await witnesses?.stop()
    if (process.connected) process.disconnect()
  }
}

const commandWords = ({ values }: Context): readonly string[] | null => {
  const given = values['log-key-command']
  if (typeof given !== 'string') return null
  const words = wordsOf(given)
  if (words.length > 0) return words
  throw new AppError('invalid', '--log-key-command names no program.')
}
