import { readFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GatewayProcess } from './gateway'

/** One call of `act` as its caller saw it. `code` is the refusal's, null where the upstream answered. */
export type Seen = { readonly token: string; readonly isError: boolean; readonly code: string | null; readonly tookMs: number }

export async function timed(gateway: GatewayProcess, token: string, more: object = {}): Promise<Seen> {
  const startedMs = performance.now()
  const { isError, refusal } = await gateway.call('act', { token, ...more })
  return { token, isError, code: refusal?.code ?? null, tookMs: performance.now() - startedMs }
}

/** Liveness: within ten seconds of the repair a new call succeeds. */
export async function recovers(gateway: GatewayProcess, name: string, more: object = {}): Promise<void> {
  const deadline = performance.now() + 10_000
  for (let at = 0; (await timed(gateway, `${name}/recovery-${at}`, more)).isError; at++) {
    if (performance.now() > deadline) throw new Error(`no call succeeded within 10 s of the repair: ${gateway.stderr()}`)
    await sleep(100)
  }
}

/** Calls at a steady pace, whatever becomes of those before. `stop` waits for the answers and gives them all. */
export function steadily(gateway: GatewayProcess, name: string, perSecond: number): { stop(): Promise<readonly Seen[]> } {
  const calls: Promise<Seen>[] = []
  const timer = setInterval(() => calls.push(timed(gateway, `${name}/${calls.length}`)), 1_000 / perSecond)
  return {
    stop: () => {
      clearInterval(timer)
      return Promise.all(calls)
    },
  }
}

/** How many answers each request got; every number but one is a fault. */
export function answersPerRequest({ lines }: GatewayProcess): readonly number[] {
  const counts = new Map<unknown, number>()
  for (const line of lines) {
    const { id } = JSON.parse(line) as { id?: unknown }
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return [...counts.values()]
}

/** The most memory that a gateway ever had resident. Linux only. */
export async function peakMiB({ process: { pid } }: GatewayProcess): Promise<number> {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(peak) / 1024
}
