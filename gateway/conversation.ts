import type { EntryRef } from '../core/audit/entry'
import type { CallView } from '../core/mcp/call'
import { memberOf } from '../core/mcp/members'
import type { Message } from '../core/mcp/message'
import { authorize, type Ports } from './authorize'
import type { Call } from './call'
import { replyDraft } from './desk'
import type { ClientSays } from './handshake'
import { notForwarded, receiptFields } from './log'
import { decidedCall, makeOpenCalls, type OpenCall } from './open-calls'
import type { ReplyObserver, Ruling } from './ports'
import { isProposal, ProposalDesk } from './proposal-desk'
import { askedBy, type Request, type Station } from './reading'
import { Reply, type ReplyEnd } from './receipts'
import { refusalLine } from './refusal'
import { readRequestState } from './request-state'
import type { Supply } from './supply'

export type ConversationOptions = {
  readonly ports: Ports
  readonly supply: Supply
  readonly station: Station
  readonly keepClearText: boolean
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
    const { message, line, view, signal } = judged
    if (judged.client?.speaksAuthorization && isProposal(message)) return { do: 'answer', line: await this.proposals.propose(judged) }
    const admitted = this.proposals.admit(judged)
    if ('because' in admitted) {
      const judgement = this.proposals.refuse(judged.call, admitted.because)
      return { do: 'answer', line: refusalLine(askedBy(judged), judged.call.id, judgement, null) }
    }
    const { call, before } = this.open.continued(admitted.call, view.requestState)
    const authorization = await authorize(this.options.ports, call, signal)
    if (before) this.options.supply.writer.later(receiptFields(call.id, before.entry, notForwarded('continued', null)))
    if (authorization.granted) return { do: 'forward', line, reply: this.follow(judged, call, authorization.entry) }
    if (signal.aborted) return { do: 'drop' }
    return { do: 'answer', line: refusalLine(askedBy(judged), call.id, authorization.judgement, authorization.hold) }
  }

  /** `tasks/result` brings the last answer of a task-augmented call. */
  observePolling(message: Message, line: Uint8Array): ReplyObserver | null {
    if (message.kind !== 'request' || message.method !== 'tasks/result') return null
    const span = memberOf(line, message.params, 'taskId')
    const taskId: unknown = span === null ? null : JSON.parse(Buffer.from(line.subarray(span.start, span.end)).toString('utf8'))
    const open = typeof taskId === 'string' ? this.open.takeTask(taskId) : null
    if (!open) return null
    return this.observe((end) => this.record(open, end, false))
  }

  /** The connection is over: nothing more will be said of what is still open. */
  end(because: string): void {
    this.abandon(this.open.abandon(), because)
    this.proposals.end()
  }

  /**
   * A modern reply is seen whole before it passes: the state it may carry is how its continuation is known. Until it comes nothing
   * of the call's own line is kept.
   */
  private follow({ view, client }: Judged, call: Call, entry: EntryRef): ReplyObserver {
    let requestState: string | null = null
    const isModern = view.protocolVersion !== null
    const speaks = client?.speaksAuthorization ?? false
    const open = { call: decidedCall(call, isModern), entry }
    const ended = (end: ReplyEnd): void => this.ended(open, end, requestState, speaks)
    if (!isModern) return this.observe(ended)
    return this.observe(ended, async (reply) => {
      requestState = readRequestState(reply)
      return reply
    })
  }

  private observe(ended: (end: ReplyEnd) => void, rewrite?: ReplyObserver['rewrite']): ReplyObserver {
    const { keepClearText, ports } = this.options
    return new Reply({ keepClearText, clock: ports.clock, ended }, rewrite)
  }

  private ended(open: OpenCall, end: ReplyEnd, requestState: string | null, speaks: boolean): void {
    this.record(open, end, speaks)
    const lost = this.keepOpen(open, end, requestState)
    if (lost) this.abandon([lost], 'it can not be continued')
  }

  /** Remembers a call whose last answer is still to come; answers one that had to be forgotten for it. */
  private keepOpen(open: OpenCall, { receipt, summary }: ReplyEnd, requestState: string | null): OpenCall | null {
    if (receipt.status === 'input_required') return this.open.awaitContinuation(open, requestState)
    const taskId = summary?.taskId ?? null
    return receipt.status === 'task' && taskId !== null ? this.open.awaitTask(open, taskId) : null
  }

  private record({ call, entry }: OpenCall, end: ReplyEnd, speaks: boolean): void {
    const draft = replyDraft(call, entry, end)
    if (speaks) this.proposals.tell(call, draft, end.receipt)
    else this.options.supply.writer.later(draft)
  }

  private abandon(open: readonly OpenCall[], because: string): void {
    for (const { call, entry } of open) this.options.supply.writer.later(receiptFields(call.id, entry, notForwarded('unknown', because)))
  }
}
