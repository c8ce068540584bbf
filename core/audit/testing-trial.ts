import { oneAfterAnother } from '../hash'
import { type Dice, dice } from '../policy/proof/dice'
import { lanesSha256 } from '../sha256-lanes'
import type { Finding } from './findings'
import type { QuickLanes } from './quick-reader'
import { areTextsInOrder, type FindBytes } from './quick-texts'
import type { Damage } from './testing-damage'
import { type MemoryLog, sourceOf, testVerify, witnessed } from './testing-log'
import { MUTATIONS } from './testing-mutations'
import { randomLog } from './testing-random-log'
import { sha256 } from './testing-tree'
import { type Report, verifyLog, verifyQuickly } from './verify'

/** What follows from damage elsewhere: an entry that is gone leaves others without their right or their end. */
const CONSEQUENCES = ['effect without right', 'missing end', 'second end', 'second claim']

export type Trial = { readonly misses: readonly string[]; readonly tried: readonly string[] }

/** A log of this seed, damaged in twelve ways, one at a time; each way that is not named is a miss, in words. */
export async function damagedLog(seed: number): Promise<Trial> {
  const chance = dice(seed)
  const log = randomLog(chance)
  const tried: string[] = []
  const misses: string[] = []
  // Once more round, where a small log has no material for twelve different ones.
  const names = shuffled(Object.keys(MUTATIONS), chance)
  for (const name of [...names, ...names]) {
    if (tried.length === 12) break
    const copy = structuredClone(log)
    const damage = MUTATIONS[name]?.(copy, chance)
    if (!damage) continue
    tried.push(name)
    const miss = missIn(await looked(copy, damage, chance), damage) ?? (await quickMiss(copy, damage))
    if (miss !== null) misses.push(`seed ${seed}, ${name}: ${miss}`)
  }
  return { misses, tried }
}

/** What is said of a log of this seed that nobody touched; null where nothing is. */
export async function alarmOf(seed: number): Promise<string | null> {
  const chance = dice(seed)
  const log = randomLog(chance)
  const kept = (log.seal?.checkpoints ?? []).map(({ note, size }) => ({ from: `The note of ${size}`, note }))
  const damage: Pick<Damage, 'kept' | 'deep'> = { kept, ...(chance.chance(50) ? { deep: true } : {}) }
  const { verdict, findings } = await looked(log, damage, chance)
  const quick = await skimmed(log, damage)
  const isQuiet = findings.length === 0 && verdict !== 'damaged' && (log.seal ? quick?.verdict === verdict : quick === null)
  return isQuiet ? null : `seed ${seed}: ${JSON.stringify({ findings, quick: quick?.verdict })}`
}

/** A quick look says nothing of what is damaged, but it never says that it is in order. */
async function quickMiss(log: MemoryLog, damage: Damage): Promise<string | null> {
  const quick = damage.isBeyondQuick ? null : await skimmed(log, damage)
  return quick === null || quick.verdict === 'damaged' ? null : `a quick look says ${quick.verdict}`
}

/** By this thread alone and by several side by side, which must not make a difference. */
async function skimmed(log: MemoryLog, { kept = [] }: Pick<Damage, 'kept'>): Promise<Report | null> {
  const options = { trust: witnessed, sha256, verify: testVerify, kept }
  const alone = await verifyQuickly(sourceOf(log), options, { find })
  const together = await verifyQuickly(sourceOf(log), options, { find, lanes: () => lanesOf(log) })
  if (JSON.stringify(alone) !== JSON.stringify(together))
    throw new Error(`alone ${JSON.stringify(alone)}, together ${JSON.stringify(together)}`)
  return alone
}

const many = lanesSha256(sha256) ?? oneAfterAnother(sha256)
const find: FindBytes = (bytes, pattern, start) => Buffer.from(bytes).indexOf(pattern, start)

async function lanesOf(log: MemoryLog): Promise<QuickLanes | null> {
  const sealed = await sourceOf(log).sealed()
  const packed = sealed?.packed
  return packed
    ? {
        batchEntries: 5,
        width: 3,
        isInOrder: (job) => areTextsInOrder(job, packed, { many, find }),
      }
    : null
}

async function looked(log: MemoryLog, { kept = [], deep = false }: Pick<Damage, 'kept' | 'deep'>, chance: Dice): Promise<Report> {
  return verifyLog(sourceOf(log, 1 + chance.roll(64)), { trust: witnessed, sha256, verify: testVerify, kept, deep })
}

/** Why the damage was not named; null where it was, and nothing sound was called bad before it. */
export function missIn({ verdict, findings }: Pick<Report, 'verdict' | 'findings'>, damage: Damage): string | null {
  const shown = JSON.stringify(findings.slice(0, 4))
  if (verdict !== 'damaged') return `the verdict is ${verdict}`
  const at = findings.findIndex((finding) => isNamed(finding, damage) && damage.kinds.includes(finding.kind))
  if (at < 0) return `not named in ${shown}`
  const sooner = findings.slice(0, at).find((finding) => !isNamed(finding, damage) && finding.writer !== null)
  if (sooner) return `something else is named first in ${shown}`
  const below = findings.find(({ writer, seq, kind }) => writer === damage.writer && seq < damage.seq[0] && !CONSEQUENCES.includes(kind))
  return below ? `a sound entry is called bad in ${shown}` : null
}

function isNamed({ writer, seq, index }: Finding, damage: Damage): boolean {
  if (writer !== damage.writer || seq < damage.seq[0] || seq > damage.seq[1]) return false
  return !damage.index || (index !== null && index >= damage.index[0] && index <= damage.index[1])
}

function shuffled<T>(all: readonly T[], chance: Dice): readonly T[] {
  const left = [...all]
  return all.flatMap(() => left.splice(chance.roll(left.length), 1))
}
