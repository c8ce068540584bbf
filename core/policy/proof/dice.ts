/** A seeded source of chance: the same seed throws the same dice for ever (mulberry32). */
export type Dice = {
  /** An integer in [0, sides). */
  readonly roll: (sides: number) => number
  readonly pick: <T>(choices: readonly T[]) => T
  /** True in `percent` of a hundred throws. */
  readonly chance: (percent: number) => boolean
  readonly some: <T>(choices: readonly T[], most: number) => T[]
}

export function dice(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const roll = (sides: number): number => Math.floor(next() * sides)
  const pick = <T>(choices: readonly T[]): T => {
    if (choices.length === 0) throw new Error('nothing to pick from')
    return choices[roll(choices.length)] as T
  }
  const some = <T>(choices: readonly T[], most: number): T[] => Array.from({ length: 1 + roll(most) }, () => pick(choices))
  return { roll, pick, chance: (percent) => roll(100) < percent, some }
}
