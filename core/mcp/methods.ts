import type { Direction } from './message'

/**
 * What the relay does with a message.
 * - pass: forwarded as it is · judge: governed, put to the policy · listing: forwarded, its reply may be cut
 * - polling: forwarded, its reply may end an earlier call · handshake: forwarded, looked at for labels
 * - cancel: ends a request that is still with us, else forwarded · drop: recorded, never forwarded
 */
export type Treatment = 'pass' | 'judge' | 'listing' | 'polling' | 'handshake' | 'cancel' | 'drop'

type Table = { readonly [method: string]: Treatment }

/** Requests a client may send, of every revision from 2024-11-05 to 2026-07-28 and the tasks extension. */
const CLIENT_REQUESTS: Table = {
  initialize: 'handshake',
  'server/discover': 'handshake',
  ping: 'pass',
  'logging/setLevel': 'pass',
  'tools/call': 'judge',
  'tools/list': 'listing',
  'prompts/get': 'judge',
  'prompts/list': 'listing',
  'resources/read': 'judge',
  'resources/subscribe': 'judge',
  'resources/unsubscribe': 'pass',
  'resources/list': 'listing',
  'resources/templates/list': 'listing',
  'completion/complete': 'judge',
  'subscriptions/listen': 'pass',
  'tasks/get': 'polling',
  'tasks/result': 'polling',
  'tasks/list': 'pass',
  'tasks/cancel': 'pass',
  'tasks/update': 'pass',
}

/** Requests a legacy server may send. A modern server sends none: it asks by `input_required`. */
const SERVER_REQUESTS: Table = {
  ping: 'pass',
  'roots/list': 'pass',
  'sampling/createMessage': 'judge',
  'elicitation/create': 'judge',
  'tasks/get': 'pass',
  'tasks/result': 'pass',
  'tasks/list': 'pass',
  'tasks/cancel': 'pass',
}

const CLIENT_NOTIFICATIONS: Table = {
  'notifications/initialized': 'pass',
  'notifications/cancelled': 'cancel',
  'notifications/progress': 'pass',
  'notifications/roots/list_changed': 'pass',
  'notifications/tasks/status': 'pass',
}

const SERVER_NOTIFICATIONS: Table = {
  'notifications/cancelled': 'cancel',
  'notifications/progress': 'pass',
  'notifications/message': 'pass',
  'notifications/tools/list_changed': 'pass',
  'notifications/prompts/list_changed': 'pass',
  'notifications/resources/list_changed': 'pass',
  'notifications/resources/updated': 'pass',
  'notifications/elicitation/complete': 'pass',
  'notifications/subscriptions/acknowledged': 'pass',
  'notifications/tasks/status': 'pass',
  'notifications/tasks': 'pass',
}

const TABLES = {
  client: { request: CLIENT_REQUESTS, notification: CLIENT_NOTIFICATIONS },
  server: { request: SERVER_REQUESTS, notification: SERVER_NOTIFICATIONS },
} as const

/** Total: a request that is not in the table is judged as unknown, any other message without an id is dropped. */
export function treatmentOf(direction: Direction, kind: 'request' | 'notification', method: string): Treatment {
  const table: Table = TABLES[direction][kind]
  if (Object.hasOwn(table, method)) return table[method] ?? 'drop'
  return kind === 'request' ? 'judge' : 'drop'
}

/** Every method the table knows, for tests against the specification's own lists. */
export const knownMethods = (direction: Direction, kind: 'request' | 'notification'): readonly string[] =>
  Object.keys(TABLES[direction][kind])
