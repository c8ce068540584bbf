import type { Json } from '../json'
import { details, headline, type News, quotedName } from './news'

/** The body of a webhook: the same shape whatever happened, names as they are, for programs to read. */
export const webhookBody = ({ event, at, facts, link }: News): Json => ({
  type: event,
  timestamp: at,
  data: facts === null ? { link } : { ...facts, link },
})

/** Slack's three characters. Whoever has none of them has no link, no mention and no channel. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/**
 * A name as inert code: inside it neither Slack nor those who read its format link addresses or mention people, and it can't be left
 * because a backtick is drawn as a token.
 */
const code = (text: string): string => `\`${escaped(quotedName(text)).replaceAll('`', '\\u{60}')}\``

/** What Slack's incoming webhooks take, and others that read `text`: nothing but our own link is one. */
export function slackBody(news: News): Json {
  const first = headline(news, code)
  const lines = details(news, code).map(({ name, text }) => `*${name}:* ${text}`)
  const link = `<${escaped(news.link)}|Open in Countersign>`
  const block = (text: string): Json => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } })
  return {
    text: `${first} ${link}`,
    blocks: [block(`*${first}*`), ...(lines.length > 0 ? [block(lines.join('\n'))] : []), block(link)],
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  }
}

/** An e-mail's subject and its plain text. No line of either can be begun by whoever named a tool. */
export function mailText(news: News): { readonly subject: string; readonly text: string } {
  const first = headline(news, quotedName)
  const lines = details(news, quotedName).map(({ name, text }) => `${name}: ${text}`)
  return {
    subject: `[Countersign] ${news.event === 'test' ? 'Test' : first}`,
    text: [`${first}.`.replace(/\.\.$/, '.'), '', ...lines, ...(lines.length > 0 ? [''] : []), news.link, ''].join('\n'),
  }
}
