import { createHmac } from 'node:crypto'

export const JSON_TYPE = { 'content-type': 'application/json' }

/** As https://www.standardwebhooks.com has it: over the id, the time of this attempt and the very bytes of the body. */
export function signed(id: string, body: string, secret: string, nowMs = Date.now()): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000))
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { ...JSON_TYPE, 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
