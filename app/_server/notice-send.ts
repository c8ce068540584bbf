import { AppError } from '../../core/errors'
import { inboxLink, type News } from '../../core/notices/news'
import { mailText, slackBody, webhookBody } from '../../core/notices/payloads'
import type { MailSetup } from '../../core/notices/targets'
import type { Attempt, TakenNotice } from '../../db/notices'
import { storable } from '../../db/text'
import { post } from '../../db/web-ask'
import type { Network } from '../../db/web-reach'
import { JSON_TYPE, signed } from '../../db/web-signature'
import { sendMail } from './notice-mail'

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

/** 410 is how the other side says: never again. */
function answered(status: number): Omit<Attempt, 'ms'> {
  const answer = String(status)
  if (status >= 200 && status < 300) return { answer, error: null }
  const isRedirect = status >= 300 && status < 400
  const error = isRedirect ? `It answered ${status}: redirects are not followed.` : `It answered ${status}.`
  return { answer, error, isFinal: status === 410 }
}
