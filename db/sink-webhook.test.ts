import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshWebhookSecret } from './secrets'
import { copiesByWebhook } from './sink-webhook'
import { memoryLog } from './testing-log'
import { startWebReceiver, type WebReceiver } from './testing-receivers'
import { copyOf, NEAR } from './testing-sinks'

const log = memoryLog()
const secret = freshWebhookSecret()
const answers: number[] = []
let receiver: WebReceiver
let top = ''
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'countersign-webhook-sink-'))
  answers.length = 0
  receiver = await startWebReceiver({ respond: (_request, response) => response.writeHead(answers.shift() ?? 204).end() })
})
afterEach(async () => {
  await receiver.close()
  await rm(top, { recursive: true, force: true })
})

const copies = () => copiesByWebhook({ webhook: `http://127.0.0.1:${receiver.port}/log`, secret }, log.trust.log, top, NEAR)

test('each checkpoint that is due is sent once, with the signature of Standard Webhooks over its id, time and bytes', async () => {
  for (const size of [0, 3, 3, 10]) await copyOf(log, size, copies())
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([3, 10].map((n) => `checkpoint_${log.trust.log}_${n}`))
  for (const { path, headers, body } of receiver.received) {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const expected = createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64')
    expect({ path, signature: headers['webhook-signature'] }).toEqual({ path: '/log', signature: `v1,${expected}` })
  }
  const body: unknown = JSON.parse(receiver.received[1]?.body ?? '')
  expect(body).toMatchObject({ type: 'checkpoint', data: { log: log.trust.log, size: 10, checkpoint: log.note(10) } })
})

test.each([302, 400, 410, 500])('what is answered with %i was not taken: it is sent again, under the same id', async (status) => {
  answers.push(status)
  await expect(copyOf(log, 5, copies())).rejects.toThrow(`it answered ${status}`)
  expect(await copyOf(log, 5, copies())).toBe(5)
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(receiver.received).toHaveLength(2)
})

test('a log that does not extend what was sent is an alarm, and is sent to nobody', async () => {
  const alarms: string[] = []
  await copyOf(log, 50, copies())
  await expect(copyOf(log, 40, copies(), alarms)).rejects.toThrow('checkpoint sent to http://127.0.0.1')
  await expect(copyOf(log.forkAfter(20), 80, copies(), alarms)).rejects.toThrow('was rewritten')
  expect({ alarms, sent: receiver.received.length }).toEqual({ alarms: ['regression', 'fork'], sent: 1 })
})
