import { type CallView, readCall } from '../core/mcp/call'
import type { Message } from '../core/mcp/message'
import type { Principal } from '../core/policy/model'
import { randomId } from '../db/crypto'
import type { Call } from './call'
import type { Asked } from './refusal'

export type Request = Extract<Message, { kind: 'request' }>

/** Who asks, through which server, in which session: the same for every call of one stdio connection. */
export type Station = { readonly server: string; readonly principal: Principal; readonly session: string }

/** A governed request as a call of ours, and what only the protocol asks of it. */
export type Reading = { readonly call: Call; readonly view: CallView } | { readonly because: string }

const NO_BYTES = new Uint8Array(0)

export function readRequest(message: Request, line: Uint8Array, { server, principal, session }: Station, arrivedMs: number): Reading {
  const { call: view, fault } = readCall(line, message)
  if (!view) return { because: fault.because }
  return {
    view,
    call: {
      id: randomId(),
      leg: 1,
      envelope: { method: view.method, tool: view.tool, server, principal, session, args: view.args },
      argumentBytes: view.argumentBytes,
      paramBytes: message.params === null ? NO_BYTES : line.subarray(message.params.start, message.params.end),
      sizeBytes: line.length,
      proposal: null,
      arrivedMs,
    },
  }
}

/** The raw bytes of a request's id. */
export const idBytes = (message: Request, line: Uint8Array): Uint8Array => line.subarray(message.id.span.start, message.id.span.end)

/** Whom a refusal answers, and how. A request that states its protocol version is of the modern era. */
export const askedBy = ({
  message,
  line,
  view,
}: {
  readonly message: Request
  readonly line: Uint8Array
  readonly view: CallView
}): Asked => ({
  id: idBytes(message, line),
  isToolCall: view.tool !== null,
  isModern: view.protocolVersion !== null,
})
