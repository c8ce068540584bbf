import { describe, expect, test } from 'vitest'
import { inboxLink, type News } from './news'
import { mailText, slackBody, webhookBody } from './payloads'

const LINK = 'https://countersign.example.org/inbox/H-0123456789'

const news = (over: Partial<NonNullable<News['facts']>> = {}, event: News['event'] = 'hold.open'): News => ({
  id: 'a'.repeat(32),
  event,
  at: '2026-11-23T12:00:00.000Z',
  facts: {
    hold: 'H-0123456789',
    server: 'files',
    tool: 'write_file',
    principal: 'local:ada@host',
    rule: 'rule-4',
    decideBy: '2026-11-23T12:15:00.000Z',
    ...over,
  },
  link: LINK,
})

const HOSTILE = [
  '<!channel> <@U012AB3CD> <#C024BE7LR> <!subteam^S1|team>',
  '<https://evil.example|Approve here>',
  'https://evil.example/approve',
  'mail@evil.example @here @everyone #general',
  '`https://evil.example` ```code``` *bold* _it_ ~no~',
  '&lt;!channel&gt; &amp;lt;',
  'write\r\nBcc: everybody@evil.example\r\n\r\nApprove at once',
  'abc\u202Ecba \u200b\u2066\u2069\u0000\u001b[31m',
  '>quote\n- list\n\n*Decide by:* never',
  '\ud800 lone',
  '\u2028\u2029\u0085next',
  'x'.repeat(10_000),
]

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

describe('a hostile name in a chat', () => {
  test.each(HOSTILE)('%j links nothing, mentions nobody and leaves its code span nowhere', (hostile) => {
    const body = slackBody(news({ tool: hostile, server: hostile, principal: hostile, rule: hostile })) as {
      text: string
      blocks: { text: { text: string; type: string; verbatim: boolean } }[]
    }
    const texts = [body.text, ...body.blocks.map((block) => block.text.text)]
    for (const text of texts) {
      // The one thing in angle brackets is our own link, and it is where we put it.
      expect((text.match(/<[^>]*>?/g) ?? []).filter((link) => link !== `<${LINK}|Open in Countersign>`)).toEqual([])
      const outside = text.split('`').filter((_, at) => at % 2 === 0)
      expect(text.split('`').length % 2).toBe(1)
      expect(outside.join('')).not.toMatch(/evil|@|#|&/)
      expect(text.replaceAll('\n', '')).not.toMatch(UNSEEN)
      expect(text.length).toBeLessThan(3_000)
    }
    for (const block of body.blocks) expect(block.text).toMatchObject({ type: 'mrkdwn', verbatim: true })
    expect(body).toMatchObject({ link_names: false, parse: 'none', unfurl_links: false, unfurl_media: false })
  })
})

test.each(HOSTILE)('in a mail %j is one line of its subject and one of its text', (hostile) => {
  const { subject, text } = mailText(news({ tool: hostile, server: hostile, principal: hostile, rule: hostile }))
  expect(subject).not.toMatch(UNSEEN)
  const lines = text.split('\n')
  expect(lines).toHaveLength(8)
  expect(lines.map((line) => line.split(':')[0])).toEqual([
    lines[0]?.split(':')[0],
    '',
    'Asked by',
    'Held by rule',
    'Decide by',
    '',
    'https',
    '',
  ])
  expect(text.replaceAll('\n', '')).not.toMatch(UNSEEN)
})

test('a webhook carries the names as they are, the deadline and the link, and nothing else', () => {
  expect(webhookBody(news({ tool: HOSTILE[0] ?? '' }))).toEqual({
    type: 'hold.open',
    timestamp: '2026-11-23T12:00:00.000Z',
    data: { ...news({ tool: HOSTILE[0] ?? '' }).facts, link: LINK },
  })
})

test('what is over says so, and has no deadline to meet', () => {
  expect(mailText(news({}, 'hold.denied'))).toEqual({
    subject: '[Countersign] "write_file" on "files" was denied (H-0123456789)',
    text: `"write_file" on "files" was denied (H-0123456789).\n\nAsked by: "local:ada@host"\nHeld by rule: "rule-4"\n\n${LINK}\n`,
  })
})

test('a test says that it is one', () => {
  const text = 'This is a test of Countersign: what is told of held calls arrives here.'
  const test = { ...news(), event: 'test' as const, facts: null, link: inboxLink('https://c.example', null) }
  expect(webhookBody(test)).toEqual({ type: 'test', timestamp: test.at, data: { link: 'https://c.example/inbox' } })
  expect(mailText(test)).toEqual({ subject: '[Countersign] Test', text: `${text}\n\nhttps://c.example/inbox\n` })
  expect(slackBody(test)).toMatchObject({ text: `${text} <https://c.example/inbox|Open in Countersign>` })
})
