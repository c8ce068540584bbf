import type { Tone } from '../ui/badge'
import { lasting } from '../ui/time-words'
import type { GatewayRow, StandingWord } from './standing'

const WORDS = {
  current: { word: 'Current', tone: 'good' },
  behind: { word: 'Behind', tone: 'warning' },
  ahead: { word: 'Ahead', tone: 'unknown' },
  file: { word: 'Own file', tone: 'neutral' },
  nothing: { word: 'Refuses all', tone: 'bad' },
  degraded: { word: 'Degraded', tone: 'warning' },
  silent: { word: 'Silent', tone: 'unknown' },
  stopped: { word: 'Stopped', tone: 'neutral' },
} as const satisfies Record<StandingWord, { readonly word: string; readonly tone: Tone }>

export const wordOf = (standing: StandingWord): { readonly word: string; readonly tone: Tone } => WORDS[standing]

/** What is so and what it means, in one sentence; null where the badge says it all. A gateway's own reason comes beside it, as specimen. */
export function meaningOf(standing: StandingWord, row: GatewayRow, elapsedMs: number): string | null {
  switch (standing) {
    case 'current':
    case 'stopped':
      return null
    case 'file':
      return 'Enforces a policy file of its own; what is published here does not reach it.'
    case 'behind':
      return row.activeVersion === null
        ? `Its policy is not among what is in force any more.`
        : `v${row.activeVersion} is in force; it has not taken it yet.`
    case 'ahead':
      return `It saw epoch ${row.epoch}, and the database ends at ${row.activeEpoch ?? 0}: was an older backup restored?`
    case 'nothing':
      return 'It refuses every call, for it has no policy that it can believe.'
    case 'degraded':
      return 'It enforces what is in force, but:'
    case 'silent':
      return `Nothing heard for ${lasting(row.silentMs + elapsedMs)}: it was ended without a word, or its network is gone.`
  }
}

/** What it enforces, as short as it can be told apart. */
export const enforcedWords = ({ digest, enforcedVersion }: GatewayRow): string => {
  if (digest === null) return 'nothing'
  return enforcedVersion === null ? digest.slice(0, 10) : `v${enforcedVersion}`
}
