import type { EntryRef } from '../core/audit/entry'
import { toHex } from '../core/hash'
import { sha256 } from '../db/crypto'
import type { Call, DecidedCall } from './call'
import type { Claim } from './held-call'

/** A call whose last answer has not come: it goes on in a continuation or in a task. `entry` is its latest decision, `claim` the approval it runs under. */
export type OpenCall = { readonly call: DecidedCall; readonly entry: EntryRef; readonly claim: Claim | null }

/** More than this are not remembered: what is dropped is handed back to be ended. */
const MAX_OPEN = 1_000

export type OpenCalls = {
  /** The upstream answered `input_required` with this state; null when it gave none and the call can't be found again. */
  awaitContinuation(open: OpenCall, requestState: string | null): OpenCall | null
  /** The call as the next leg of the one whose state it brings, and that one; the call itself where it brings no such state. */
  continued(call: Call, requestState: string | null): { readonly call: Call; readonly before: OpenCall | null }
  awaitTask(open: OpenCall, taskId: string): OpenCall | null
  /** The call that a task belongs to; null when it is none of ours, or ended already. */
  takeTask(taskId: string): OpenCall | null
  /** Everything that is still open, which is then forgotten. */
  abandon(): readonly OpenCall[]
}

export function makeOpenCalls(): OpenCalls {
  const continuations = new Map<string, OpenCall>()
  const tasks = new Map<string, OpenCall>()
  const keep = (map: Map<string, OpenCall>, key: string, open: OpenCall): OpenCall | null => {
    const [oldest] = map.size >= MAX_OPEN ? map : []
    if (oldest) map.delete(oldest[0])
    map.set(key, open)
    return oldest?.[1] ?? null
  }
  return {
    awaitContinuation: (open, requestState) => {
      const { subject } = open.call
      return requestState === null || subject === null ? open : keep(continuations, keyOf(subject, requestState), open)
    },
    continued: (call, requestState) => {
      const key = requestState === null ? '' : keyOf(subjectOf(call), requestState)
      const before = continuations.get(key) ?? null
      continuations.delete(key)
      return { call: before ? { ...call, id: before.call.id, leg: before.call.leg + 1 } : call, before }
    },
    awaitTask: (open, taskId) => keep(tasks, digestOf(taskId), open),
    takeTask: (taskId) => {
      const key = digestOf(taskId)
      const open = tasks.get(key) ?? null
      tasks.delete(key)
      return open
    },
    abandon: () => {
      const open = [...continuations.values(), ...tasks.values()]
      continuations.clear()
      tasks.clear()
      return open
    },
  }
}

/** Remembered for long, and as long as its sender likes: only digests are kept. */
const digestOf = (...parts: string[]): string => toHex(sha256(utf8.encode(JSON.stringify(parts))))
const utf8 = new TextEncoder()

/** A state only continues the very call it was given for: same method, tool and argument bytes. */
const keyOf = (subject: string, requestState: string): string => digestOf(subject, requestState)

/** What makes two calls of one connection the same call. */
const subjectOf = ({ envelope: { method, tool }, argumentBytes }: Call): string =>
  digestOf(method, tool ?? '', toHex(sha256(argumentBytes)))

/** A call as it is kept until its last answer; `continues`: it may be answered `input_required` and asked again. */
export const decidedCall = (call: Call, continues: boolean): DecidedCall => ({
  id: call.id,
  leg: call.leg,
  proposal: call.proposal,
  subject: continues ? subjectOf(call) : null,
})
