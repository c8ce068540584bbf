import { describe, expect, test } from 'vitest'
import { isReachable, mailHost, webPlace } from './addresses'

const HOSTS_THAT_LEAD_INSIDE = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0x7f.0.0.1', '127.0.0.1.', '0.0.0.0', '0'],
  ...[
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '168.63.129.16',
    '0xa83f8110',
  ],
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[::ffff:169.254.169.254]'],
  ...['[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[fe80::1]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]', '[fe80::1%25eth0]'],
  ...['224.0.0.1', '255.255.255.255', '192.0.2.1', '198.18.0.1', '１２７.0.0.1', '①②⑦.⓪.⓪.①', '127。0。0。1', '%31%32%37.0.0.1'],
  ...[
    'localhost',
    'LOCALHOST',
    'a.localhost',
    'localhost.',
    'metadata.google.internal',
    'printer',
    'db.corp',
    'router.lan',
    'x.home.arpa',
    'x.test',
  ],
]

test.each(HOSTS_THAT_LEAD_INSIDE)('a webhook to %s is refused, by https and by http, with any port', (host) => {
  for (const url of [`https://${host}/hook`, `http://${host}/hook`, `https://${host}:8443/hook`])
    expect(() => webPlace(url, 'public'), url).toThrow(expect.objectContaining({ fault: 'invalid' }))
  expect(() => mailHost(host, 'public')).toThrow(expect.objectContaining({ fault: 'invalid' }))
})

test.each([
  ...[
    'http://example.org/',
    'ftp://example.org/',
    'file:///etc/passwd',
    'gopher://example.org/',
    'javascript:alert(1)',
    '//example.org/',
    '',
  ],
  ...[
    'https://example.org@127.0.0.1/',
    'https://127.0.0.1@example.org/',
    'https://user:pw@example.org/',
    'https://example.org\\@127.0.0.1/',
  ],
  ...['https://example.org#@127.0.0.1/', 'https:/example.org/', 'https:example.org', 'https://example.org /', 'https://exam\nple.org/'],
  ...['https://example.org:99999/', 'https://example.org:-1/', 'https://[::1/', 'https://example.org/#part', 'https://exa\u00admple.org/'],
  ...[`https://example.org/${'a'.repeat(3_000)}`, 'https://', 'https://.example.org/', 'https://a..example.org/'],
])('%j is no address for a webhook', (url) => {
  expect(() => webPlace(url, 'public')).toThrow(expect.objectContaining({ fault: 'invalid' }))
})

test('a public host is one, with its port and its query', () => {
  expect(webPlace('https://hooks.example.org/a?b=c', 'public')).toMatchObject({
    isTls: true,
    port: 443,
    origin: 'https://hooks.example.org',
  })
  expect(webPlace('https://93.184.216.34:8443/', 'public')).toMatchObject({ port: 8443 })
  expect(mailHost('SMTP.example.org', 'public').text).toBe('smtp.example.org')
})

describe('addresses as a resolver writes them', () => {
  test.each([
    ['8.8.8.8', true, true],
    ['2606:4700::1111', true, true],
    ['127.0.0.1', false, true],
    ['::1', false, true],
    ['10.9.8.7', false, true],
    ['172.32.0.1', true, true],
    ['172.20.0.1', false, true],
    ['100.127.0.1', false, true],
    ['fd12:3456::1', false, true],
    ['169.254.169.254', false, false],
    ['100.100.100.200', false, false],
    ['168.63.129.16', false, false],
    ['::ffff:168.63.129.16', false, false],
    ['168.63.129.17', true, true],
    ['fd00:ec2::254', false, false],
    ['fe80::1', false, false],
    ['fe80::1%eth0', false, false],
    ['0.0.0.0', false, false],
    ['::', false, false],
    ['::ffff:127.0.0.1', false, false],
    ['::ffff:169.254.169.254', false, false],
    ['224.0.0.1', false, false],
    ['255.255.255.255', false, false],
    ['localhost', false, false],
    ['', false, false],
    ['not an address', false, false],
  ] as const)('%s: from outside %s, where the own network is allowed %s', (address, publicly, privately) => {
    expect(isReachable(address, 'public')).toBe(publicly)
    expect(isReachable(address, 'private')).toBe(privately)
  })
})

test('even where the own network is allowed, nothing leads to the addresses that hand out credentials', () => {
  expect(webPlace('http://127.0.0.1:8080/hook', 'private')).toMatchObject({ isTls: false, port: 8080 })
  expect(webPlace('http://hooks.internal/', 'private').host.text).toBe('hooks.internal')
  for (const url of ['http://169.254.169.254/latest', 'http://[fd00:ec2::254]/', 'http://0xa9fea9fe/', 'http://[::ffff:a9fe:a9fe]/'])
    expect(() => webPlace(url, 'private'), url).toThrow('private or special address')
})
