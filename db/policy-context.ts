import type { Json } from '../core/json'
import { definitionDigest, type ToolDefinition } from '../core/mcp/tools'
import type { Principal } from '../core/policy/model'
import type { ArgumentsSeen, Sample, ServerKnown, ToolKnown } from '../core/policy/sample'
import type { Queries } from './connect'
import { sha256 } from './crypto'
import { listPins, type Pin } from './pins'

const LOOK_BACK = 2_000
const MOST_PRINCIPALS = 200
const HIT_DAYS = 7

/** The tools that count now, by server. What a row says counts only if its digest is that of its definition. */
export async function serversKnown(sql: Queries): Promise<readonly ServerKnown[]> {
  const servers = new Map<string, ToolKnown[]>()
  for (const pin of await listPins(sql, null, ['baseline', 'accepted'])) {
    const tool = toolFrom(pin)
    if (tool) servers.set(pin.server, [...(servers.get(pin.server) ?? []), tool])
  }
  return [...servers].map(([name, tools]) => ({ name, tools }))
}

function toolFrom({ tool, digest, definition: bytes }: Pin): ToolKnown | null {
  const definition = objectFrom(Buffer.from(bytes).toString())
  if (definition?.name !== tool || digestOf(definition) !== digest) return null
  const { description, inputSchema = {}, annotations } = definition
  return {
    name: tool,
    digest,
    description: typeof description === 'string' ? description : '',
    inputSchema: inputSchema as Json,
    annotations: isObject(annotations) ? annotations : {},
  }
}

type Members = { readonly [key: string]: Json }

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)

function objectFrom(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Null for a definition that has no canonical text: whatever is stored, nobody accepted that. */
function digestOf(definition: Members): string | null {
  try {
    return definitionDigest(definition as unknown as ToolDefinition, sha256)
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null
    throw error
  }
}

/** Who called lately, the last one first. */
export async function principalsSeen(sql: Queries): Promise<readonly Principal[]> {
  const rows = await sql<{ body: string }[]>`
    select distinct on (principal) body from (
      select principal, body, recorded_at from countersign.entries where type = 'decision' order by recorded_at desc limit ${LOOK_BACK}) lately
    where principal is not null order by principal, recorded_at desc limit ${MOST_PRINCIPALS}`
  return rows.flatMap(({ body }) => {
    const principal = objectFrom(body)?.principal
    if (!isObject(principal) || typeof principal.id !== 'string') return []
    return [{ id: principal.id, assurance: principal.assurance === 'authenticated' ? 'authenticated' : 'asserted' }]
  })
}

/** How often each rule of this policy decided in the last days, whatever version it stood in; `default` where none did. */
export async function ruleHits(
  sql: Queries,
  name: string,
): Promise<{ readonly days: number; readonly byRule: { readonly [rule: string]: number } }> {
  const rows = await sql<{ rule: string | null; calls: number }[]>`
    select r.name as rule, sum(t.calls)::float8 as calls
    from countersign.tallies t left join countersign.activity_names r on r.id = t.rule and r.kind = 'rule'
    where t.width = 60 and t.at > clock_timestamp() - ${HIT_DAYS} * interval '1 day'
      and t.digest in (select n.id from countersign.activity_names n join countersign.policy_versions v on v.digest = n.name
        where n.kind = 'digest' and v.name = ${name})
    group by 1`
  return { days: HIT_DAYS, byRule: Object.fromEntries(rows.map(({ rule, calls }) => [rule ?? 'default', calls])) }
}

/** The names of the arguments that these calls carried, by tool: names only, for completion. */
export function argumentsSeen(samples: readonly Sample[]): readonly ArgumentsSeen[] {
  const seen = new Map<string, { server: string; tool: string; names: Set<string> }>()
  for (const { server, tool, args } of samples) {
    const members = tool === null || args === null ? null : objectFrom(args)
    if (tool === null || members === null) continue
    const key = JSON.stringify([server, tool])
    const entry = seen.get(key) ?? { server, tool, names: new Set<string>() }
    for (const name of Object.keys(members)) entry.names.add(name)
    seen.set(key, entry)
  }
  return [...seen.values()].map(({ server, tool, names }) => ({ server, tool, arguments: [...names].sort() }))
}
