import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../core/errors'
import { toHex } from '../core/hash'
import { canonicalJson } from '../core/json'
import { sha256 } from './crypto'
import { replaceDurably } from './durable'
import { readIfThere } from './embedded-home'
import type { Copies, Sink } from './sinks'
import { post } from './web-ask'
import type { Network } from './web-reach'
import { signed } from './web-signature'

type Webhook = Extract<Sink, { readonly webhook: string }>

/**
 * Sends each checkpoint, signed as https://www.standardwebhooks.com has it, and remembers in `<dataDir>/sent` what was taken last. One that
 * is sent again, because its answer was lost, has the same id.
 */
export function copiesByWebhook({ webhook, secret }: Webhook, log: string, dataDir: string, network: Network): Copies {
  const memory = join(dataDir, 'sent', log, `${toHex(sha256(Buffer.from(webhook))).slice(0, 32)}.checkpoint`)
  return {
    name: `checkpoint sent to ${webhook}`,
    newest: () => readIfThere(memory),
    keep: async (size, note) => {
      const body = canonicalJson({ type: 'checkpoint', timestamp: new Date().toISOString(), data: { log, size, checkpoint: note } })
      const status = await post({ url: webhook, body, headers: signed(`checkpoint_${log}_${size}`, body, secret) }, network)
      if (status < 200 || status >= 300) throw new AppError('unavailable', `${webhook} did not take a checkpoint: it answered ${status}.`)
      await mkdir(dirname(memory), { recursive: true, mode: 0o700 })
      await replaceDurably(memory, note)
    },
  }
}
