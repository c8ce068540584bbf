import type { Json } from '../core/json'
import type { PinnedTool } from '../core/policy/model'
import type { Call } from './call'

/** One tool as the upstream defines it now. `definition` is its parsed JSON, `digest` its identity (core/mcp). */
export type Definition = { readonly name: string; readonly digest: string; readonly definition: { readonly [key: string]: Json } }

/** One remembered definition: what was accepted (as baseline or by a person), or what waits for a person. */
export type Pin = Definition & { readonly state: 'baseline' | 'accepted' | 'pending' }

export type PinLook =
  | { readonly is: 'known'; readonly pin: PinnedTool | null; readonly listed: boolean }
  | { readonly is: 'changed'; readonly because: string; readonly digest: string | null }

/** What a listing page brought: tools that must not be shown, and what is to be remembered. */
export type PageVerdict = {
  readonly cut: readonly string[]
  readonly baseline: readonly Definition[]
  readonly pending: readonly Definition[]
}

export type Pins = {
  look(call: Call): PinLook
  /** One page of `tools/list`: `first` when its request had no cursor, `last` when its result has none. */
  page(definitions: readonly Definition[], place: { readonly first: boolean; readonly last: boolean }): PageVerdict
  /**
   * What the database remembers of this server; `sameUpstream` is false when it was accepted for another command line, `isNew` when
   * nothing at all is remembered of it, not even what can't be read. Answers the baseline to store, where a whole listing came before the database did.
   */
  load(pins: readonly Pin[], sameUpstream: boolean, isNew: boolean): readonly Definition[]
}

const ACCEPT = 'a person must accept it: countersign pins list'

/** Compares what the upstream lists with what was accepted. Pure bookkeeping: the database is somebody else's. */
export function makePins(): Pins {
  let accepted: ReadonlyMap<string, Pin> | null = null
  let sameUpstream = true
  let isNew = true
  const listed = new Map<string, Definition>()
  let complete = false

  const isKnown = ({ name, digest }: Definition): boolean => accepted === null || accepted.get(name)?.digest === digest
  const isFirst = (): boolean => sameUpstream && isNew && accepted?.size === 0
  /** The first whole listing of a server nobody knows is its baseline. */
  const baseline = (): readonly Definition[] => {
    if (!complete || !isFirst()) return []
    accepted = new Map([...listed].map(([name, definition]) => [name, { ...definition, state: 'baseline' }]))
    return [...listed.values()]
  }
  return {
    look: ({ envelope: { tool } }) => {
      if (!sameUpstream)
        return { is: 'changed', because: `the command line of this server changed since its tools were accepted; ${ACCEPT}`, digest: null }
      if (tool === null) return { is: 'known', pin: null, listed: false }
      const now = listed.get(tool)
      if (now && !isFirst() && !isKnown(now)) return { is: 'changed', because: changeSentence(accepted?.get(tool)), digest: now.digest }
      const pin = now ?? accepted?.get(tool)
      return { is: 'known', pin: pin ? pinnedTool(pin) : null, listed: now !== undefined }
    },
    page: (definitions, { first, last }) => {
      if (first) listed.clear()
      for (const definition of definitions) listed.set(definition.name, definition)
      complete = last
      const strangers = isFirst() ? [] : definitions.filter((definition) => !isKnown(definition))
      return { cut: strangers.map(({ name }) => name), baseline: baseline(), pending: strangers }
    },
    load: (pins, same, fresh) => {
      const stored = pins.filter(({ state }) => state !== 'pending')
      const ownBaselineNotYetStored = fresh && stored.length === 0 && (accepted?.size ?? 0) > 0
      if (!ownBaselineNotYetStored) accepted = new Map(stored.map((pin) => [pin.name, pin]))
      sameUpstream = same
      isNew = fresh
      return baseline()
    },
  }
}

const changeSentence = (before: Pin | undefined): string =>
  before
    ? `the definition of this tool changed since it was accepted; ${ACCEPT}`
    : `this tool is new since the server's tools were accepted; ${ACCEPT}`

function pinnedTool({ digest, definition }: Definition): PinnedTool {
  const annotations = definition.annotations
  return {
    digest,
    inputSchema: definition.inputSchema ?? null,
    annotations:
      annotations !== null && typeof annotations === 'object' && !Array.isArray(annotations)
        ? (annotations as PinnedTool['annotations'])
        : {},
  }
}
