import { createHmac } from 'node:crypto'
import { AppError } from '../../core/errors'
import { inboxLink, type News } from '../../core/notices/news'
import { mailText, slackBody, webhookBody } from '../../core/notices/payloads'
import type { MailSetup } from '../../core/notices/targets'
import type { Attempt, TakenNotice } from '../../db/notices'
import { storable } from '../../db/text'
import { post } from './notice-http'
import { sendMail } from './notice-mail'
import type { Network } from './notice-reach'

/** One attempt to tell one destination. It never throws for what the other side does: that is how the attempt went. */
export type Send = (taken: TakenNotice) => Promise<Attempt>

export const sender =
  (network: Network, consoleUrl: string): Send =>
  async (taken) => {
    const began = performance.now()
    const how = await outcomeOf(taken, network, consoleUrl)
    return { ...how, ms: Math.round(performance.now() - began) }
  }

const ERROR_AT_MOST = 500

async function outcomeOf(taken: TakenNotice, network: Network, consoleUrl: string): Promise<Omit<Attempt, 'ms'>> {
  try {
    return await told(taken, network, consoleUrl)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { answer: null, error: storable(error.message).slice(0, ERROR_AT_MOST) }
  }
}

async function told(taken: TakenNotice, network: Network, consoleUrl: string): Promise<Omit<Attempt, 'ms'>> {
  const { target, secret, id, event, at, facts } = taken
  if (secret === null)
    throw new AppError('invalid', 'What is kept of this destination does not open with this console’s key: enter its secret again.')
  const news: News = { id, event, at, facts, link: inboxLink(consoleUrl, facts !== null && 'hold' in facts ? facts.hold : null) }
  switch (target.kind) {
    case 'webhook': {
      const body = JSON.stringify(webhookBody(news))
      return answered(await post({ url: target.address, body, headers: signed(id, body, secret) }, network))
    }
    case 'slack':
      return answered(
        await post({ url: secret, body: JSON.stringify(slackBody(news)), headers: { ...JSON_TYPE, 'webhook-id': id } }, network),
      )
    case 'email': {
      const mail = { to: target.address.split(', '), id, ...mailText(news) }
      const said = await sendMail(mail, target.setup as unknown as MailSetup, secret, network)
      return { answer: storable(said).slice(0, ERROR_AT_MOST), error: null }
    }
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** As https://www.standardwebhooks.com has it: over the id, the time of this attempt and the very bytes of the body. */
export function signed(id: string, body: string, secret: string, nowMs = Date.now()): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000))
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { ...JSON_TYPE, 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

/** 410 is how the other side says: never again. */
function answered(status: number): Omit<Attempt, 'ms'> {
  const answer = String(status)
  if (status >= 200 && status < 300) return { answer, error: null }
  const isRedirect = status >= 300 && status < 400
  const error = isRedirect ? `It answered ${status}: redirects are not followed.` : `It answered ${status}.`
  return { answer, error, isFinal: status === 410 }
}
