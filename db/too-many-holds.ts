import type { Json } from '../core/json'
import type { Queries } from './connect'
import { named } from './holds'
import { nameToText, storable } from './text'

/** An agent that has so many calls waiting that more of them are denied. Names are hostile; `tool` and `server` are of the last one denied. */
export type TooManyHolds = {
  readonly principal: string
  readonly server: string
  readonly tool: string
  /** How many of its calls waited when that began to be too many. */
  readonly waiting: number
  readonly denied: number
  readonly beganAt: Date
}

export type Crowding = {
  readonly principal: string
  readonly server: string
  readonly tool: string
  readonly waiting: number
  readonly approvals: Json
}

/** A call of this agent is denied for those that wait already. True where people are told of it now: once in ten minutes. */
export async function tellOfTooMany(tx: Queries, { principal, server, tool, waiting, approvals }: Crowding): Promise<boolean> {
  const [row] = await tx<{ told: boolean }[]>`
    select countersign.tell_of_too_many(${storable(principal)}, ${storable(server)}, ${nameToText(tool)}, ${waiting},
      ${JSON.stringify(approvals)}::text::jsonb) as told`
  return row?.told === true
}

/** The agents that this happened to in the last ten minutes and that still have calls waiting, the last one first. */
export async function listTooMany(sql: Queries): Promise<readonly TooManyHolds[]> {
  const rows = await sql<TooManyHolds[]>`
    select principal, server, tool, waiting, denied, began_at as "beganAt" from countersign.too_many_holds m
    where last_at > clock_timestamp() - interval '10 minutes' and exists (
      select from countersign.holds h where md5(h.principal) = md5(m.principal) and h.principal = m.principal and h.state in ('held', 'approved'))
    order by last_at desc, agent limit 10`
  return rows.map(named)
}
