import 'server-only'
import { cache } from 'react'
import type { GatewayRow } from '../../components/gateways/standing'
import type { InForce } from '../../components/live/live-data'
import { listGatewaysInForce } from '../../db/gateways'
import { listPublications } from '../../db/publications'
import { database } from './database'

/** One that was not heard of for a day is gone; one that stopped in order, sooner. */
const SHOWN_MS = 24 * 60 * 60_000
const STOPPED_SHOWN_MS = 10 * 60_000
export const GATEWAYS_SHOWN = 500

/** Gateways as the pages show them. */
export const readGateways = async (): Promise<readonly GatewayRow[]> => {
  const rows = await listGatewaysInForce(database(), SHOWN_MS, GATEWAYS_SHOWN)
  return rows
    .filter(({ state, silentMs }) => state !== 'stopped' || silentMs < STOPPED_SHOWN_MS)
    .map(({ startedAt, lastSeen, ...row }) => ({ ...row, startedAt: startedAt.toISOString(), lastSeen: lastSeen.toISOString() }))
}

/** What is in force by the newest publication; null before the first. */
export const readInForce = async (): Promise<InForce | null> => {
  const [latest] = await listPublications(database(), 1)
  if (!latest) return null
  const { epoch, contents, by, message, publishedAt } = latest
  const policies = Object.entries(contents.policies).map(([name, version]) => ({ name, version }))
  return { epoch, policies, guardrail: contents.guardrail, by, message, publishedAt: publishedAt.toISOString() }
}

/** The same, once for everything that one page draws. */
export const gatewaysHere = cache(readGateways)
export const inForceHere = cache(readInForce)
