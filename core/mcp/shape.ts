import { failing } from './fault'

/** The members a JSON-RPC 2.0 message may have. There is no seventh. */
export const MEMBERS = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'] as const
export type Member = (typeof MEMBERS)[number]

export type Kind = 'request' | 'notification' | 'response'

/** Which members a message has, and what is known of two of them. */
export type Outline = {
  readonly has: (member: Member) => boolean
  readonly version: boolean
  readonly id: 'absent' | 'null' | 'valid' | 'invalid'
}

const NO_KIND = failing('the message is neither a request, a notification nor a response')
const BAD_VERSION = failing('jsonrpc is not "2.0"')
const BAD_ID = failing('the id is neither a string nor an integer')

/** The kind of a message with these members, or why it is none. An error may lack an id or carry null; nothing else may. */
export function kindOf(outline: Outline): Kind | number {
  if (!outline.version) return BAD_VERSION
  if (outline.id === 'invalid') return BAD_ID
  return outline.has('method') ? callKind(outline) : responseKind(outline)
}

function callKind({ has, id }: Outline): Kind | number {
  if (has('result') || has('error')) return NO_KIND
  if (id === 'null') return BAD_ID
  return id === 'valid' ? 'request' : 'notification'
}

function responseKind({ has, id }: Outline): Kind | number {
  if (has('params') || has('result') === has('error')) return NO_KIND
  return has('result') && id !== 'valid' ? BAD_ID : 'response'
}
