import 'server-only'
import { headers } from 'next/headers'
import type { From } from '../../db/sessions'
import { readConfig } from './config'

/** Set by the process itself for every request (gateway/commands/console-process.ts): what a client sends under this name is replaced. */
const PEER = 'x-countersign-peer'

/** Where this request came from, for the log and for throttling: never a word of the client's own, unless a proxy of ours says it. */
export async function requestFrom(): Promise<From> {
  const received = await headers()
  return { address: addressFrom((name) => received.get(name)), agent: received.get('user-agent') }
}

export function addressFrom(header: (name: string) => string | null | undefined): string | null {
  const forwarded = readConfig().trustsProxy ? header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined
  return plain(forwarded || header(PEER))
}

/** `::ffff:127.0.0.1` is 127.0.0.1; whatever is no address is not repeated. */
const plain = (address: string | null | undefined): string | null => {
  const bare = address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
  return /^[0-9a-fA-F:.]{2,45}$/.test(bare) ? bare.toLowerCase() : null
}
