import * as v1 from '@modelcontextprotocol/sdk/types.js'
import { expect, test } from 'vitest'
import { knownMethods, treatmentOf } from './methods'

/** The method literals of the official SDK's schemas: what 2024-11-05 to 2025-11-25 call their messages. */
const specified = Object.values(v1).flatMap((schema) => {
  const shape = typeof schema === 'object' && schema !== null && 'shape' in schema ? (schema.shape as Record<string, unknown>) : {}
  const method = shape.method
  const value = typeof method === 'object' && method !== null && 'value' in method ? method.value : null
  return typeof value === 'string' ? [value] : []
})

test('every method of the specification is in the table', () => {
  const known = new Set(
    (['client', 'server'] as const).flatMap((side) => (['request', 'notification'] as const).flatMap((kind) => knownMethods(side, kind))),
  )
  expect(specified.length).toBeGreaterThan(25)
  expect([...new Set(specified)].filter((method) => !known.has(method))).toEqual([])
})

test.each([
  { from: 'client', kind: 'request', method: 'tools/call', is: 'judge' },
  { from: 'client', kind: 'request', method: 'resources/read', is: 'judge' },
  { from: 'client', kind: 'request', method: 'Tools/Call', is: 'judge' },
  { from: 'client', kind: 'request', method: 'vendor/anything', is: 'judge' },
  { from: 'client', kind: 'request', method: 'authorization/propose', is: 'judge' },
  { from: 'client', kind: 'request', method: 'sampling/createMessage', is: 'judge' },
  { from: 'client', kind: 'request', method: 'notifications/initialized', is: 'judge' },
  { from: 'client', kind: 'request', method: 'constructor', is: 'judge' },
  { from: 'client', kind: 'request', method: 'initialize', is: 'handshake' },
  { from: 'client', kind: 'request', method: 'tools/list', is: 'listing' },
  { from: 'client', kind: 'request', method: 'tasks/result', is: 'polling' },
  { from: 'client', kind: 'request', method: 'ping', is: 'pass' },
  { from: 'client', kind: 'notification', method: 'tools/call', is: 'drop' },
  { from: 'client', kind: 'notification', method: 'notifications/vendor', is: 'drop' },
  { from: 'client', kind: 'notification', method: 'toString', is: 'drop' },
  { from: 'client', kind: 'notification', method: 'notifications/cancelled', is: 'cancel' },
  { from: 'server', kind: 'request', method: 'tools/call', is: 'judge' },
  { from: 'server', kind: 'request', method: 'sampling/createMessage', is: 'judge' },
  { from: 'server', kind: 'request', method: 'elicitation/create', is: 'judge' },
  { from: 'server', kind: 'request', method: 'roots/list', is: 'pass' },
  { from: 'server', kind: 'notification', method: 'notifications/message', is: 'pass' },
  { from: 'server', kind: 'notification', method: 'notifications/initialized', is: 'drop' },
] as const)('$method as a $kind of the $from: $is', ({ from, kind, method, is }) => {
  expect(treatmentOf(from, kind, method)).toBe(is)
})
