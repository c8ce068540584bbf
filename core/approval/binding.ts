import { type Sha256, toHex } from '../hash'
import { canonicalJson, type Json } from '../json'

const utf8 = new TextEncoder()

const digestOf = (sha256: Sha256, tag: string, value: Json): string =>
  toHex(sha256(utf8.encode(`countersign/${tag}\n${canonicalJson(value)}`)))

/** What makes two calls the same wish: finds a hold again and remembers a denial. `args` is the parsed arguments object. */
export type Likeness = { readonly principal: string; readonly server: string; readonly tool: string; readonly args: Json }

/** DESIGN §7. 64 hex digits. */
export const likenessOf = (sha256: Sha256, { principal, server, tool, args }: Likeness): string =>
  digestOf(sha256, 'likeness/v1', { principal, server, tool, args })

/**
 * What votes and the claim are about. `argumentBytes` are the bytes that would be forwarded, `params` the whole parsed `params`;
 * `decideBy` and `useWithinMs` bound its life; `approvals` is who must say yes, `principal` and `owner` who may not. Every member is hashed,
 * in the form it is stored in: a change to any is another call.
 */
export type Binding = {
  readonly likeness: string
  readonly principal: string
  readonly assurance: string
  readonly server: string
  readonly tool: string
  readonly owner: string | null
  readonly reason: string
  readonly approvals: Json
  readonly session: string | null
  readonly pin: string | null
  readonly argumentBytes: Uint8Array
  readonly params: { readonly [key: string]: Json }
  readonly policy: string
  readonly guardrail: string | null
  readonly rule: string
  readonly nonce: string
  readonly decideBy: string
  readonly useWithinMs: number
}

export const bindingOf = (sha256: Sha256, { argumentBytes, params, ...rest }: Binding): string =>
  digestOf(sha256, 'binding/v2', {
    ...rest,
    arguments: toHex(sha256(argumentBytes)),
    params: restOf(params),
  })

/** Members of `_meta` that a live retry may spell differently. */
export const TRACE_KEYS: ReadonlySet<string> = new Set(['progressToken', 'traceparent', 'tracestate', 'baggage'])

/** `params` without what a live retry may spell differently: the arguments (bound as bytes), progressToken and trace keys. */
function restOf({ arguments: _arguments, _meta, ...params }: { readonly [key: string]: Json }): Json {
  if (_meta === undefined) return params
  if (_meta === null || typeof _meta !== 'object' || Array.isArray(_meta)) return { ...params, _meta }
  const meta = Object.entries(_meta as { [key: string]: Json }).filter(([key]) => !TRACE_KEYS.has(key))
  return meta.length === 0 ? params : { ...params, _meta: Object.fromEntries(meta) }
}
