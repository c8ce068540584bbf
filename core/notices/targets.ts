import { recordedName } from '../audit/entry'
import { AppError } from '../errors'
import type { Json } from '../json'
import { mailHost, type Reach, webPlace } from './addresses'
import { NOTICE_EVENTS, type NoticeEvent } from './news'

export const TARGET_KINDS = ['webhook', 'slack', 'email'] as const
export type TargetKind = (typeof TARGET_KINDS)[number]

/** `none` is for a mail server of the own network, where that may be reached at all. */
export const MAIL_SECURITY = ['tls', 'starttls', 'none'] as const
export type MailSecurity = (typeof MAIL_SECURITY)[number]

/** How mail gets out; the password is kept apart. */
export type MailSetup = {
  readonly host: string
  readonly port: number
  readonly security: MailSecurity
  readonly user: string | null
  readonly from: string
}

type Named = { readonly name: string; readonly events: readonly NoticeEvent[] }

/** A destination as somebody enters it. What is null stays as it is kept: an address that opens a channel, a password. */
export type TargetDraft =
  | (Named & { readonly kind: 'webhook'; readonly url: string })
  | (Named & { readonly kind: 'slack'; readonly url: string | null })
  | (Named & { readonly kind: 'email'; readonly to: string; readonly setup: MailSetup; readonly password: string | null })

/** What may be read of a destination, and what is kept sealed: the new one, or null to keep what there is. */
export type Target = {
  readonly kind: TargetKind
  readonly name: string
  readonly address: string
  readonly setup: { readonly [field: string]: Json }
  readonly events: readonly NoticeEvent[]
}
export type CheckedTarget = Target & { readonly secret: string | null }

/** Throws AppError('invalid') with what is wrong. `emailOf` is how the house reads an address of mail. */
export function checkTarget(draft: TargetDraft, reach: Reach, emailOf: (text: string) => string): CheckedTarget {
  const common = { name: nameOf(draft.name), events: NOTICE_EVENTS.filter((event) => draft.events.includes(event)) }
  switch (draft.kind) {
    case 'webhook':
      return { ...common, kind: 'webhook', address: webPlace(draft.url, reach).url, setup: {}, secret: null }
    case 'slack':
      return { ...common, kind: 'slack', ...slackAddress(draft.url, reach), setup: {} }
    case 'email':
      return { ...common, kind: 'email', ...mailAddress(draft, reach, emailOf) }
  }
}

/** Whoever knows the whole address may write in the channel: only the host is shown. */
function slackAddress(url: string | null, reach: Reach): { readonly address: string; readonly secret: string | null } {
  if (url === null) return { address: '', secret: null }
  const place = webPlace(url, reach)
  return { address: place.origin, secret: place.url }
}

const MOST_RECIPIENTS = 20

function mailAddress({ to, setup, password }: TargetDraft & { readonly kind: 'email' }, reach: Reach, emailOf: (text: string) => string) {
  const recipients = to.split(/[\s,;]+/).filter(Boolean)
  if (recipients.length === 0 || recipients.length > MOST_RECIPIENTS)
    throw new AppError('invalid', `Name between 1 and ${MOST_RECIPIENTS} addresses that mail goes to.`)
  const { port, security, user } = setup
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new AppError('invalid', 'A port is a number from 1 to 65535.')
  if (security === 'none' && reach === 'public')
    throw new AppError(
      'invalid',
      'Mail is handed over by TLS or STARTTLS; without either only inside the own network, where that is allowed.',
    )
  if (user !== null && !PLAIN_LINE.test(user)) throw new AppError('invalid', 'The user name is one line of at most 254 characters.')
  return {
    address: [...new Set(recipients.map(emailOf))].join(', '),
    setup: { host: mailHost(setup.host, reach).text, port, security, user, from: emailOf(setup.from) },
    secret: password,
  }
}

/** One line with something in it. */
const PLAIN_LINE = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,254}$/u

function nameOf(text: string): string {
  const name = recordedName(text).trim().replace(/\s+/gu, ' ')
  if (name !== '' && [...name].length <= 100 && PLAIN_LINE.test(name)) return name
  throw new AppError('invalid', 'A destination has a name of 1 to 100 characters; policies tell it by that name.')
}
