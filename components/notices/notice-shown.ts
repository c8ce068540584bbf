import type { NoticeEvent } from '../../core/notices/news'
import type { MailSetup, TargetDraft, TargetKind } from '../../core/notices/targets'
import type { Outcome } from '../../core/outcome'
import type { PersonShown } from '../policies/person-name'
import type { Tone } from '../ui/badge'

export type TargetShown = {
  readonly id: string
  readonly kind: TargetKind
  readonly name: string
  readonly address: string
  /** How its mail gets out; null for the other kinds. */
  readonly mail: MailSetup | null
  readonly events: readonly NoticeEvent[]
  readonly enabled: boolean
  readonly revision: number
  /** False: what it keeps secret was sealed by another console, and is that one's to use. */
  readonly isOpenable: boolean
  readonly changed: { readonly by: PersonShown; readonly at: string }
}

export type NoticeState = 'waiting' | 'sent' | 'dead' | 'dropped'

export type NoticeShown = {
  readonly id: string
  readonly event: NoticeEvent | 'test'
  readonly hold: string | null
  readonly target: string
  readonly state: NoticeState
  readonly attempts: number
  readonly madeAt: string
  readonly nextAt: string | null
  readonly last: { readonly at: string; readonly ms: number; readonly answer: string | null; readonly error: string | null } | null
}

export type SaveTarget = (given: {
  readonly id: string | null
  readonly revision: number
  readonly isNewSecret: boolean
  readonly draft: TargetDraft
}) => Promise<Outcome<{ readonly secret: string | null }>>

export type TargetActions = {
  readonly save: SaveTarget
  readonly turn: (given: { readonly id: string; readonly revision: number; readonly enabled: boolean }) => Promise<Outcome>
  readonly remove: (given: { readonly id: string; readonly revision: number }) => Promise<Outcome>
  /** Sends at once, and answers how that went. */
  readonly test: (id: string) => Promise<Outcome<{ readonly answer: string | null; readonly error: string | null; readonly ms: number }>>
}

export const KIND_WORDS: { readonly [kind in TargetKind]: string } = { webhook: 'Webhook', slack: 'Chat', email: 'E-mail' }

export const EVENT_WORDS: { readonly [event in NoticeEvent]: string } = {
  'hold.open': 'A call waits for approval',
  'hold.approved': 'It was approved',
  'hold.denied': 'It was denied',
  'hold.expired': 'Nobody answered or used it in time',
  'hold.cancelled': 'It was cancelled',
  'hold.revoked': 'An approval was revoked',
  'alert.too_many_holds': 'An agent has so many calls waiting that more are denied',
}

export const STATE_WORDS: { readonly [state in NoticeState]: { readonly words: string; readonly tone: Tone } } = {
  waiting: { words: 'Waits', tone: 'warning' },
  sent: { words: 'Delivered', tone: 'good' },
  dead: { words: 'Given up', tone: 'bad' },
  dropped: { words: 'Too late to matter', tone: 'neutral' },
}
