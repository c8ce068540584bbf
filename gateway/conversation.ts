import type { EntryRef } from '../core/audit/entry'
import type { CallView } from '../core/mcp/call'
import { memberOf } from '../core/mcp/members'
import type { Message } from '../core/mcp/message'
import { authorize, denied, type Ports, withoutPolicy } from './authorize'
import type { Call, Judgement } from './call'
import { replyDraft } from './desk'
import type { ClientSays } from './handshake'
import { type InputRequired, readInputRequired } from './input-required'
import { notForwarded, receiptFields } from './log'
import { makeOpenCalls, type OpenCall } from './open-calls'
import type { ReplyObserver, Ruling } from './ports'
import { isProposal, ProposalDesk } from './proposal-desk'
import { askedBy, type Request, type Station } from './reading'
import { observeReply, type ReplyEnd } from './receipts'
import { refusalLine } from './refusal'
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

/** What the reply of a forwarded call turned out to ask for, seen before its end is told. */
type Followed = { required: InputRequired | null; refused: string | null }

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
    const asked = askedBy(message, line, view)
    const admitted = this.proposals.admit(judged)
    if ('because' in admitted) {
      const judgement = this.proposals.refuse(judged.call, admitted.because)
      return { do: 'answer', line: refusalLine(asked, judged.call.id, judgement, null) }
    }
    const call = this.open.continued(admitted.call, view.requestState)
    const authorization = await authorize(this.options.ports, call, signal)
    if (authorization.granted) return { do: 'forward', line, reply: this.follow(judged, call, authorization.entry) }
    if (signal.aborted) return { do: 'drop' }
    return { do: 'answer', line: refusalLine(asked, call.id, authorization.judgement, authorization.hold) }
  }

  /** `tasks/result` brings the last answer of a task-augmented call. */
  observePolling(message: Message, line: Uint8Array): ReplyObserver | null {
    if (message.kind !== 'request' || message.method !== 'tasks/result') return null
    const span = memberOf(line, message.params, 'taskId')
    const taskId: unknown = span === null ? null : JSON.parse(Buffer.from(line.subarray(span.start, span.end)).toString('utf8'))
    const open = typeof taskId === 'string' ? this.open.takeTask(taskId) : null
    if (!open) return null
    return this.observe(new AbortController().signal, (end) => this.record(open, end, false))
  }

  /** The connection is over: nothing more will be said of what is still open. */
  end(because: string): void {
    this.abandon(this.open.abandon(), because)
    this.proposals.end()
  }

  private follow({ message, line, view, signal, client }: Judged, call: Call, entry: EntryRef): ReplyObserver {
    const followed: Followed = { required: null, refused: null }
    const speaks = client?.speaksAuthorization ?? false
    const observer = this.observe(signal, (end) => this.ended({ call, entry }, end, followed, speaks))
    if (view.protocolVersion === null) return observer
    const asked = askedBy(message, line, view)
    return {
      ...observer,
      rewrite: async (reply) => {
        followed.required = readInputRequired(reply)
        if (!followed.required) return reply
        const refusal = await this.judgeInputs(followed.required, call)
        followed.refused = refusal && 'an input request of the server was refused'
        return refusal ? refusalLine(asked, call.id, refusal, null) : reply
      },
    }
  }

  private observe(signal: AbortSignal, ended: (end: ReplyEnd) => void): ReplyObserver {
    const { keepClearText, ports } = this.options
    return observeReply({ keepClearText, signal, clock: ports.clock, ended })
  }

  /** Each request inside an `input_required` result is judged like the request it carries; the first refusal refuses them all. */
  private async judgeInputs({ requests, unclear }: InputRequired, { sizeBytes, arrivedMs }: Call): Promise<Judgement | null> {
    if (unclear) return withoutPolicy(denied('malformed', 'what the server asks for can be read in two ways'))
    const { server, principal, session } = this.options.station
    for (const { id, method, args, bytes } of requests) {
      const envelope = { method, tool: null, server, principal, session, args }
      const call: Call = { id, leg: 1, envelope, argumentBytes: bytes, paramBytes: bytes, sizeBytes, proposal: null, arrivedMs }
      const authorization = await authorize(this.options.ports, call, new AbortController().signal)
      if (!authorization.granted) return authorization.judgement
      this.options.supply.writer.later(receiptFields(id, authorization.entry, notForwarded('done', 'passed_on')))
    }
    return null
  }

  private ended(open: OpenCall, end: ReplyEnd, { required, refused }: Followed, speaks: boolean): void {
    const receipt = refused ? { ...end.receipt, status: 'failed' as const, code: 'input_refused' } : end.receipt
    this.record(open, { ...end, receipt }, speaks)
    const { status } = receipt
    const taskId = end.summary?.taskId ?? null
    const lost =
      status === 'input_required'
        ? this.open.awaitContinuation(open, required?.requestState ?? null)
        : status === 'task' && taskId !== null
          ? this.open.awaitTask(open, taskId)
          : null
    if (lost) this.abandon([lost], 'it can not be continued')
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
