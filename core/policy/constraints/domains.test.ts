import { expect, test } from 'vitest'
import type { DomainsForm } from '../document'
import { type Envelope, noFacts, type Verdict } from '../model'
import { compileAllowedDomains, compileDeniedDomains } from './domains'

const call = (args: Envelope['args']): Envelope => ({
  method: 'tools/call',
  tool: 'browser_navigate',
  server: 'browser',
  principal: { id: 'local:me@here', assurance: 'asserted' },
  session: null,
  args,
})

const domains = ['example.com', '*.example.org', 'bücher.example', '93.184.215.14', '[2606:2800:220:1::1]']
type Row = [call: string, url: string, expected: Verdict['is'], form?: Partial<DomainsForm>]

const plain: readonly Row[] = [
  ['a listed host', 'https://example.com/', 'true'],
  ['a listed host by http', 'http://example.com/a?b#c', 'true'],
  ['a listed host without a path', 'https://example.com', 'true'],
  ['a listed host in capitals', 'HTTPS://EXAMPLE.COM/', 'true'],
  ['a listed host with its usual port', 'https://example.com:443/', 'true'],
  ['an address in the query', 'https://example.com/?to=a@b.example', 'true'],
  ['a host in the path', 'https://example.com/evil.example/@x', 'true'],
  ['a subdomain under a star', 'https://a.example.org/', 'true'],
  ['a deep subdomain under a star', 'https://a.b.c.example.org/', 'true'],
  ['a name of another script', 'https://bücher.example/', 'true'],
  ['the same name as an A-label', 'https://xn--bcher-kva.example/', 'true'],
  ['a listed address', 'https://93.184.215.14/', 'true'],
  ['a listed IPv6 address', 'https://[2606:2800:220:1:0:0:0:1]/', 'true'],
  ['the parent of a star', 'https://example.org/', 'false'],
  ['a subdomain of a bare name', 'https://www.example.com/', 'false'],
  ['another host', 'https://evil.example/', 'false'],
  ['a host with the listed one in front', 'https://example.com.evil.example/', 'false'],
  ['a host that ends like the listed one', 'https://notexample.com/', 'false'],
  ['a host that ends like the star', 'https://notexample.org/', 'false'],
  ['a look-alike of another script', 'https://exаmple.com/', 'false'],
  ['a dot at the end', 'https://example.com./', 'false'],
  ['two dots at the end', 'https://example.com../', 'unknown'],
  ['a dot in front', 'https://.example.com/', 'unknown'],
  ['a doubled dot under the star', 'https://a..example.org/', 'unknown'],
  ['a semicolon before the star', 'https://evil.example;.example.org/', 'unknown'],
  ['a comma before the star', 'https://evil.example,.example.org/', 'unknown'],
]

