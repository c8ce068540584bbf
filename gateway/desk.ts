import type { EntryRef } from '../core/audit/entry'
import type { Facts } from '../core/policy/model'
import type { Writer } from '../db/writer'
import type { Ports } from './authorize'
import type { DecidedCall } from './call'
import { decisionDraft, notForwarded, receiptFields } from './log'
import type { People } from './people'
import type { Pins } from './pins'
import type { PolicySource } from './policy-source'
import type { Rates } from './rates'
import type { ReplyEnd } from './receipts'

/** What stays the same for the whole connection. */
export type DeskOptions = {
  readonly pins: Pins
  readonly rates: Rates
  readonly clock: { nowMs(): number; monotonicMs(): number }
  readonly session: () => Facts['session']
  readonly sharesFileSystem: boolean
  readonly report: (error: unknown) => void
}

/** The ports of `authorize`, over a live writer and policy. */
export function makePorts(
  options: DeskOptions,
  { writer, policy }: { readonly writer: Writer; readonly policy: PolicySource },
  people: People,
): Ports {
  return {
    policy: policy.state,
    pin: options.pins.look,
    rates: options.rates,
    sharesFileSystem: options.sharesFileSystem,
    clock: options.clock,
    session: options.session,
    record: (call, judgement) => writer.append(decisionDraft(call, judgement)),
    recordLater: (call, judgement) => writer.later(decisionDraft(call, judgement)),
    count: (code) => writer.countRefusal(code),
    end: (call, decision, status, code) => writer.later(receiptFields(call.id, decision, notForwarded(status, code))),
    people,
    report: options.report,
  }
}

/** The receipt of a call that was sent, as an entry. */
export const replyDraft = (call: DecidedCall, decision: EntryRef, { receipt, result }: ReplyEnd) => ({
  ...receiptFields(call.id, decision, receipt),
  ...(result ? { disclose: [result] } : {}),
})
