import { openKeys, pinRotations } from '../../db/keys'
import { runSealer } from '../../db/sealer'
import { startWitnesses } from '../witnessing'
import type { Command } from './context'
import { existingDatabaseUrl } from './database'
import { logSigner } from './log-signer'

const ALIVE_MS = 2_000

/** Seals the log until it is stopped. A child of `up` tells that it lives, and ends when `up` does, whatever that died of. */
export const seal: Command = async (context) => {
  const url = await existingDatabaseUrl({ ...context, databaseUrl: context.sealerUrl ?? context.databaseUrl }, 'sealer')
  const keys = await openKeys(context.dataDir)
  const signAs = logSigner(context, keys)
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
    const keepRotations = (rotations: readonly string[]) => pinRotations(context.dataDir, rotations)
    await runSealer({ url, dataDir: context.dataDir, trust, signAs, keepRotations, name, say: context.terminal.note, began, stopped })
    return 0
  } finally {
    clearInterval(alive)
    await witnesses?.stop()
    if (process.connected) process.disconnect()
  }
}
