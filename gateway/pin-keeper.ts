import { recordedName } from '../core/audit/entry'
import type { Queries, Sql } from '../db/connect'
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
    const missing = pins.load(own.map(pinOf), sameUpstream)
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

const pinOf = ({ tool, digest, definition, state }: StoredPin): Pin => ({
  name: tool,
  digest,
  definition: JSON.parse(Buffer.from(definition).toString('utf8')) as Pin['definition'],
  state: state === 'baseline' ? 'baseline' : 'accepted',
})
