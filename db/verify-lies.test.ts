import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EntryRef } from '../core/audit/entry'
import type { FindingKind } from '../core/audit/findings'
import { verifyLog } from '../core/audit/verify'
import { connect } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { newHoldId } from './holds'
import { freshDatabase } from './testing'
import { testDecision, testReceipt } from './testing-entries'
import { testIdentity } from './testing-identity'
import type { FreshDatabase } from './testing-server'
import { readLog } from './verify-source'
import { openWriter, type Writer } from './writer'

const { identity, trust } = testIdentity()
let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

type Lie = { lie: string; kind: FindingKind; tell(writer: Writer): Promise<void> }

const deny = testDecision({ outcome: 'deny' })
const hold = testDecision({ outcome: 'escalate', hold: 'H-0123456789' })
const allow = testDecision()
/** A call that waits, each of its own. */
type Held = { readonly hold: string; readonly call: string; readonly decision: EntryRef }

async function openHeld(writer: Writer): Promise<Held> {
  const held = testDecision({ outcome: 'escalate', hold: newHoldId() })
  const { seq } = await writer.append(held)
  const about = { server: 'files', tool: 'write_file', binding: 'b'.repeat(64), likeness: 'c'.repeat(64), approvals: [] }
  const { call, hold: id = '' } = held
  await writer.append({ type: 'hold.open', hold: id, call, ...about, decideBy: '2030-01-01T00:00:00.000Z' })
  return { hold: id, call, decision: { writer: writer.id, seq } }
}

async function claim(writer: Writer, held: Held): Promise<void> {
  const under = { policy: 'a'.repeat(64), epoch: 1, pin: null, voters: [], binding: 'b'.repeat(64) }
  await writer.append({ type: 'hold.claimed', ...held, ...under })
}

test.each<Lie>([
  {
    lie: 'carries out what it denied',
    kind: 'effect without right',
    tell: async (writer) => writer.later(testReceipt(deny, await writer.append(deny))),
  },
  {
    lie: 'carries out what nobody approved',
    kind: 'effect without right',
    tell: async (writer) => writer.later(testReceipt(hold, await writer.append(hold))),
  },
  {
    lie: 'claims what no console approved',
    kind: 'effect without right',
    tell: async (writer) => claim(writer, await openHeld(writer)),
  },
  {
    lie: 'approves by itself what it claims',
    kind: 'effect without right',
    tell: async (writer) => {
      const held = await openHeld(writer)
      await writer.append({ type: 'hold.approved', hold: held.hold, call: held.call, useBy: '2030-01-01T00:00:00.000Z' })
      await claim(writer, held)
    },
  },
  {
    lie: 'uses one approval twice',
    kind: 'second claim',
    tell: async (writer) => {
      const held = await openHeld(writer)
      for (let time = 0; time < 2; time++) await claim(writer, held)
    },
  },
  {
    lie: 'lets a call through under a grant that nobody gave',
    kind: 'effect without right',
    tell: async (writer) => {
      const { seq } = await writer.append(hold)
      const decision = { writer: writer.id, seq }
      const used = {
        type: 'grant.used',
        grant: 'G-0123456789',
        call: hold.call,
        decision,
        use: 1,
        policy: 'a'.repeat(64),
        epoch: 1,
      } as const
      await writer.append(used)
      writer.later(testReceipt(hold, { ...decision, hash: '', at: '' }))
    },
  },
  {
    lie: 'carries out another call than the one it allowed',
    kind: 'effect without right',
    tell: async (writer) => writer.later(testReceipt(deny, await writer.append(allow))),
  },
  {
    lie: 'names a decision that was never taken',
    kind: 'effect without right',
    tell: async (writer) => writer.later(testReceipt(allow, { ...(await writer.append(allow)), seq: 77 })),
  },
  {
    lie: 'ends a call twice',
    kind: 'second end',
    tell: async (writer) => {
      const placed = await writer.append(allow)
      writer.later(testReceipt(allow, placed))
      writer.later(testReceipt(allow, placed, 'failed'))
    },
  },
])('a gateway that signs its chain properly and $lie is found: $kind', async ({ kind, tell }) => {
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
  await tell(writer)
  await writer.close()
  const sql = connect(database.urlFor('auditor'), { purpose: 'bulk', application: 'verify' })
  const report = await verifyLog(readLog(sql), { trust, sha256, verify: verifyEd25519 })
  await sql.end()
  expect(report.verdict).toBe('damaged')
  expect(report.findings).toContainEqual(expect.objectContaining({ writer: writer.id, kind }))
})