const confusion: readonly Row[] = [
  ['user information', 'https://example.com@evil.example/', 'unknown'],
  ['a user at a listed host', 'https://me@example.com/', 'unknown'],
  ['a password', 'https://me:secret@example.com/', 'unknown'],
  ['empty user information', 'https://@example.com/', 'unknown'],
  ['an at sign behind a hash', 'https://example.com#@evil.example/', 'unknown'],
  ['an at sign behind a question mark', 'https://example.com?@evil.example/', 'unknown'],
  ['an at sign behind a port', 'https://example.com:80#@evil.example/', 'unknown'],
  ['an encoded at sign', 'https://example.com%40evil.example/', 'unknown'],
  ['an encoded letter in the host', 'https://%65xample.com/', 'unknown'],
  ['an encoded slash in the host', 'https://example.com%2f.evil.example/', 'unknown'],
  ['a backslash behind the host', 'https://example.com\\@evil.example/', 'unknown'],
  ['backslashes for slashes', 'https:\\\\evil.example/', 'unknown'],
  ['a backslash in the path', 'https://example.com/a\\b', 'unknown'],
  ['a tab in the scheme', 'ht\ttps://evil.example/', 'unknown'],
  ['a tab in the host', 'https://exam\tple.com/', 'unknown'],
  ['a newline in the host', 'https://exam\nple.com/', 'unknown'],
  ['a carriage return', 'https://example.com/\r\nHost: evil.example', 'unknown'],
  ['a blank in front', ' https://example.com/', 'unknown'],
  ['a blank behind', 'https://example.com/ ', 'unknown'],
  ['a blank in the host', 'https://example.com .evil.example/', 'unknown'],
  ['a NUL', 'https://example.com\0.evil.example/', 'unknown'],
  ['a DEL', 'https://example.com\x7f/', 'unknown'],
  ['a C1 control', 'https://example.com\x85/', 'unknown'],
  ['a no-break space', 'https://example.com\u00a0/', 'unknown'],
  ['a zero-width space', 'https://exam\u200bple.com/', 'unknown'],
  ['a soft hyphen', 'https://exam\u00adple.com/', 'unknown'],
  ['a right-to-left override', 'https://example.com/\u202egpj.exe', 'unknown'],
  ['a byte order mark', '\ufeffhttps://example.com/', 'unknown'],
  ['no slashes', 'https:example.com', 'unknown'],
  ['one slash', 'https:/example.com', 'unknown'],
  ['three slashes', 'https:///example.com', 'unknown'],
  ['no scheme', '//example.com/', 'unknown'],
  ['a bare host', 'example.com', 'unknown'],
  ['a bare host with a port', 'example.com:443', 'unknown'],
  ['nothing', '', 'unknown'],
  ['a path', '/etc/passwd', 'unknown'],
  ['quotes', '"https://example.com/"', 'unknown'],
  ['all of it encoded', 'https%3A%2F%2Fexample.com%2F', 'unknown'],
  ['full-width letters', 'https://ｅxample.com/', 'unknown'],
  ['a full-width dot', 'https://example。com/', 'unknown'],
  ['a sharp s', 'https://fußball.example.org/', 'unknown'],
  ['a final sigma', 'https://βόλος.example.org/', 'unknown'],
  ['a zero-width joiner', 'https://a\u200db.example.org/', 'unknown'],
  ['an A-label that encodes nothing', 'https://xn--/', 'unknown'],
  ['a port that is none', 'https://example.com:http/', 'unknown'],
  ['a port out of range', 'https://example.com:65536/', 'unknown'],
  ['an empty port', 'https://example.com:/', 'unknown'],
  ['two ports', 'https://example.com:443:80/', 'unknown'],
  ['a URL of 20,000 characters', `https://example.com/${'a'.repeat(20_000)}`, 'unknown'],
]

const schemes: readonly Row[] = [
  ['another port', 'https://example.com:8443/', 'false'],
  ["the other scheme's port", 'http://example.com:443/', 'false'],
  ['port 0', 'https://example.com:0/', 'false'],
  ['a listed port', 'https://example.com:8443/', 'true', { ports: [8443] }],
  ['the usual port where others are listed', 'https://example.com/', 'false', { ports: [8443] }],
  ['the usual port, listed', 'https://example.com/', 'true', { ports: [443] }],
  ['ftp', 'ftp://example.com/', 'false'],
  ['a web socket', 'wss://example.com/', 'false'],
  ['gopher', 'gopher://example.com/', 'false'],
  ['view-source', 'view-source:https://example.com/', 'unknown'],
  ['a script', 'javascript:alert(1)', 'unknown'],
  ['a script with a comment that looks like a host', 'javascript://example.com/%0aalert(1)', 'false'],
  ['data', 'data:text/html,<script>', 'unknown'],
  ['a file', 'file:///etc/passwd', 'unknown'],
  ['a file on a listed host', 'file://example.com/etc/passwd', 'false'],
  ['a nested scheme', 'jar:https://example.com!/', 'unknown'],
  ['about', 'about:blank', 'unknown'],
  ['the browser itself', 'chrome://settings/', 'false'],
  ['http where https is asked for', 'http://example.com/', 'false', { schemes: ['https'] }],
  ['a listed scheme of another kind', 'ssh://example.com/', 'true', { schemes: ['ssh'] }],
  ['a listed scheme to a number', 'ssh://2130706433/', 'false', { schemes: ['ssh'], domains: ['*'] }],
]

