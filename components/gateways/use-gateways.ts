'use client'

import { useEffect, useState } from 'react'
import { useLive, useLiveStatus } from '../live/use-live'
import { everySecond } from '../ui/time-words'
import type { GatewayRow } from './standing'

/**
 * The gateways as last told, and how long ago that was: silence grows while nobody says anything. While we hear nothing ourselves it does
 * not: that is no news of a gateway.
 */
export function useGateways(drawn: readonly GatewayRow[]): { readonly rows: readonly GatewayRow[]; readonly elapsedMs: number } {
  const { data: rows, heardMs } = useLive('gateways', drawn)
  const [nowMs, setNowMs] = useState(heardMs)
  const status = useLiveStatus()
  useEffect(() => everySecond(setNowMs), [])
  return { rows, elapsedMs: Math.max(0, (status.is === 'lost' ? status.sinceMs : nowMs) - heardMs) }
}
