import { recordedName } from '../core/audit/entry'
import { definitionDigest, type ToolDefinition } from '../core/mcp/tools'
import type { Queries, Sql } from '../db/connect'
import { sha256 } from '../db/crypto'
import { baselineOf, listPins, recordBaseline, recordPending, type Definition as StoredDefinition, type Pin as StoredPin } from '../db/pins'
import type { Writer } from '../db/writer'
import type { EntryDraft } from '../db/writer-batch'
import type { Definition, Pin, Pins } from './pins'

type Options = {
  readonly sql: Sql
  readonly writer: Writer
  readonly server: string
  /** Digest of the command line or URL the definitions come from. */
  readonly upstream: string
  readonly pins: Pins
}

/** Keeps what a gateway saw and what people accepted in step with the database. Both reject with AppError('unavailable'). */
export type PinKeeper = {
  reload(): Promise<void>
  store(seen: { readonly baseline: readonly Definition[]; readonly pending: readonly Definition[] }): Promise<void>
}

export function keepPins({ sql, writer, server, upstream, pins }: Options): PinKeeper {
  /** What is already recorded as waiting: a server that is listed every minute makes no entry every minute. */
  const told = new Set<string>()
  const reload = async (): Promise<void> => {
    const [rows, baseline] = await Promise.all([listPins(sql, server), baselineOf(sql, server)])
    for (const row of rows) if (row.state === 'pending') told.add(keyOf(row.tool, row.digest))
    const own = rows.filter((row) => row.upstream === upstream && row.state !== 'pending')
    const sameUpstream = baseline === null || baseline === upstream || own.length > 0
    const isNew = baseline === null && own.length === 0
    const missing = pins.load(own.map(pinOf).filter(isSound), sameUpstream, isNew)
    if (missing.length > 0) await store({ baseline: missing, pending: [] })
  }
  const store: PinKeeper['store'] = async ({ baseline, pending }) => {
    if (baseline.length > 0) await writer.commit((tx) => storeBaseline(tx, baseline))
    const news = pending.filter(({ name, digest }) => !told.has(keyOf(name, digest)))
    if (news.length > 0) await writer.commit((tx) => storePending(tx, news))
    for (const { name, digest } of news) told.add(keyOf(name, digest))
  }
  const seen = (tools: readonly Definition[]) => ({ server, upstream, tools: tools.map(storedDefinition) })
  const entries = (type: 'pin.baseline' | 'pin.changed', tools: readonly Definition[]): EntryDraft[] =>
    tools.map(({ name, digest }) => ({ type, server, tool: recordedName(name), digest, before: null }))

  /** Two gateways may list a new server at once: of two baselines the first counts, and the other's differences wait for a person. */
  const storeBaseline = async (tx: Queries, tools: readonly Definition[]) => {
    const isFirst = await recordBaseline(tx, seen(tools))
    if (!isFirst) await recordPending(tx, seen(tools))
    return { entries: isFirst ? entries('pin.baseline', tools) : [], result: undefined }
  }
  const storePending = async (tx: Queries, tools: readonly Definition[]) => {
    await recordPending(tx, seen(tools))
    return { entries: entries('pin.changed', tools), result: undefined }
  }
  return { reload, store }
}

const keyOf = (tool: string, digest: string): string => `${digest} ${tool}`

const storedDefinition = ({ name, digest, definition }: Definition): StoredDefinition => ({
  tool: name,
  digest,
  definition: Buffer.from(JSON.stringify(definition)),
})

/**
 * Null for a row whose definition is not the one its digest names: a gateway's login can insert any bytes, and what a policy asks of a
 * definition must be what a person accepted. Such a tool counts as never accepted.
 */
function pinOf({ tool, digest, definition: bytes, state }: StoredPin): Pin | null {
  const definition = definitionFrom(bytes)
  if (definition?.name !== tool || digestOf(definition) !== digest) return null
  return { name: tool, digest, definition, state: state === 'baseline' ? 'baseline' : 'accepted' }
}

const isSound = (pin: Pin | null): pin is Pin => pin !== null

function definitionFrom(bytes: Uint8Array): Pin['definition'] | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Pin['definition']) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Null for what has no canonical text, or is nested beyond any that was listed. */
function digestOf(definition: Pin['definition']): string | null {
  try {
    return definitionDigest(definition as unknown as ToolDefinition, sha256)
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null
    throw error
  }
}