const star: Partial<DomainsForm> = { domains: ['*', '8.8.8.8'] }

const addresses: readonly Row[] = [
  ['any host under a bare star', 'https://whatever.example.net/', 'true', star],
  ['an address under a bare star', 'https://1.1.1.1/', 'false', star],
  ['an address under a bare star, listed', 'https://8.8.8.8/', 'true', star],
  ['a listed address in decimal', 'https://134744072/', 'true', star],
  ['loopback', 'http://127.0.0.1/', 'false', star],
  ['loopback in hexadecimal', 'http://0x7f.1/', 'false', star],
  ['loopback in one hexadecimal number', 'http://0x7f000001/', 'false', star],
  ['loopback in decimal', 'http://2130706433/', 'false', star],
  ['loopback in octal', 'http://0177.0.0.1/', 'false', star],
  ['loopback in short', 'http://127.1/', 'false', star],
  ['loopback with a dot at the end', 'http://127.0.0.1./', 'false', star],
  ['loopback in circled digits', 'http://①②⑦.⓪.⓪.①/', 'unknown', star],
  ['loopback in full-width digits', 'http://１２７.0.0.1/', 'unknown', star],
  ['another loopback', 'http://127.255.255.254/', 'false', star],
  ['the unspecified address', 'http://0.0.0.0/', 'false', star],
  ['the unspecified address in short', 'http://0/', 'false', star],
  ['the metadata service', 'http://169.254.169.254/latest/meta-data/', 'false', star],
  ['the metadata service in decimal', 'http://2852039166/', 'false', star],
  ['ten', 'http://10.0.0.1/', 'false', star],
  ['the last of 172.16/12', 'http://172.31.255.255/', 'false', star],
  ['192.168', 'http://192.168.1.1/', 'false', star],
  ['carrier NAT', 'http://100.100.100.200/', 'false', star],
  ['multicast', 'http://224.0.0.1/', 'false', star],
  ['broadcast', 'http://255.255.255.255/', 'false', star],
  ['an address beyond the last', 'http://256.0.0.1/', 'unknown', star],
  ['IPv6 loopback', 'http://[::1]/', 'false', star],
  ['IPv6 loopback in full', 'http://[0:0:0:0:0:0:0:1]/', 'false', star],
  ['IPv6 unspecified', 'http://[::]/', 'false', star],
  ['mapped loopback', 'http://[::ffff:127.0.0.1]/', 'false', star],
  ['mapped loopback in hexadecimal', 'http://[::ffff:7f00:1]/', 'false', star],
  ['a mapped public address', 'http://[::ffff:8.8.8.8]/', 'false', star],
  ['compatible loopback', 'http://[::127.0.0.1]/', 'false', star],
  ['6to4 of ten', 'http://[2002:a00:1::]/', 'false', star],
  ['NAT64 of the metadata service', 'http://[64:ff9b::a9fe:a9fe]/', 'false', star],
  ['local NAT64', 'http://[64:ff9b:1::a9fe:a9fe]/', 'false', star],
  ['Teredo', 'http://[2001:0:4136:e378::1]/', 'false', star],
  ['unique local', 'http://[fd00:ec2::254]/', 'false', star],
  ['link local', 'http://[fe80::1]/', 'false', star],
  ['link local with a zone', 'http://[fe80::1%25eth0]/', 'unknown', star],
  ['documentation', 'http://[2001:db8::1]/', 'false', star],
  ['a public IPv6 address', 'http://[2606:4700::1111]/', 'false', star],
  ['an open bracket', 'http://[::1/', 'unknown', star],
  ['a private address, listed', 'http://10.0.0.1/', 'false', { domains: ['10.0.0.1'] }],
  ['a private address, listed and allowed', 'http://10.0.0.1/', 'true', { domains: ['10.0.0.1'], privateAddresses: 'allow' }],
  ['a private address, allowed but not listed', 'http://10.0.0.1/', 'false', { domains: ['*'], privateAddresses: 'allow' }],
  ['IPv6 loopback, listed bare', 'http://[::1]/', 'true', { domains: ['::1'], privateAddresses: 'allow' }],
  ['localhost', 'http://localhost/', 'false', star],
  ['a name below localhost', 'http://a.localhost/', 'false', star],
  ['localhost with a dot', 'http://localhost./', 'false', star],
  ['a multicast DNS name', 'http://printer.local/', 'false', star],
  ['an internal name', 'http://metadata.google.internal/', 'false', star],
  ['a name without dots', 'http://intranet/', 'false', star],
  ['a home network name', 'http://router.home.arpa/', 'false', star],
  ['localhost, listed', 'http://localhost/', 'true', { domains: ['localhost'] }],
  ['an internal name below a listed parent', 'http://a.corp.internal/', 'true', { domains: ['*.corp.internal'] }],
]

