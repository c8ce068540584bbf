import type { Json } from '../core/json'
import { readArgument } from '../core/mcp/argument'
import { memberOf } from '../core/mcp/members'
import type { Message } from '../core/mcp/message'
import { errorLine } from '../core/mcp/refusals'
import { scanLine } from '../core/mcp/scan'
import { cutTools, definitionDigest, readTools, type ToolPage } from '../core/mcp/tools'
import { alwaysDenies } from '../core/policy/always-denies'
import { sha256 } from '../db/crypto'
import type { Definition, PageVerdict, Pins } from './pins'
import type { ReplyObserver } from './ports'
import type { Station } from './reading'
import type { Supply } from './supply'

export type ListingOptions = Station & {
  readonly pins: Pins
  readonly list: 'cut' | 'full'
  /** What needs the database, as soon as it is there; null when a listing has waited long enough. */
  readonly supply: (signal: AbortSignal) => Promise<Supply | null>
  readonly report: (error: unknown) => void
}

/** Lists of tools on their way to the client: compared with what was accepted, and cut. Any other listing passes. */
export class Listings {
  constructor(private readonly options: ListingOptions) {}

  observe(message: Message, line: Uint8Array): ReplyObserver | null {
    if (message.kind !== 'request' || message.method !== 'tools/list') return null
    const cursor = memberOf(line, message.params, 'cursor')
    const first = cursor === null || readArgument(line, cursor) === null
    return { end: () => undefined, lost: () => undefined, rewrite: (reply) => this.rewrite(reply, first) }
  }

  /** A listing that two readers could read differently shows nothing. */
  private async rewrite(reply: Uint8Array, first: boolean): Promise<Uint8Array> {
    const { message } = scanLine(reply, 'server')
    if (message?.kind !== 'response' || !message.ok) return reply
    const page = readTools(reply, message.value)
    if (!page) return unreadable(reply, message.id?.span ?? { start: 0, end: 0 })
    const supply = await this.options.supply(new AbortController().signal)
    const verdict = this.options.pins.page(page.tools.map(definitionOf), { first, last: page.nextCursor === null })
    if (supply) this.store(supply, verdict)
    return cutTools(reply, page, new Set([...verdict.cut, ...this.deniedAlways(supply, page)]))
  }

  /** Not awaited: the listing may pass before its pins are durable, calls are judged by what this process saw. */
  private store(supply: Supply, verdict: PageVerdict): void {
    if (verdict.baseline.length + verdict.pending.length === 0) return
    supply.pins.store(verdict).catch(this.options.report)
  }

  private deniedAlways(supply: Supply | null, { tools }: ToolPage): readonly string[] {
    const state = supply?.policy.state()
    if (this.options.list === 'full' || state?.is !== 'in force') return []
    const { server, principal } = this.options
    return tools.map(({ definition }) => definition.name).filter((tool) => alwaysDenies(state.policy.rules, { tool, server, principal }))
  }
}

const definitionOf = ({ definition }: ToolPage['tools'][number]): Definition => ({
  name: definition.name,
  digest: definitionDigest(definition, sha256),
  definition: definition as unknown as { readonly [key: string]: Json },
})

function unreadable(reply: Uint8Array, id: { readonly start: number; readonly end: number }): Uint8Array {
  return errorLine(reply.subarray(id.start, id.end), -32603, 'Denied: the server lists its tools in a way that can be read in two ways.')
}
