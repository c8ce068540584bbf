import type { Queries } from './connect'
import { nameFromText, nameToText } from './text'

/** baseline: seen first and reviewed by nobody. replaced: was in force until another definition was accepted. */
export type PinState = 'baseline' | 'accepted' | 'pending' | 'replaced'

/** A definition a tool was seen with. `digest` is over its canonical form, `upstream` over the argv or URL it came from; both hexadecimal. */
export type Definition = { readonly tool: string; readonly digest: string; readonly definition: Uint8Array }

export type Pin = Definition & {
  readonly server: string
  readonly upstream: string
  readonly state: PinState
  readonly seenAt: Date
  readonly acceptedAt: Date | null
  readonly acceptedBy: string | null
}

export type Seen = { readonly server: string; readonly upstream: string; readonly tools: readonly Definition[] }

/** Pins of one server, or of all; replaced ones only when asked for. */
export async function listPins(sql: Queries, server: string | null, states: readonly PinState[] = ['baseline', 'accepted', 'pending']) {
  const rows = await sql<Pin[]>`
    select server, tool, digest, upstream, definition, state, seen_at as "seenAt", accepted_at as "acceptedAt", accepted_by as "acceptedBy"
    from countersign.pins where (${server}::text is null or server = ${server}) and state in (select jsonb_array_elements_text(${JSON.stringify(states)}::text::jsonb))
    order by server, tool, seen_at`
  return rows.map((row): Pin => ({ ...row, tool: nameFromText(row.tool) }))
}

/** The upstream a server's baseline was taken from; null when it was never listed. */
export async function baselineOf(sql: Queries, server: string): Promise<string | null> {
  const [row] = await sql<{ upstream: string }[]>`select upstream from countersign.pin_baselines where server = ${server}`
  return row?.upstream ?? null
}

/** Makes a server's first complete listing its baseline. False when it has one already: then what differs is pending. */
export async function recordBaseline(sql: Queries, seen: Seen): Promise<boolean> {
  const won = await sql`insert into countersign.pin_baselines (server, upstream) values (${seen.server}, ${seen.upstream})
    on conflict do nothing returning server`
  if (won.length === 0) return false
  await insertPins(sql, seen, 'baseline')
  return true
}

/** Remembers definitions that wait for a person. What is in force or waits already stays as it is; what was replaced waits again. */
export const recordPending = (sql: Queries, seen: Seen): Promise<void> => insertPins(sql, seen, 'pending')

async function insertPins(sql: Queries, { server, upstream, tools }: Seen, state: PinState): Promise<void> {
  for (const { tool, digest, definition } of tools) {
    const name = nameToText(tool)
    await sql`insert into countersign.pins (server, tool_hash, tool, digest, upstream, definition, state)
      values (${server}, encode(sha256(convert_to(${name}::text, 'UTF8')), 'hex'), ${name}, ${digest}, ${upstream}, ${Buffer.from(definition)}, ${state})
      on conflict (server, tool_hash, digest, upstream) do update set state = excluded.state, seen_at = excluded.seen_at
        where pins.state = 'replaced'`
  }
}

/** Which pending definitions to accept: of one server, narrowed to tools or to one digest. */
export type Acceptance = { readonly server: string; readonly tools?: readonly string[]; readonly digest?: string; readonly by: string }

/**
 * Puts what is pending in force in place of what was, and answers it. With several definitions pending for one tool the newest counts,
 * for that is the one that was shown last; name a `digest` to choose.
 */
export async function acceptPins(sql: Queries, { server, tools, digest, by }: Acceptance): Promise<readonly Pin[]> {
  const names = tools ? JSON.stringify(tools.map(nameToText)) : null
  const chosen = await sql<{ tool_hash: string; digest: string; upstream: string }[]>`
    select distinct on (tool_hash) tool_hash, digest, upstream from countersign.pins
    where server = ${server} and state = 'pending' and (${names}::text is null or tool in (select jsonb_array_elements_text(${names}::text::jsonb)))
      and (${digest ?? null}::text is null or digest = ${digest ?? null})
    order by tool_hash, seen_at desc`
  const accepted: Pin[] = []
  for (const pin of chosen) {
    await sql`update countersign.pins set state = 'replaced'
      where server = ${server} and tool_hash = ${pin.tool_hash} and state in ('baseline', 'accepted')`
    const rows = await sql<Pin[]>`
      update countersign.pins set state = 'accepted', accepted_at = clock_timestamp(), accepted_by = ${by}
      where server = ${server} and tool_hash = ${pin.tool_hash} and digest = ${pin.digest} and upstream = ${pin.upstream}
      returning server, tool, digest, upstream, definition, state, seen_at as "seenAt", accepted_at as "acceptedAt", accepted_by as "acceptedBy"`
    accepted.push(...rows.map((row) => ({ ...row, tool: nameFromText(row.tool) })))
  }
  return accepted
}
