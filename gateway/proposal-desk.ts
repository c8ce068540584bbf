import { readArgument } from '../core/mcp/argument'
import { memberOf } from '../core/mcp/members'
import type { Message, Span } from '../core/mcp/message'
import { errorLine, resultLine } from '../core/mcp/refusals'
import type { Argument, Decision } from '../core/policy/model'
import type { Committed, EntryDraft } from '../db/writer-batch'
import { authorize, denied, type Ports, withoutPolicy } from './authorize'
import type { Call, DecidedCall, Judgement } from './call'
import type { ConversationOptions, Judged } from './conversation'
import { decisionDraft, notForwarded, type Receipt, receiptFields, ruleName } from './log'
import { makeProposals, PROPOSAL_MS, type Proposal } from './proposals'
import { idBytes } from './reading'

export const isProposal = (message: Message): boolean => message.kind === 'request' && message.method === 'authorization/propose'

const EXPIRE_MS = 30_000

/** Speaks the authorization messages (DESIGN §3) with a client that declared them: propose, decide, receipt. */
export class ProposalDesk {
  private readonly proposals = makeProposals()
  private readonly timer: NodeJS.Timeout
  /** Hash of the last receipt that was told, so that a client notices one it missed. */
  private lastReceipt: string | null = null

  constructor(private readonly options: ConversationOptions) {
    this.timer = setInterval(() => this.expire(this.now()), EXPIRE_MS).unref()
  }

  /** Answers `authorization/propose`. Nothing is forwarded and nothing is held; an allow can be used once, by the same call. */
  async propose({ message, line, call, signal }: Judged): Promise<Uint8Array> {
    const id = idBytes(message, line)
    const proposed = readProposal(message, line, call)
    if ('because' in proposed) {
      this.options.ports.count('malformed', line.length)
      return errorLine(id, -32602, `Denied: ${proposed.because}.`)
    }
    const authorization = await authorize(this.proposing(), proposed.call, { signal })
    const { judgement } = authorization
    const receiptId = authorization.granted
      ? this.proposals.open(proposed.call, authorization.entry, judgement.policy?.digest ?? '', this.now())
      : null
    if (authorization.granted && receiptId === null)
      this.options.ports.end(proposed.call, authorization.entry, 'expired', 'too_many_proposals')
    return resultLine(id, this.decide(receiptId ?? proposed.call.id, judgement))
  }

  /** The call as it may be judged: under its proposal where it names one, and refused where that is not its own. */
  admit({ call, view, client }: Judged): { readonly call: Call } | { readonly because: string } {
    if (view.authorizationId === null || !client?.speaksAuthorization) return { call }
    const policy = this.options.ports.policy()
    const used = this.proposals.use(view.authorizationId, call, policy.is === 'in force' ? policy.policy.digest : null, this.now())
    if ('because' in used) return used
    const { call: proposed, entry } = used.proposal
    this.options.supply.writer.later(receiptFields(proposed, entry, notForwarded('used', null)))
    return { call: { ...call, proposal: proposed } }
  }

  refuse(call: Call, because: string): Judgement {
    const judgement = withoutPolicy(denied('recheck_failed', because))
    this.options.ports.recordLater(call, judgement)
    return judgement
  }

  /** Records the receipt of a call and then tells the client what was recorded. */
  tell(call: DecidedCall, draft: EntryDraft, receipt: Receipt): void {
    this.options.supply.writer.append(draft).then(
      (committed) => this.notify(call, committed, receipt, 'allow'),
      () => this.options.supply.writer.later(draft),
    )
  }

  end(): void {
    clearInterval(this.timer)
    this.expire(Number.POSITIVE_INFINITY)
  }

  private readonly now = (): number => this.options.ports.clock.monotonicMs()

