import 'server-only'
import { openEpochs } from '../../db/epochs'
import { openKeys } from '../../db/keys'
import type { Desk } from '../../db/releases'
import { readConfig } from './config'
import { consoleWriter } from './writer'

/** What publishing takes, read anew each time: a key whose file others can read by now signs nothing. Rejects with AppError('forbidden'). */
export const consoleDesk = async (): Promise<Desk> => {
  const { dataDir } = readConfig()
  const [keys, writer] = await Promise.all([openKeys(dataDir), consoleWriter()])
  return { writer, publisher: { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(dataDir, keys.trust.log) } }
}