test.each([...plain, ...confusion, ...schemes, ...addresses])('%s (%s) is %s under allowedDomains', (_call, url, expected, form) => {
  expect(compileAllowedDomains({ domains, ...form }).check(call({ url }), noFacts)).toMatchObject({ is: expected })
})

test.each<Row>([
  ['another host', 'https://example.com/', 'true'],
  ['the host', 'https://evil.example/', 'false'],
  ['the host in capitals', 'https://EVIL.example/', 'false'],
  ['the host with a dot at the end', 'https://evil.example./', 'false'],
  ['the host on another port', 'https://evil.example:8443/', 'false'],
  ['the host by another scheme', 'ftp://evil.example/', 'false'],
  ['a subdomain of a bare name', 'https://a.evil.example/', 'true'],
  ['a subdomain of a star', 'https://a.bad.example/', 'false'],
  ['the name of another script as an A-label', 'https://xn--bse-sna.example/', 'false'],
  ['a denied address mapped into IPv6', 'https://[::ffff:9.9.9.9]/', 'false', { privateAddresses: 'allow' }],
  ['a denied address behind 6to4', 'https://[2002:909:909::]/', 'false', { privateAddresses: 'allow' }],
  ['a denied address in hexadecimal', 'https://0x09090909/', 'false'],
  ['loopback', 'http://127.0.0.1/', 'false'],
  ['loopback, permitted', 'http://127.0.0.1/', 'true', { privateAddresses: 'allow' }],
  ['localhost', 'http://localhost:3000/', 'false'],
  ['localhost with a dot', 'http://localhost./', 'false'],
  ['a URL that can not be read', 'https://me@evil.example/', 'unknown'],
  ['the host encoded', 'https://%65vil.example/', 'unknown'],
  ['no URL', 'evil', 'unknown'],
  ['a scheme the denial leaves out', 'http://evil.example/', 'true', { schemes: ['https'] }],
  ['a port the denial leaves out', 'https://evil.example/', 'true', { ports: [8443] }],
])('%s (%s) is %s under deniedDomains', (_call, url, expected, form) => {
  const bound = compileDeniedDomains({ domains: ['evil.example', '*.bad.example', 'böse.example', '9.9.9.9'], ...form })
  const verdict = bound.check(call({ url }), noFacts)
  expect(verdict).toMatchObject(expected === 'false' ? { is: 'false', hit: true } : { is: expected })
})

