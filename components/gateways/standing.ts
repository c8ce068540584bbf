/** One gateway process as it last told of itself, beside what is in force for its policy. Versions and digests are null where there are none. */
export type GatewayRow = {
  readonly id: string
  readonly host: string
  /** Of the program. */
  readonly version: string
  /** The upstream, by name. */
  readonly server: string
  readonly policy: string
  readonly digest: string | null
  readonly guardrail: string | null
  readonly epoch: number | null
  readonly enforcedVersion: number | null
  readonly state: 'starting' | 'enforcing' | 'degraded' | 'stopped'
  readonly because: string | null
  /** ISO 8601, by the database's clock, as is `silentMs` at the time of reading. */
  readonly startedAt: string
  readonly lastSeen: string
  readonly silentMs: number
  readonly activeEpoch: number | null
  readonly activeVersion: number | null
  readonly activeDigest: string | null
  readonly activeGuardrail: string | null
}

/** A gateway beats every 5 s; three beats missed is silence. */
export const SILENT_AFTER_MS = 15_000

export type StandingWord = 'current' | 'behind' | 'ahead' | 'file' | 'nothing' | 'degraded' | 'silent' | 'stopped'

/** How a gateway stands to what is in force. `elapsedMs` is how long ago `row` was read. */
export function gatewayStanding(row: GatewayRow, elapsedMs = 0): StandingWord {
  if (row.state === 'stopped') return 'stopped'
  if (row.silentMs + elapsedMs > SILENT_AFTER_MS) return 'silent'
  if (row.digest === null) return 'nothing'
  if (row.epoch === 0) return row.state === 'degraded' ? 'degraded' : 'file'
  if (row.epoch !== null && row.epoch > (row.activeEpoch ?? 0)) return 'ahead'
  if (row.digest !== row.activeDigest || row.guardrail !== row.activeGuardrail) return 'behind'
  return row.state === 'degraded' ? 'degraded' : 'current'
}

/** Standings that need somebody to look. */
export const NEEDS_LOOK: ReadonlySet<StandingWord> = new Set(['behind', 'ahead', 'nothing', 'degraded', 'silent'])

/** Of the gateways that answer for a policy, how many enforce exactly what is in force. Those that are silent or stopped are not counted. */
export function convergenceOf(rows: readonly GatewayRow[], policy: string | null, elapsedMs = 0) {
  const asked = rows
    .filter((row) => policy === null || row.policy === policy)
    .map((row) => ({ row, standing: gatewayStanding(row, elapsedMs) }))
  const answering = asked.filter(({ standing }) => standing !== 'silent' && standing !== 'stopped' && standing !== 'file')
  return {
    current: answering.filter(({ standing }) => standing === 'current').length,
    of: answering.length,
    lagging: answering.filter(({ standing }) => standing !== 'current').map(({ row }) => row),
    silent: asked.filter(({ standing }) => standing === 'silent').length,
  }
}
