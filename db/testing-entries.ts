import type { DecisionFields, ReceiptFields } from '../core/audit/entry'
import { randomId } from './crypto'
import type { Committed } from './writer-batch'
import { receiptOf } from './writer-ledger'

/** For tests: an allowed read of a file. */
export const testDecision = (more: Partial<DecisionFields> = {}): DecisionFields => ({
  type: 'decision',
  call: randomId(),
  principal: { id: 'local:ann@host', assurance: 'asserted' },
  server: 'filesystem',
  session: null,
  method: 'tools/call',
  tool: 'read_file',
  outcome: 'allow',
  rule: 'rule-1',
  constraint: null,
  code: 'rule',
  policy: { digest: 'a'.repeat(64), version: 1, epoch: 1 },
  guardrail: null,
  pin: null,
  sizeBytes: 20,
  facts: { now: 1, listed: true },
  ...more,
})

/** For tests: how a decision that was let go came out. */
export const testReceipt = ({ call }: DecisionFields, { writer, seq }: Committed, status: 'done' | 'failed' = 'done'): ReceiptFields =>
  receiptOf(writer, seq, call, status, 'test')
