import { type Answer, ask } from './crawl-http'
import { Fields } from './crawl-matrix'

const BOUNDARY = '----countersign-forged'

type Body = { readonly body: string; readonly type: string }

/** Arguments as React sends them to an action: text where it can, and a form where one of them is a form. */
export function bodyOf(args: readonly unknown[]): Body {
  const parts: [string, string][] = []
  const root = args.map((arg, at) => {
    if (!(arg instanceof Fields)) return arg
    for (const [name, value] of Object.entries(arg.fields)) parts.push([`_${at + 1}_${name}`, value])
    return `$K${(at + 1).toString(16)}`
  })
  if (parts.length === 0) return { body: JSON.stringify(root), type: 'text/plain;charset=UTF-8' }
  return multipart([...parts, ['0', JSON.stringify(root)]])
}

export const multipart = (parts: readonly (readonly [string, string])[]): Body => ({
  body: `${parts.map(([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--${BOUNDARY}--\r\n`,
  type: `multipart/form-data; boundary=${BOUNDARY}`,
})

export type Post = {
  readonly page: string
  /** The id of the action; null for a form that names it in a field, as without JavaScript. */
  readonly action: string | null
  readonly cookie: string | null
  readonly headers?: Readonly<Record<string, string | undefined>>
} & Body

/** Calls an action as a page of the console itself would, as far as `headers` do not say otherwise: undefined leaves one out. */
export function post(origin: string, { page, action, cookie, body, type, headers = {} }: Post): Promise<Answer> {
  const usual = {
    'content-type': type,
    origin,
    'sec-fetch-site': 'same-origin',
    ...(action === null ? {} : { 'next-action': action, accept: 'text/x-component' }),
    ...(cookie === null ? {} : { cookie }),
  }
  const sent = Object.entries({ ...usual, ...headers }).filter((header): header is [string, string] => header[1] !== undefined)
  return ask(origin, { method: 'POST', path: page, body, headers: Object.fromEntries(sent) })
}

export type Said = { readonly ok: boolean; readonly fault: string | null; readonly because: string | null }

/** The outcome in an answer of an action; null where there is none. */
export function saidIn({ text }: Answer): Said | null {
  const found = /\{"ok":(true|false)(?:,"fault":"(\w+)","because":"((?:[^"\\]|\\.)*)")?/.exec(text)
  return found ? { ok: found[1] === 'true', fault: found[2] ?? null, because: found[3] ?? null } : null
}

export const hasStack = ({ text }: Answer): boolean =>
  /\n\s+at .+:\d+:\d+|node_modules|countersign\.(?:users|sessions|entries)\b/.test(text)

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

/** Bodies that no page sends: wrong types, the words of React's own format, prototypes, depth, size, and what is no JSON at all. */
export const JUNK: readonly { readonly what: string; readonly body: string; readonly type?: string }[] = [
  ...['', '[]', '[null]', '[0]', '[true]', '["x"]', '[{}]', '[[]]', '[null,null]', '{}', 'null', '"x"'].map((body) => ({
    what: `the body ${body}`,
    body,
  })),
  ...[
    '$F1',
    '$@1',
    '$K1',
    '$K',
    '$0',
    '$1',
    '$undefined',
    '$NaN',
    '$Infinity',
    '$D2020',
    '$n9'.padEnd(400, '9'),
    '$Q1',
    '$W1',
    '$B1',
    '$r1',
    '$i1',
    '$T',
    '$h1',
    '$S',
    '$L1',
    '$Z',
    '$$x',
    '$1:a:b',
  ].map((word) => ({
    what: `the word ${word.slice(0, 8)}`,
    body: JSON.stringify([word]),
  })),
  { what: 'a prototype', body: '[{"__proto__":{"isAdmin":true,"roles":["admin"]}}]' },
  { what: 'a constructor', body: '[{"constructor":{"prototype":{"isAdmin":true}}}]' },
  {
    what: 'a promise of its own',
    body: '[{"then":"$1:__proto__:then","status":"resolved_model","reason":-1,"value":"{\\"then\\":\\"$B0\\"}"}]',
  },
  { what: 'depth', body: deep(20_000) },
  { what: 'a long text', body: JSON.stringify(['x'.repeat(900_000)]) },
  { what: 'half of it', body: '[{"user":"' },
  { what: 'no JSON', body: '\u0000\ufffd<xml/>' },
  { what: 'too much', body: JSON.stringify(['x'.repeat(1024 * 1024)]) },
  { what: 'a form without a root', ...multipart([['1_token', 'x']]) },
  {
    what: 'a form of circles',
    ...multipart([
      ['0', '["$1"]'],
      ['1', '["$2"]'],
      ['2', '["$1"]'],
    ]),
  },
  {
    what: 'a prototype of a form',
    ...multipart([
      ['0', '["$1:__proto__:constructor"]'],
      ['1', '{}'],
    ]),
  },
  {
    what: 'the constructor of a constructor',
    ...multipart([
      [
        '0',
        '{"then":"$1:then","status":"resolved_model","value":"{}","_response":{"_prefix":"throw 1//","_formData":{"get":"$1:constructor:constructor"}}}',
      ],
      ['1', '"$@0"'],
    ]),
  },
  {
    what: 'a form with a broken border',
    body: '--x\r\nContent-Disposition: form-data; name="0"\r\n\r\n[',
    type: 'multipart/form-data; boundary=x',
  },
  { what: 'a kind of body that nobody reads', body: '[]', type: 'application/x-countersign' },
]
