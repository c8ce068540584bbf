import type { Message } from '../core/mcp/message'

/** What a client says of itself. Labels and wishes: never an identity, never a right. */
export type ClientSays = {
  readonly name: string
  readonly version: string
  readonly protocolVersion: string
  /** It declared the authorization messages (DESIGN §3). */
  readonly speaksAuthorization: boolean
  /** It can send its person to an address (elicitation in URL mode). */
  readonly elicitsUrl: boolean
}

export const EXTENSION = 'dev.countersign/authorization'

const META = 'io.modelcontextprotocol/'
const FIRST_WITH_URLS = '2025-11-25'

/** Reads `initialize` (legacy), or the `_meta` that every 2026-07-28 request carries. Null where there is neither. */
export function readClientSays(message: Message, line: Uint8Array): ClientSays | null {
  if (message.kind !== 'request' || !message.params) return null
  const params = asObject(JSON.parse(Buffer.from(line.subarray(message.params.start, message.params.end)).toString('utf8')))
  const meta = asObject(params._meta)
  const modern = typeof meta[`${META}protocolVersion`] === 'string'
  if (!modern && message.method !== 'initialize') return null
  const info = asObject(modern ? meta[`${META}clientInfo`] : params.clientInfo)
  const capabilities = asObject(modern ? meta[`${META}clientCapabilities`] : params.capabilities)
  return {
    name: asLabel(info.name),
    version: asLabel(info.version),
    protocolVersion: asLabel(modern ? meta[`${META}protocolVersion`] : params.protocolVersion),
    elicitsUrl: 'url' in asObject(capabilities.elicitation) && (modern || asLabel(params.protocolVersion) >= FIRST_WITH_URLS),
    speaksAuthorization: EXTENSION in asObject(capabilities.extensions) || 'authorization' in asObject(capabilities.experimental),
  }
}

const asObject = (value: unknown): { readonly [key: string]: unknown } =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as { [key: string]: unknown }) : {}

const asLabel = (value: unknown): string => (typeof value === 'string' ? value.toWellFormed().slice(0, 100) : '')
