import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

type Check = { readonly id: string; readonly status: string }

/** `scenario · check id · status` -> how often. The suite's own summary hides checks that did not run at all. */
export type Checks = ReadonlyMap<string, number>

/** What the suite left in the folder it was given by `-o`: one folder for each scenario, named with the time of its run. */
export async function readChecks(directory: string): Promise<Checks> {
  const counts = new Map<string, number>()
  for (const folder of await readdir(directory)) {
    const scenario = folder.replace(/-\d{4}-\d{2}-\d{2}T.*$/, '')
    const checks = JSON.parse(await readFile(join(directory, folder, 'checks.json'), 'utf8')) as Check[]
    for (const { id, status } of checks) {
      const key = `${scenario} · ${id} · ${status}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return counts
}

export const total = (checks: Checks): number => [...checks.values()].reduce((sum, count) => sum + count, 0)

export const withStatus = (checks: Checks, status: string): number =>
  [...checks].reduce((sum, [key, count]) => (key.endsWith(` · ${status}`) ? sum + count : sum), 0)

/** Every check that one run has more often than the other, in words. Empty when the two are the same. */
export function differences(baseline: Checks, candidate: Checks): string[] {
  const keys = [...new Set([...baseline.keys(), ...candidate.keys()])].sort()
  return keys
    .filter((key) => baseline.get(key) !== candidate.get(key))
    .map((key) => `${key}: ${baseline.get(key) ?? 0} directly, ${candidate.get(key) ?? 0} through the gateway`)
}
