import type { Dice } from '../policy/proof/dice'
import type { DecisionFields, EntryFields, EntryRef, ReceiptFields } from './entry'
import { type MemoryLog, Scribe, Sealer, timeAt } from './testing-log'

/** A call that was let go, and the decision that let it. */
type OpenCall = { readonly call: string; readonly decision: EntryRef }

/** An honest history: writers who open, record, close or are lost, and a sealer who comes by now and then. */
class History {
  private readonly scribes: Scribe[] = []
  private readonly open = new Map<string, OpenCall[]>()
  private readonly closedBy = new Map<string, string>()
  private readonly sealer = new Sealer()
  private names = 0
  private clock = 0

  constructor(
    private readonly dice: Dice,
    private readonly steps: number,
    private readonly isSealed: boolean,
  ) {}

  run(): MemoryLog {
    this.start('console')
    this.start('gateway')
    for (let step = 0; step < this.steps; step++) this.step()
    for (const scribe of this.alive()) if (this.dice.chance(40)) this.close(scribe)
    if (this.isSealed && this.dice.chance(50)) this.seal(100)
    const writers = this.scribes.map((scribe) => {
      const by = this.closedBy.get(scribe.id) ?? null
      return [scribe.id, scribe.end(by, by === null ? 'held' : 'free')] as const
    })
    return { writers: new Map(writers), seal: this.sealer.end() }
  }

  private alive(): Scribe[] {
    return this.scribes.filter(({ id }) => !this.closedBy.has(id))
  }

  private name(): string {
    this.names += 1
    return this.names.toString(16).padStart(32, '0')
  }

  private start(role: 'console' | 'gateway'): void {
    const scribe = new Scribe(this.name(), role)
    this.scribes.push(scribe)
    this.open.set(scribe.id, [])
  }

  private step(): void {
    const { dice } = this
    const gateways = this.alive().filter(({ role }) => role === 'gateway')
    const gateway = gateways.length > 0 ? dice.pick(gateways) : null
    const others = gateways.filter(({ id }) => id !== gateway?.id)
    const way = dice.roll(100)
    if (!gateway || (this.scribes.length < 5 && way < 4)) this.start('gateway')
    else if (way < 7) this.close(gateway)
    else if (way < 10 && others.length > 0) this.lose(gateway, dice.pick(others))
    else if (way < 22) this.hold(gateway)
    else gateway.batch(this.some(gateway))
    if (this.isSealed && dice.chance(25)) this.seal(80)
  }

  /** One to four entries under one signature. */
  private some(gateway: Scribe): readonly EntryFields[] {
    const entries: EntryFields[] = []
    const many = 1 + this.dice.roll(4)
    for (let n = 0; n < many; n++) entries.push(this.one(gateway, entries.length))
    return entries
  }

  private one(gateway: Scribe, after: number): EntryFields {
    const open = this.open.get(gateway.id) ?? []
    if (open.length > 0 && this.dice.chance(50)) {
      const ended = open.splice(this.dice.roll(open.length), 1)[0]
      if (ended) return receipt(ended, this.dice.pick(['done', 'failed', 'unknown', 'cancelled', 'not_forwarded']))
    }
    if (this.dice.chance(10)) return { type: 'writer.heartbeat', count: gateway.seq }
    if (this.dice.chance(5))
      return { type: 'refusals', count: 1 + this.dice.roll(9), since: timeAt(1), until: timeAt(2), because: 'no log' }
    const call = this.name()
    if (this.dice.chance(40)) return decision(call, 'deny', this.tool())
    open.push({ call, decision: gateway.next(after) })
    return decision(call, 'allow', this.tool())
  }

  private tool(): string {
    return this.dice.pick(['read_file', 'é\u{1f600}', 'write "quoted"', 'x'.repeat(200), '\u2028'])
  }

  /** A call that people are asked about: held, approved at the console, claimed, done; or left where it stands. */
  private hold(gateway: Scribe): void {
    const console = this.scribes[0]
    const [call, hold, binding] = [this.name(), this.name(), this.name().repeat(2)]
    const decided = gateway.next()
    const asks = {
      approvals: [{ approvers: ['approver'], quorum: 2 }],
      decideBy: timeAt(9),
      likeness: binding,
      binding,
      server: 's',
      tool: 't',
    }
    gateway.batch([decision(call, 'escalate', 't'), { type: 'hold.open', hold, call, ...asks }])
    if (!console || this.closedBy.has(console.id) || this.dice.chance(30)) return
    const vote = { type: 'vote', hold, call, verdict: 'approve', binding, displayed: binding, signature: binding } as const
    console.batch([
      { ...vote, voter: 'u1' },
      { ...vote, voter: 'u2' },
      { type: 'hold.approved', hold, call, useBy: timeAt(9) },
    ])
    if (this.dice.chance(30)) return
    const claim = { hold, call, decision: decided, binding, voters: [], policy: binding, epoch: null, pin: null }
    gateway.batch([{ type: 'hold.claimed', ...claim }, receipt({ call, decision: decided }, 'done')])
  }

  private close(scribe: Scribe): void {
    const ends = (this.open.get(scribe.id) ?? []).map((call) => receipt(call, 'done'))
    scribe.batch([...ends, { type: 'writer.close', count: scribe.seq + ends.length + 1 }])
    this.closedBy.set(scribe.id, scribe.id)
  }

  private lose(lost: Scribe, by: Scribe): void {
    const ends = (this.open.get(lost.id) ?? []).map((call) => receipt(call, 'unknown'))
    by.batch([...ends, { type: 'writer.lost', lost: lost.id, head: { seq: lost.seq, hash: lost.prev }, open: ends.length }])
    this.closedBy.set(lost.id, by.id)
  }

  private seal(percent: number): void {
    this.clock += 1
    const parts = this.scribes.filter(() => this.dice.chance(percent))
    this.sealer.round(
      parts.map(({ id, rows }) => ({ id, rows, to: rows.length })),
      timeAt(1_000 + this.clock),
    )
  }
}

/** A log that nobody touched. One in six was never sealed, one in twenty has several tiles. */
export function randomLog(dice: Dice): MemoryLog {
  const steps = dice.chance(5) ? 200 : 5 + dice.roll(25)
  return new History(dice, steps, !dice.chance(17)).run()
}

function decision(call: string, outcome: DecisionFields['outcome'], tool: string): DecisionFields {
  return {
    type: 'decision',
    call,
    principal: { id: 'agent', groups: [] } as unknown as DecisionFields['principal'],
    server: 'files',
    session: null,
    method: 'tools/call',
    tool,
    outcome,
    rule: null,
    constraint: null,
    code: outcome,
    policy: { digest: null, version: null, epoch: null },
    guardrail: null,
    pin: null,
    sizeBytes: 12,
    facts: {},
  }
}

const receipt = ({ call, decision }: OpenCall, status: ReceiptFields['status']): ReceiptFields => ({
  type: 'receipt',
  call,
  decision,
  status,
  code: null,
  startedAt: null,
  durationMs: 1,
  sizeBytes: null,
})