  /** The same ports, but a decision says that it answers a proposal, and an escalation is only told. */
  private proposing(): Ports {
    const { ports, supply } = this.options
    const draft = (call: Call, judgement: Judgement) => decisionDraft(call, judgement, { proposal: true })
    return {
      ...ports,
      record: (call, judgement) => supply.writer.append(draft(call, judgement)),
      recordLater: (call, judgement) => supply.writer.later(draft(call, judgement)),
      people: {
        ...ports.people,
        find: () => null,
        ask: async (call, judgement) => {
          const entry = await supply.writer.append(draft(call, judgement))
          ports.end(call, entry, 'expired', 'proposal')
          return null
        },
      },
    }
  }

  private expire(nowMs: number): void {
    for (const { call, entry } of this.proposals.expire(nowMs)) this.endProposal({ call, entry })
  }

  private endProposal({ call, entry }: Pick<Proposal, 'call' | 'entry'>): void {
    this.options.supply.writer.later(receiptFields(call, entry, notForwarded('expired', null)))
  }

  private decide(receiptId: string, { decision, policy }: Judgement) {
    const nowMs = this.options.ports.clock.nowMs()
    const rule = ruleName(decision.rule)
    return {
      receiptId,
      decision: {
        outcome: outcomeWord(decision),
        evaluatedAt: new Date(nowMs).toISOString(),
        policyId: policy?.name ?? null,
        policyVersion: policy?.version ?? null,
        reason: decision.reason,
        matchedRules: rule === null ? [] : [{ ruleId: rule, effect: decision.outcome }],
      },
      expiresAt: new Date(nowMs + PROPOSAL_MS).toISOString(),
    }
  }

  /** Tells the client what was recorded of a call: under which decision it ran, and what became of it. */
  notify(
    call: DecidedCall,
    { hash, at }: Committed,
    { status, startedAtMs, durationMs }: Receipt,
    decision: 'allow' | 'require_approval',
  ): void {
    const receipt = {
      id: hash,
      envelopeId: call.proposal ?? call.id,
      timestamp: at,
      decision,
      status: STATUS_WORDS[status] ?? 'unknown',
      execution: startedAtMs === null ? null : { startedAt: new Date(startedAtMs).toISOString(), durationMs: Math.round(durationMs ?? 0) },
      receiptHash: hash,
      prevReceiptHash: this.lastReceipt,
    }
    this.lastReceipt = hash
    this.options.say(new TextEncoder().encode(JSON.stringify({ jsonrpc: '2.0', method: 'authorization/receipt', params: { receipt } })))
  }
}

const STATUS_WORDS: { readonly [status: string]: string } = {
  done: 'executed',
  failed: 'failed',
  cancelled: 'cancelled',
  not_forwarded: 'skipped',
  revoked: 'skipped',
  expired: 'skipped',
}

const outcomeWord = ({ outcome, code }: Decision): string =>
  code === 'rate_limited' ? code : outcome === 'escalate' ? 'require_approval' : outcome

const PREFIX = 'mcp.'

/** The call that an envelope describes: its parameters' bytes are what the later call's arguments must be. */
function readProposal(message: Message, line: Uint8Array, call: Call): { readonly call: Call } | { readonly because: string } {
  const action = message.kind === 'request' ? memberOf(line, memberOf(line, message.params, 'envelope'), 'action') : null
  const type = valueAt(line, memberOf(line, action, 'type'))
  if (typeof type !== 'string' || !type.startsWith(PREFIX)) return { because: 'a proposal names its action as "mcp.<tool>"' }
  const span = memberOf(line, action, 'parameters')
  const args = span === null ? {} : valueAt(line, span)
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return { because: 'the parameters of a proposal are an object' }
  const bytes = span === null ? new Uint8Array() : line.subarray(span.start, span.end)
  const envelope = { ...call.envelope, method: 'tools/call', tool: type.slice(PREFIX.length), args: args as Call['envelope']['args'] }
  return { call: { ...call, envelope, argumentBytes: bytes } }
}

const valueAt = (line: Uint8Array, span: Span | null): Argument => (span === null ? null : readArgument(line, span))
