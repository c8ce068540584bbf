import type { EntryRef } from '../core/audit/entry'
import type { CallView } from '../core/mcp/call'
import { memberOf } from '../core/mcp/members'
import type { Message } from '../core/mcp/message'
import { type Asker, authorize, type Ports } from './authorize'
import type { Authorization, Call } from './call'
import type { Claims } from './claims'
import { replyDraft } from './desk'
import type { ClientSays } from './handshake'
import type { Claim } from './held-call'
import { callLine, continuedLine, heldLine, isSameBeside, withoutLegs } from './held-line'
import type { Keeping } from './keeping'
import { notForwarded, receiptFields } from './log'
import { decidedCall, makeOpenCalls, type OpenCall } from './open-calls'
import type { ReplyObserver, Ruling } from './ports'
import { isProposal, ProposalDesk } from './proposal-desk'
import { askedBy, idBytes, type Request, type Station } from './reading'
import { Reply, type ReplyEnd } from './receipts'
import { refusalLine } from './refusal'
import { readRequestState } from './request-state'
import type { Supply } from './supply'

export type ConversationOptions = {
  readonly ports: Ports
  readonly supply: Supply
  readonly station: Station
  readonly keepClearText: boolean
  readonly keeping: Keeping
  readonly claims: Claims
  /** A line of our own to the client. */
  readonly say: (line: Uint8Array) => void
}

/** One request at the door. `client` is what its sender declared, where it declared anything. */
export type Judged = {
  readonly message: Request
  readonly line: Uint8Array
  readonly call: Call
  readonly view: CallView
  readonly signal: AbortSignal
  readonly client: ClientSays | null
}

/** The calls of one connection from the door to their last answer. */
export class Conversation {
  private readonly open = makeOpenCalls()
  private readonly proposals: ProposalDesk

  constructor(private readonly options: ConversationOptions) {
    this.proposals = new ProposalDesk(options)
  }

  async judge(judged: Judged): Promise<Ruling> {
    const { message, view } = judged
    if (judged.client?.speaksAuthorization && isProposal(message)) return { do: 'answer', line: await this.proposals.propose(judged) }
    const admitted = this.proposals.admit(judged)
    if ('because' in admitted) return this.refuse(judged, admitted.because)
    const leg = this.legOf(judged)
    if (typeof leg === 'string') return this.refuse(judged, leg)
    const { call, before } = this.open.continued(leg > 0 ? plainCall(admitted.call) : admitted.call, view.requestState)
    if (before?.claim && !isSameBeside(before.claim.params, call.paramBytes, call.envelope.tool ?? ''))
      return this.refuseChanged({ ...judged, call }, before.claim)
    const authorization = await authorize(this.options.ports, call, this.askerOf(judged), before?.claim ?? null)
    if (before) this.leave(before, authorization)
    return this.rule({ ...judged, call }, authorization, { leg, continues: before !== null })
  }

  /** `tasks/result` brings the last answer of a task-augmented call. */
  observePolling(message: Message, line: Uint8Array): ReplyObserver | null {
    if (message.kind !== 'request' || message.method !== 'tasks/result') return null
    const span = memberOf(line, message.params, 'taskId')
    const taskId: unknown = span === null ? null : JSON.parse(Buffer.from(line.subarray(span.start, span.end)).toString('utf8'))
    const open = typeof taskId === 'string' ? this.open.takeTask(taskId) : null
    if (!open) return null
    return this.observe((end) => this.record(open, end, false, null))
  }

  /** The connection is over: nothing more will be said of what is still open. Resolves when the log knows, or can't be told. */
  end(because: string): Promise<void> {
    this.abandon(this.open.abandon(), because)
    this.proposals.end()
    return this.options.claims.finish()
  }

  /** How often this call has come back to wait on; a sentence where its state is not one that it may bring. */
  private legOf({ call: { envelope, argumentBytes }, view }: Judged): number | string {
    if (view.requestState === null) return 0
    const { keeping, supply } = this.options
    const returning = { principal: envelope.principal.id, method: envelope.method, tool: envelope.tool, argumentBytes }
    const arrival = keeping.legs.arrive(view.requestState, returning, (hold) => supply.holds.byHold(hold))
    return arrival.is === 'refused' ? arrival.because : arrival.is === 'leg' ? arrival.leg : 0
  }

  private askerOf(judged: Judged): Asker {
    return { signal: judged.signal, waits: (held) => this.options.keeping.start(judged, held) }
  }

  /** Beside its arguments it asks for what nobody approved: neither that nor what was approved goes on. */
  private refuseChanged(judged: Judged, claim: Claim): Ruling {
    this.options.claims.abandon(claim, 'failed', 'its continuation was refused')
    return this.refuse(judged, 'its continuation differs from the call that was approved')
  }

  private refuse(judged: Judged, because: string): Ruling {
    const judgement = this.proposals.refuse(judged.call, because)
    return { do: 'answer', line: refusalLine(askedBy(judged), judged.call.id, judgement, null) }
  }

