import { recordedName } from '../core/audit/entry'
import type { HoldFields } from '../core/audit/hold-fields'
import type { RefusedFields } from '../core/audit/policy-fields'
import type { ErasureScope } from '../core/audit/retention-fields'
import { AppError } from '../core/errors'
import type { Actor } from '../core/roles'
import type { Writer } from './writer'

export type Attempt = Omit<RefusedFields, 'type' | 'fault' | 'actor' | 'address'>

/** How an entry names who did it. */
export const doer = ({ id, address }: Actor) => (address === undefined ? { actor: id } : { actor: id, address })

/**
 * Runs a verb and keeps in the log that somebody was told no. A refusal changed nothing, so its entry needs no transaction with anything;
 * where the log can't be written either, that is what the caller hears.
 */
export async function recordingRefusals<T>(writer: Writer, actor: Actor, attempt: Attempt, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError && error.fault !== 'unavailable') {
      await writer.append({ type: 'policy.refused', ...doer(actor), ...attempt, fault: error.fault })
      recorded.add(error)
    }
    throw error
  }
}

const recorded = new WeakSet<AppError>()

/** Whether the verb that refused has recorded it itself: nobody else needs to. */
export const isRecorded = (error: AppError): boolean => recorded.has(error)

/** The same for whoever is told that something is not erased. What can't be understood is nobody's attempt. */
export async function recordingErasureRefusals<T>(writer: Writer, who: Attempted, scope: ErasureScope, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError && error.fault !== 'unavailable' && error.fault !== 'invalid') {
      await writer.append({ type: 'erasure.refused', ...who, fault: error.fault, ...scope })
      recorded.add(error)
    }
    throw error
  }
}

/** The same for whoever is told that an alarm is not theirs to end, or is over. */
export async function recordingAlarmRefusals<T>(writer: Writer, who: Attempted, alarm: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError && error.fault !== 'unavailable' && error.fault !== 'invalid') {
      await writer.append({ type: 'alarm.refused', ...who, alarm, fault: error.fault })
      recorded.add(error)
    }
    throw error
  }
}

type Attempted = { readonly actor: string; readonly address?: string }

type HoldAttempt = Pick<Extract<HoldFields, { readonly type: 'hold.refused' }>, 'hold' | 'attempt'>

/** How often the log is told of one refusal of one kind, and of how many of one person: nobody fills it by asking again and again. */
const TELL_MS = 60_000
const MOST_KINDS = 30
const told = new Map<string, readonly { readonly kind: string; readonly atMs: number }[]>()

function isNews(actor: string, kind: string): boolean {
  const nowMs = performance.now()
  const lately = (told.get(actor) ?? []).filter(({ atMs }) => nowMs - atMs < TELL_MS)
  const isNew = lately.length < MOST_KINDS && lately.every((one) => one.kind !== kind)
  told.set(actor, isNew ? [...lately, { kind, atMs: nowMs }] : lately)
  return isNew
}

/**
 * The same for verbs about calls that wait: once a minute for one person, call, attempt and fault. What was not found is no call that anybody's
 * word could be about, and no entry of this kind.
 */
export async function recordingHoldRefusals<T>(
  writer: Writer,
  actor: Actor,
  { hold, attempt }: HoldAttempt,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isTold = error instanceof AppError && error.fault !== 'unavailable' && error.fault !== 'not_found'
    if (isTold && isNews(actor.id, JSON.stringify([hold, attempt, error.fault]))) {
      await writer.append({ type: 'hold.refused', ...doer(actor), hold: recordedName(hold), attempt, fault: error.fault })
      recorded.add(error)
    }
    throw error
  }
}
