import type { HoldState } from '../../core/approval/states'
import type { Tone } from '../ui/badge'
import { lasting } from '../ui/time-words'
import type { HoldRow } from './inbox-shown'

/** One word for how a held call stands, and the tone of it. */
export const STATE_WORDS: { readonly [state in HoldState]: { readonly word: string; readonly tone: Tone } } = {
  held: { word: 'Waiting', tone: 'warning' },
  approved: { word: 'Approved', tone: 'good' },
  claimed: { word: 'Running', tone: 'good' },
  denied: { word: 'Denied', tone: 'bad' },
  expired: { word: 'Expired', tone: 'neutral' },
  cancelled: { word: 'Cancelled', tone: 'neutral' },
  revoked: { word: 'Taken back', tone: 'bad' },
  done: { word: 'Done', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  unknown: { word: 'Unknown', tone: 'unknown' },
}

const BECAUSE: { readonly [because: string]: string } = {
  nobody_answered: 'nobody answered in time',
  not_used: 'it was approved and not used in time',
  denied_by_person: 'a person said no',
  policy_changed: 'the policy in force asks more of it by now',
  definition_changed: 'the tool’s definition changed',
  voters_changed: 'who approved it may not any more',
  votes_do_not_verify: 'the votes on it do not verify',
  call_damaged: 'what is stored is not what was voted on',
  by_person: 'a person took the approval back',
}

/** Why it ended, in words; a word from a newer release stands for itself. */
export const becauseWords = (because: string | null): string | null =>
  because === null || because === '' ? null : Object.hasOwn(BECAUSE, because) ? (BECAUSE[because] ?? null) : because

/** What became of it, as the end of a sentence that begins with its state. */
const ENDS: { readonly [state in HoldState]?: string } = {
  done: 'it ran once.',
  failed: 'it ran, and the server reported a failure.',
  unknown: 'whether it ran nobody can tell; it is not tried again.',
  claimed: 'it is running now.',
}

export const endWords = ({ state, because }: Pick<HoldRow, 'state' | 'because'>): string => {
  const why = becauseWords(because)
  return ENDS[state] ?? (why === null ? 'nothing ran.' : `${why}; nothing ran.`)
}

/** How long people took; null while they have not decided, or never did. */
export const answeredIn = ({ openedAt, decidedAt }: Pick<HoldRow, 'openedAt' | 'decidedAt'>): string | null =>
  decidedAt === null ? null : lasting(Math.max(0, Date.parse(decidedAt) - Date.parse(openedAt)))

/** `04:12`, `1:04:12`, `2 d`: what is left until a moment. */
export function countdown(ms: number): string {
  if (ms >= 48 * 3_600_000) return lasting(ms)
  const seconds = Math.max(0, Math.ceil(ms / 1_000))
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)]
  const tail = `${pad(minutes)}:${pad(seconds % 60)}`
  return hours === 0 ? tail : `${hours}:${tail}`
}

const pad = (value: number): string => String(value).padStart(2, '0')

export const sizeOf = (characters: number): string => `${characters.toLocaleString('en')} ${characters === 1 ? 'character' : 'characters'}`
