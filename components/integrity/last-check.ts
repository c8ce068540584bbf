'use client'

import { useSyncExternalStore } from 'react'
import type { Finding } from '../../core/audit/findings'
import type { Verdict } from '../../core/audit/verify'

/** What a look at the whole log came to, as this browser keeps it. The log is named by its id and key. */
export type LastCheck = {
  readonly log: string
  readonly logKey: string
  /** When it ended, by this browser's clock. */
  readonly atMs: number
  readonly tookMs: number
  readonly verdict: Verdict
  /** Texts, chains and tree alone. */
  readonly isQuick?: boolean
  readonly entries: number
  /** The size that the newest checkpoint covers; 0 where nothing is sealed. */
  readonly size: number
  readonly findings: readonly Finding[]
  readonly found: number
  readonly doubts: readonly string[]
  readonly undetectable: readonly string[]
  /** What was not looked at because it is detached, one sentence each. */
  readonly detached?: readonly string[]
}

const KEY = 'countersign.last-check'
const watchers = new Set<() => void>()
let read: { readonly text: string | null; readonly check: LastCheck | null } = { text: null, check: null }

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isText = (value: unknown): value is string => typeof value === 'string'
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)

const isFinding = (value: Partial<Finding> | null): boolean =>
  isText(value?.kind) &&
  isText(value.sentence) &&
  (value.writer === null || isText(value.writer)) &&
  (value.since === null || (isText(value.since) && !Number.isNaN(Date.parse(value.since)))) &&
  Number.isSafeInteger(value.seq) &&
  (value.index === null || isCount(value.index))

const VERDICTS: readonly unknown[] = ['intact', 'damaged', 'could not tell'] satisfies readonly Verdict[]

/** What the browser keeps may be from another release, or by anybody who had this browser: only its form is believed. */
export function readCheck(text: string | null): LastCheck | null {
  if (text === null) return null
  try {
    const check = JSON.parse(text) as Partial<LastCheck> | null
    const { atMs, tookMs, entries, size, found, findings } = check ?? {}
    const isOne =
      VERDICTS.includes(check?.verdict) &&
      [atMs, tookMs, entries, size, found].every(isCount) &&
      Math.abs(atMs ?? 0) < LAST_MS &&
      Array.isArray(findings) &&
      findings.every(isFinding) &&
      isTexts(check?.doubts) &&
      isTexts(check?.undetectable) &&
      isTexts(check?.detached ?? [])
    return isOne ? (check as LastCheck) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Beyond it there is no date. */
const LAST_MS = 8.64e15

function snapshot(): LastCheck | null {
  const text = localStorage.getItem(KEY)
  if (text !== read.text) read = { text, check: readCheck(text) }
  return read.check
}

function watch(changed: () => void): () => void {
  watchers.add(changed)
  window.addEventListener('storage', changed)
  return () => {
    watchers.delete(changed)
    window.removeEventListener('storage', changed)
  }
}

/** The last look that this browser took at this log; null where it took none, and before the page is awake. */
export function useLastCheck({ log, logKey }: { readonly log: string; readonly logKey: string }): LastCheck | null {
  const check = useSyncExternalStore(watch, snapshot, () => null)
  return check?.log === log && check.logKey === logKey ? check : null
}

export function keepCheck(check: LastCheck): void {
  localStorage.setItem(KEY, JSON.stringify(check))
  for (const changed of watchers) changed()
}

/** Where it is and since when it is in doubt, in one line. The writer's id may be hostile. */
export function placeWords({ writer, seq, index }: Finding): string {
  const place = index === null ? '' : ` (#${index.toLocaleString('en')})`
  return writer === null ? place.trim() : `entry ${seq.toLocaleString('en')} of writer ${writer}${place}`
}

/**
 * Whether the log has become shorter since it was found intact: then it is not the one that was looked at. `size` is what was heard at
 * `heardMs`; what is told to all tabs at once may be some seconds old.
 */
export const isSetBack = (check: LastCheck, size: number, heardMs: number): boolean =>
  size < check.size && heardMs > check.atMs + TOLD_WITHIN_MS

const TOLD_WITHIN_MS = 10_000
