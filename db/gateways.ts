import type { Queries } from './connect'
import { storable } from './text'

/** What a gateway says of itself. `id` is its writer's; `digest`, `guardrail` and `epoch` are of what it enforces, null before anything. */
export type Beat = {
  readonly id: string
  readonly host: string
  readonly version: string
  readonly server: string
  readonly policy: string
  readonly digest: string | null
  readonly guardrail: string | null
  readonly epoch: number | null
  readonly state: 'starting' | 'enforcing' | 'degraded' | 'stopped'
  readonly because: string | null
}

/** One heartbeat: the row is this gateway's own, `lastSeen` the database's clock. */
export async function beat(sql: Queries, said: Beat): Promise<void> {
  const because = said.because === null ? null : storable(said.because)
  await sql`
    insert into countersign.gateways (id, host, version, server, policy, digest, guardrail, epoch, state, because)
    values (${said.id}, ${storable(said.host)}, ${said.version}, ${storable(said.server)}, ${storable(said.policy)}, ${said.digest},
      ${said.guardrail}, ${said.epoch}, ${said.state}, ${because})
    on conflict (id) do update set policy = excluded.policy, digest = excluded.digest, guardrail = excluded.guardrail,
      epoch = excluded.epoch, state = excluded.state, because = excluded.because, last_seen = clock_timestamp()`
}

export type Gateway = Beat & { readonly startedAt: Date; readonly lastSeen: Date; readonly silentMs: number }

/** Gateways heard of within `withinMs` by the database's clock, the most recent first. */
export async function listGateways(sql: Queries, withinMs: number): Promise<readonly Gateway[]> {
  return sql<Gateway[]>`
    select id, host, version, server, policy, digest, guardrail, epoch::float8 as epoch, state, because, started_at as "startedAt",
      last_seen as "lastSeen", floor(extract(epoch from clock_timestamp() - last_seen) * 1000)::float8 as "silentMs"
    from countersign.gateways where last_seen > clock_timestamp() - ${withinMs} * interval '1 millisecond' order by last_seen desc`
}

/** Notified by a trigger at every heartbeat (0007_live.sql). */
export const GATEWAY_CHANNEL = 'countersign_gateways'

/** A gateway beside what is in force for its policy: `enforcedVersion` is the version whose digest it enforces; null where there is none. */
export type GatewayInForce = Gateway & {
  readonly enforcedVersion: number | null
  readonly activeEpoch: number | null
  readonly activeVersion: number | null
  readonly activeDigest: string | null
  readonly activeGuardrail: string | null
}

/** The same gateways, by server and host, each beside the newest publication. At most `limit`, those heard of last. */
export async function listGatewaysInForce(sql: Queries, withinMs: number, limit: number): Promise<readonly GatewayInForce[]> {
  return sql<GatewayInForce[]>`
    with latest as (select epoch, contents from countersign.publications order by epoch desc limit 1),
      heard as (select * from countersign.gateways where last_seen > clock_timestamp() - ${withinMs} * interval '1 millisecond'
        order by last_seen desc limit ${limit})
    select g.id, g.host, g.version, g.server, g.policy, g.digest, g.guardrail, g.epoch::float8 as epoch, g.state, g.because,
      g.started_at as "startedAt", g.last_seen as "lastSeen",
      floor(extract(epoch from clock_timestamp() - g.last_seen) * 1000)::float8 as "silentMs",
      (select max(e.version) from countersign.policy_versions e where e.name = g.policy and e.digest = g.digest) as "enforcedVersion",
      l.epoch::float8 as "activeEpoch", v.version as "activeVersion", v.digest as "activeDigest", r.digest as "activeGuardrail"
    from heard g left join latest l on true
    left join countersign.policy_versions v on v.name = g.policy and v.version::text = l.contents -> 'policies' ->> g.policy
    left join countersign.policy_versions r on r.name = l.contents -> 'guardrail' ->> 'name'
      and r.version::text = l.contents -> 'guardrail' ->> 'version'
    order by g.server, g.host, g.started_at, g.id`
}