test.each([
  ['a second URL the rule did not name', { url: 'https://example.com/', to: 'https://evil.example/' }, 'false'],
  ['a URL in an argument for paths', { url: 'https://example.com/', path: 'https://evil.example/' }, 'false'],
  ['a URL in nested JSON', { url: 'https://example.com/', x: '{"to":"https:\\u002f\\u002fevil.example"}' }, 'false'],
  ['a URL that is a key', { url: 'https://example.com/', x: { 'https://evil.example/': 1 } }, 'false'],
  ['a URL without a scheme elsewhere', { url: 'https://example.com/', x: '//evil.example/' }, 'unknown'],
  ['a network share elsewhere', { url: 'https://example.com/', x: '\\\\evil.example\\share' }, 'unknown'],
  ['a scheme nobody can place', { url: 'https://example.com/', x: 'javascript:alert(1)' }, 'unknown'],
  ['a host and port nobody can place', { url: 'https://example.com/', x: 'localhost:3000' }, 'unknown'],
  ['a URL inside text', { url: 'https://example.com/', x: 'see https://evil.example/' }, 'unknown'],
  ['a list of URLs', { urls: ['https://example.com/', 'https://evil.example/'] }, 'false'],
  ['a URL in content', { url: 'https://example.com/', content: 'see https://evil.example/' }, 'true'],
  ['a path beside a URL', { url: 'https://example.com/', path: '/tmp/a' }, 'true'],
  ['a new tab as Playwright asks for it', { action: 'new', url: 'https://example.com/' }, 'true'],
  ['no URL', {}, 'unknown'],
] as const)('%s is found: %s', (_call, args, expected) => {
  expect(compileAllowedDomains({ domains }).check(call(args), noFacts)).toMatchObject({ is: expected })
})

test.each([
  ['the argument it names', { page: 'https://example.com/' }, 'true'],
  ['a URL in another argument', { page: 'https://example.com/', next: 'https://example.com/' }, 'unknown'],
  ['plain text in another argument', { page: 'https://example.com/', next: 'a/b' }, 'true'],
  ['its argument missing', { url: 'https://example.com/' }, 'unknown'],
] as const)('a bound that names an argument looks at %s', (_call, args, expected) => {
  expect(compileAllowedDomains({ domains, args: ['page'] }).check(call(args), noFacts)).toMatchObject({ is: expected })
})

test.each(['exa mple.com', 'https://example.com', 'example.com/', 'a*.example.com', '*.*.example.com', 'me@example.com', ''])(
  'the entry %j is refused',
  (domain) => {
    expect(() => compileAllowedDomains({ domains: [domain] })).toThrow(/is not a host/)
  },
)

test('a private address is never turned into a question', () => {
  expect(compileAllowedDomains({ domains }).check(call({ url: 'http://169.254.169.254/' }), noFacts)).toMatchObject({
    is: 'false',
    hit: true,
  })
})

test.each([
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '192.0.0.8', '192.0.2.1', '192.31.196.1'],
  ...[
    '192.52.193.1',
    '192.88.99.1',
    '192.168.0.1',
    '192.175.48.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '239.1.1.1',
    '240.0.0.1',
  ],
  ...['[::]', '[::1]', '[::ffff:8.8.8.8]', '[::ffff:0:8.8.8.8]', '[64:ff9b::808:808]', '[64:ff9b:1::1]', '[100::1]', '[100:0:0:1::1]'],
  ...['[2001::1]', '[2001:20::1]', '[2001:db8::1]', '[2002:808:808::1]', '[2620:4f:8000::1]', '[3fff:fff::1]', '[5f00::1]'],
  ...['[fc00::1]', '[fdff::1]', '[febf::1]', '[fec0::1]', '[ff02::1]'],
])('%s is special, listed or not', (host) => {
  const verdict = compileAllowedDomains({ domains: ['*', host] }).check(call({ url: `http://${host}/` }), noFacts)
  expect(verdict).toMatchObject({ is: 'false', hit: true })
})

test.each([
  '9.255.255.255',
  '100.128.0.1',
  '172.32.0.1',
  '198.20.0.1',
  '223.255.255.255',
  '[2001:200::1]',
  '[2003::1]',
  '[2606:4700::1111]',
  '[fbff::1]',
])('%s is not special', (host) => {
  expect(compileAllowedDomains({ domains: [host] }).check(call({ url: `http://${host}/` }), noFacts)).toEqual({ is: 'true' })
})
