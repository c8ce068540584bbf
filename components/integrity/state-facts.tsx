'use client'

import { Anchor, CircleAlert, Eye, PenLine, Shield, Unlink } from 'lucide-react'
import type { ReactNode } from 'react'
import type { IntegrityTold } from '../live/live-data'
import { useLive } from '../live/use-live'
import { Specimen } from '../specimen'
import { RelativeTime } from '../ui/relative-time'
import { lasting } from '../ui/time-words'

export type SealingShown = {
  readonly size: number
  readonly unsealed: number
  readonly waitingMs: number | null
  readonly holder: string | null
  readonly silentMs: number | null
  readonly signedAt: string | null
}

export type StateShown = {
  readonly told: IntegrityTold
  readonly threshold: number
  readonly anchoredBy: readonly string[]
  readonly sealing: SealingShown
  readonly rememberers: readonly { readonly kind: 'gateway' | 'tab'; readonly size: number }[]
  readonly words: string
}

/** Who vouches for the log, up to where; what that protects from; and how sealing goes. */
export function StateFacts({ told: drawn, threshold, anchoredBy, sealing, rememberers, words }: StateShown) {
  const { data } = useLive('integrity', drawn)
  const told = data === null || data === 'unread' ? drawn : data
  return (
    <ul className="max-w-4xl space-y-1.5 text-sm">
      <AnchorFact told={told} threshold={threshold} anchoredBy={anchoredBy} />
      <Fact icon={<Shield />}>{words}</Fact>
      <Fact icon={<Eye />}>{rememberedWords(rememberers)}</Fact>
      <SealerFact sealing={sealing} unsealed={told.unsealed} />
    </ul>
  )
}

function Fact({ icon, tone = 'text-quiet', children }: { readonly icon: ReactNode; readonly tone?: string; readonly children: ReactNode }) {
  return (
    <li className="flex items-start gap-2.5">
      <span aria-hidden="true" className={`mt-0.5 [&_svg]:size-4 ${tone}`}>
        {icon}
      </span>
      <span className="wrap-anywhere min-w-0">{children}</span>
    </li>
  )
}

const number = (value: number): string => value.toLocaleString('en')
const entriesWords = (count: number): string => `${number(count)} ${count === 1 ? 'entry' : 'entries'}`

function AnchorFact({ told, threshold, anchoredBy }: Pick<StateShown, 'told' | 'threshold' | 'anchoredBy'>) {
  const { anchor, checkpoint, witnesses, unsealed } = told
  const since = (checkpoint?.size ?? 0) + unsealed - (anchor?.size ?? 0)
  if (!anchor)
    return (
      <Fact icon={<Unlink />} tone="text-held">
        <b className="font-medium">Unanchored</b>: {entriesWords(since)} that nobody on another host has signed.{' '}
        {witnesses === 0
          ? 'No witness on another machine is pinned.'
          : `${number(witnesses)} pinned, and ${threshold} of them must have signed.`}
      </Fact>
    )
  return (
    <Fact icon={<Anchor />} tone="text-allow">
      <b className="font-medium">Anchored to #{number(anchor.size)}</b>: {anchor.by} of {witnesses}{' '}
      {witnesses === 1 ? 'witness' : 'witnesses'} (
      {anchoredBy.map((name, at) => (
        <span key={name}>
          {at > 0 && ', '}
          <Specimen text={name} plain />
        </span>
      ))}
      ), <RelativeTime at={anchor.at} />
      {since > 0 && `; ${entriesWords(since)} since`}.
    </Fact>
  )
}

function rememberedWords(rememberers: StateShown['rememberers']): string {
  if (rememberers.length === 0) return 'Remembered by nobody: no gateway and no open console keeps a checkpoint now.'
  const count = (kind: 'gateway' | 'tab') => rememberers.filter((each) => each.kind === kind).length
  const parts = [
    count('gateway') > 0 ? `${count('gateway')} ${count('gateway') === 1 ? 'machine with gateways' : 'machines with gateways'}` : null,
    count('tab') > 0 ? `${count('tab')} ${count('tab') === 1 ? 'open console' : 'open consoles'}` : null,
  ].filter((part) => part !== null)
  const least = Math.min(...rememberers.map(({ size }) => size))
  return `Remembered by ${rememberers.length} (${parts.join(', ')}), each up to #${number(least)} at least; each demands proof before it believes more.`
}

/** A sealer that is well says so every second. */
const SILENT_MS = 5_000

function SealerFact({ sealing, unsealed }: { readonly sealing: SealingShown; readonly unsealed: number }) {
  const { holder, silentMs } = sealing
  if (holder !== null && silentMs !== null && silentMs <= SILENT_MS) return <Sealer sealing={sealing} unsealed={unsealed} />
  return (
    <Fact icon={<CircleAlert />} tone="text-held">
      {silentWords(silentMs)} {entriesWords(unsealed)} {unsealed === 1 ? 'waits' : 'wait'} to be sealed.
    </Fact>
  )
}

/** One that stopped by itself says so, and is then as good as never heard of. */
const LONG_AGO_MS = 30 * 86_400_000

function silentWords(silentMs: number | null): string {
  if (silentMs === null) return 'No sealer has ever run here: run countersign seal, or countersign up, which starts one.'
  return silentMs < LONG_AGO_MS
    ? `No sealer runs now; the last was heard ${lasting(silentMs)} ago.`
    : 'No sealer runs now; the last one stopped in order.'
}

function Sealer({ sealing: { holder, signedAt, waitingMs }, unsealed }: { readonly sealing: SealingShown; readonly unsealed: number }) {
  const waits = waitingMs === null ? '' : `, the oldest for ${lasting(waitingMs)}`
  return (
    <Fact icon={<PenLine />}>
      A sealer runs (<Specimen text={holder ?? ''} plain />)
      {signedAt !== null && (
        <>
          ; the newest checkpoint was signed <RelativeTime at={signedAt} />
        </>
      )}
      {unsealed === 0 ? '; nothing waits.' : `; ${entriesWords(unsealed)} ${unsealed === 1 ? 'waits' : 'wait'}${waits}.`}
    </Fact>
  )
}
