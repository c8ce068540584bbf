import type { Dice } from './dice'

const PIECES = [
  'srv',
  'srv',
  'data',
  'data',
  'etc',
  'tmp',
  '..',
  '..',
  '.',
  '',
  '%2e%2e',
  '%252e%252e',
  '%2525252e',
  '%2f',
  'link',
  'dangling',
  'a b',
  'é',
  'e\u0301',
  'x.txt',
  'DATA',
]

const PATHS = [
  '/srv/data/a.txt',
  '/srv/data/a.txt',
  '/srv/data/sub/b.txt',
  '/srv/data',
  '/srv/data/',
  '/srv/data/./sub//../c',
  '/tmp/x',
  '/home/user/projects/p',
  '/srv/data/../../etc/passwd',
  '/srv/database/x',
  '/srv/data2',
  '//srv/data/a.txt',
  '//etc/../srv/data/sub',
  '/etc/passwd',
  '/ETC/passwd',
  '/',
  '/srv',
  '/srv/data/%2e%2e/%2e%2e/etc/passwd',
  '/srv/data/%252e%252e/%252e%252e/etc/passwd',
  '/srv/data/100%',
  '/srv/data/%ff',
  '/srv/data/a%20b',
  '/srv/data\\..\\..\\etc',
  '~/.ssh/id_rsa',
  '~root',
  'C:\\Windows\\system32',
  'c:/srv/data',
  '\\\\host\\share\\x',
  'file:///etc/passwd',
  'file:///srv/data/a.txt',
  'FILE://localhost/etc/passwd',
  '"/etc/passwd"',
  "'/srv/data/a.txt'",
  ' /etc/passwd',
  '/srv/data/a.txt ',
  'notes/today.txt',
  'x.txt',
  '../x.txt',
  '/srv/data/a\0b',
  '/srv/data/é',
  '/srv/data/e\u0301',
  '/SRV/DATA/x',
  '/srv/data/link/passwd',
  '/srv/data/dangling/x',
  '',
]

const URLS = [
  'https://api.example.com/v1',
  'https://api.example.com/v1',
  'http://api.example.com/',
  'https://API.Example.COM/x',
  'https://api.example.com:8443/',
  'https://api.example.com:443/',
  'https://sub.example.org/a?b=c',
  'https://deep.sub.example.org/',
  'https://example.org/',
  'https://notexample.org/',
  'https://evil.net/',
  'https://api.example.com@evil.net/',
  'https://user:pw@api.example.com/',
  'https://127.0.0.1/',
  'https://0x7f.1/',
  'https://2130706433/',
  'https://[::1]/',
  'https://8.8.8.8/',
  'https://10.1.2.3/latest',
  'https://169.254.169.254/latest/meta-data',
  'ftp://api.example.com/f',
  'https://api.example.com./',
  'https://localhost/',
  'https:\\\\api.example.com\\x',
  ' https://api.example.com/',
  'https://api.example.com/a b',
  'https://api.example.com/\n',
  'api.example.com',
  '//api.example.com/x',
  'javascript:alert(1)',
  'https://',
  'https://bücher.example.org/',
  'https://api.example.com%2eevil.net/',
]

const COMMANDS = [
  'git status',
  'git status',
  'git log',
  'git log -3',
  'git log --oneline main',
  'git diff main',
  'git diff --output=x',
  'git  status',
  "git 'status'",
  'git "status"',
  'git status extra',
  'git status; rm -rf /',
  'git status && id',
  'git status | tee x',
  'git log $(id)',
  'git log `id`',
  'git log > x',
  'git status\nid',
  'FOO=1 git status',
  'git "log',
  'ls /tmp',
  'ls *.txt',
  '',
]

const TEXTS = ['safe', 'fast', 'plain words', 'and/or', 'a..b', 'note: later', 'back\\slash', 'see https://evil.net/', 'ok']

export const TOOLS = ['read_file', 'write_file', 'run', 'fetch_url', 'delete_all']

const SPELLINGS = [
  'Read_File',
  'WRITE_FILE',
  'r\u0435ad_file',
  'read\u200b_file',
  '\uff52\uff55\uff4e',
  'run ',
  'unlisted',
  'read_file2',
  'Delete_All',
  '',
]

export const toolName = (on: Dice): string => (on.chance(80) ? on.pick(TOOLS) : on.pick(SPELLINGS))

export const path = (on: Dice): string => {
  if (on.chance(70)) return on.pick(PATHS)
  const joined = on.some(PIECES, 6).join(on.pick(['/', '/', '\\', '%2f']))
  return (on.chance(80) ? '/' : '') + (on.chance(50) ? 'srv/data/' : '') + joined
}

export const url = (on: Dice): string => on.pick(URLS)

export const command = (on: Dice): string => on.pick(COMMANDS)

export const text = (on: Dice): string => on.pick(TEXTS)