  /** What a decision leads to on the wire. */
  private rule(judged: Judged, authorization: Authorization, { leg, continues }: { leg: number; continues: boolean }): Ruling {
    const { line, call, signal } = judged
    if (authorization.granted) {
      const { claim } = authorization
      const reply = this.follow(judged, authorization.entry, claim)
      if (claim) return { do: 'forward', line: (continues ? continuedLine : heldLine)(claim.params, liveOf(judged)), reply }
      return { do: 'forward', line: leg > 0 ? callLine(idBytes(judged.message, line), call.paramBytes) : line, reply }
    }
    const { judgement, held, outcome } = authorization
    this.options.keeping.release(judged)
    if (signal.aborted) return { do: 'drop' }
    if (held) return { do: 'answer', line: this.options.keeping.pending(judged, judgement, held, leg) }
    if (outcome) return { do: 'answer', line: this.options.claims.answer(outcome, askedBy(judged), judgement, call.id) }
    return { do: 'answer', line: refusalLine(askedBy(judged), call.id, judgement, null) }
  }

  /** A call goes on under a new decision, or under its approval, or not at all. */
  private leave(before: OpenCall, authorization: Authorization): void {
    const { call, entry, claim } = before
    if (claim === null) this.options.supply.writer.later(receiptFields(call.id, entry, notForwarded('continued', null)))
    else if (!authorization.granted) this.options.claims.abandon(claim, 'failed', 'its continuation was refused')
  }

  /**
   * A modern reply is seen whole before it passes: the state it may carry is how its continuation is known. So is the reply of a claimed
   * call, for whoever else asked for the same. Until it comes nothing of the call's own line is kept.
   */
  private follow(judged: Judged, entry: EntryRef, claim: Claim | null): ReplyObserver {
    const { view, client, call } = judged
    let requestState: string | null = null
    const isModern = view.protocolVersion !== null
    const speaks = client?.speaksAuthorization ?? false
    const open = { call: decidedCall(claim ? { ...call, id: claim.held.terms.call } : call, isModern), entry, claim }
    const kept = claim && this.options.claims.follow(claim)
    // Copied: a view would keep the whole line.
    const token = claim && view.progressToken ? Buffer.from(view.progressToken) : null
    const ended = (end: ReplyEnd): void => {
      this.options.keeping.releaseToken(token)
      this.ended(open, end, requestState, { speaks, kept })
    }
    if (!isModern && !kept) return this.observe(ended)
    const reply = this.observe(ended, async (line) => {
      if (isModern) requestState = readRequestState(line)
      kept?.see(line)
      return line
    })
    if (kept) reply.askerLeft = () => kept.leave()
    return reply
  }

  private observe(ended: (end: ReplyEnd) => void, rewrite?: ReplyObserver['rewrite']): Reply {
    const { keepClearText, ports } = this.options
    return new Reply({ keepClearText, clock: ports.clock, ended }, rewrite)
  }

  private ended(open: OpenCall, end: ReplyEnd, requestState: string | null, { speaks, kept }: Following): void {
    this.record(open, end, speaks, kept)
    const lost = this.keepOpen(open, end, requestState)
    if (lost) this.abandon([lost], 'it can not be continued')
  }

  /** Remembers a call whose last answer is still to come; answers one that had to be forgotten for it. */
  private keepOpen(open: OpenCall, { receipt, summary }: ReplyEnd, requestState: string | null): OpenCall | null {
    if (receipt.status === 'input_required') return this.open.awaitContinuation(open, requestState)
    const taskId = summary?.taskId ?? null
    return receipt.status === 'task' && taskId !== null ? this.open.awaitTask(open, taskId) : null
  }

  private record(open: OpenCall, end: ReplyEnd, speaks: boolean, kept: Following['kept']): void {
    const { call, entry, claim } = open
    if (claim)
      this.options.claims.settle(claim, end, kept, speaks ? (at) => this.proposals.notify(call, at, end.receipt, 'require_approval') : null)
    else if (speaks) this.proposals.tell(call, replyDraft(call, entry, end), end.receipt)
    else this.options.supply.writer.later(replyDraft(call, entry, end))
  }

  private abandon(open: readonly OpenCall[], because: string): void {
    for (const { call, entry, claim } of open)
      if (claim) this.options.claims.abandon(claim, 'unknown', because)
      else this.options.supply.writer.later(receiptFields(call.id, entry, notForwarded('unknown', because)))
  }
}

type Following = { readonly speaks: boolean; readonly kept: ReturnType<Claims['follow']> | null }

/** A leg of ours as the call that it is: neither the upstream nor a hold ever sees our state. */
const plainCall = (call: Call): Call => ({ ...call, paramBytes: withoutLegs(call.paramBytes) })

const liveOf = ({ message, line, call }: Judged) => ({ id: idBytes(message, line), params: call.paramBytes })
