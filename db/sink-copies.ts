import { copiesInBucket } from './sink-bucket'
import { copiesInFolder } from './sink-folder'
import { copiesStamped } from './sink-stamps'
import { copiesByWebhook } from './sink-webhook'
import type { Copies, Sink } from './sinks'
import type { Network } from './web-reach'

/** The copies of a log that a sink has; none is made or read yet. */
export function copiesOf(sink: Sink, log: string, dataDir: string, network: Network): Copies {
  if ('folder' in sink) return copiesInFolder(sink.folder, log)
  if ('webhook' in sink) return copiesByWebhook(sink, log, dataDir, network)
  return 'timestamp' in sink ? copiesStamped(sink, log, dataDir, network) : copiesInBucket(sink, log, network)
}
