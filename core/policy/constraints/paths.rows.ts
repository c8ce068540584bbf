import type { Argument, Verdict } from '../model'

/** One call of a filesystem tool, and what `allowedPaths: [root]` without facts must say of it. */
export type PathRow = {
  readonly call: string
  readonly tool: string
  readonly args: { readonly [key: string]: Argument }
  readonly expected: Verdict['is']
}

/** Where the rows play: a folder that is allowed, and one that is not. Both absolute, ASCII, without a slash at the end. */
export type Ground = { readonly root: string; readonly outside: string }

type Args = PathRow['args']

const read = (expected: PathRow['expected']) => (call: string, path: string) => ({ call, tool: 'read_text_file', args: { path }, expected })
const inside = read('true')
const beyond = read('false')
const unread = read('unknown')

const other = (expected: PathRow['expected'], tool: string, call: string, args: Args): PathRow => ({ call, tool, args, expected })

/** `/` -> `%2F`, every character. */
const encoded = (text: string): string => [...text].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

const doubly = (text: string): string => encoded(text).replaceAll('%', '%25')

const backslashed = (text: string): string => text.replaceAll('/', '\\')

const plain = ({ root, outside }: Ground): readonly PathRow[] => [
  inside('a file in the folder', `${root}/a.txt`),
  inside('a file three folders down', `${root}/one/two/three/a.txt`),
  inside('the folder itself', root),
  inside('the folder itself with a slash', `${root}/`),
  inside('a folder with a slash', `${root}/one/`),
  inside('a doubled slash in the middle', `${root}//a.txt`),
  inside('a dot component', `${root}/./a.txt`),
  inside('a climb that stays inside', `${root}/one/../a.txt`),
  inside('a climb to the folder itself', `${root}/one/..`),
  inside('a climb out and back in', `${root}/../${root.split('/').at(-1)}/a.txt`),
  inside('a hidden file', `${root}/.hidden`),
  inside('a name that begins with two dots', `${root}/..a`),
  inside('a name that ends with dots', `${root}/a..`),
  inside('a blank in a name', `${root}/my file.txt`),
  inside('a name in another script', `${root}/файл.txt`),
  inside('an emoji', `${root}/🙂.txt`),
  inside('a per cent sign that encodes nothing', `${root}/100%`),
  inside('a per cent sign before letters', `${root}/50%zz`),
  inside('an encoded blank', `${root}/my%20file.txt`),
  inside('an encoded slash below the folder', `${root}/one%2Fa.txt`),
  inside('an apostrophe in a name', `${root}/it's.txt`),
  inside('a colon in a name', `${root}/12:30.txt`),
  inside('a backslash in a name below the folder', `${root}/a\\b.txt`),
  inside('shell characters that mean nothing to a file system', `${root}/$(id);&|.txt`),
  inside('a tilde in a name', `${root}/a.txt~`),
  beyond('another folder', `${outside}/canary.txt`),
  beyond('the other folder itself', outside),
  beyond('the file system root', '/'),
  beyond('the parent of the folder', root.slice(0, root.lastIndexOf('/')) || '/'),
  beyond('a system file', '/etc/passwd'),
  beyond('a process file', '/proc/self/environ'),
  beyond('a device', '/dev/stdin'),
]

const siblings = ({ root, outside }: Ground): readonly PathRow[] => [
  beyond('a sibling that shares the prefix (CVE-2025-53110)', `${root}foo/canary.txt`),
  beyond('a sibling that is the folder plus a dash', `${root}-secret/canary.txt`),
  beyond('a sibling that is the folder plus a dot', `${root}.bak/canary.txt`),
  beyond('a sibling that is the folder plus a blank', `${root} /canary.txt`),
  unread('the folder with backslashes for slashes', `${backslashed(root)}\\..\\canary.txt`),
  beyond('the folder in capitals', `${root.toUpperCase()}/a.txt`),
  beyond('the folder in capitals with a climb', `${root.toUpperCase()}/../a.txt`),
  beyond('the folder cut short', root.slice(0, -1)),
  beyond('the folder below another', `${outside}${root}/a.txt`),
  beyond('the folder with an invisible character', `${root}\u200b/a.txt`),
  beyond(
    'the folder in full-width letters',
    `/${[...root.slice(1)].map((c) => (c === '/' ? c : String.fromCharCode(c.charCodeAt(0) + 0xfee0))).join('')}/a`,
  ),
  beyond('the folder with a soft hyphen', `${root}\u00ad/a.txt`),
]

const climbs = ({ root, outside }: Ground): readonly PathRow[] => [
  beyond('a climb', `${root}/../canary.txt`),
  beyond('a climb by two', `${root}/../../etc/passwd`),
  beyond('a climb past the root', `${root}/${'../'.repeat(40)}etc/passwd`),
  beyond('a climb after descending', `${root}/one/two/../../../canary.txt`),
  beyond('a climb with doubled slashes', `${root}//..//..//etc/passwd`),
  beyond('a climb with dot components', `${root}/./.././../etc/passwd`),
  beyond('a climb at the end', `${root}/..`),
  beyond('a climb at the end with a slash', `${root}/../`),
  beyond('a climb to the other folder', `${root}/../..${outside}/canary.txt`),
  beyond('a climb with backslashes', `${root}\\..\\..\\etc\\passwd`),
  beyond('a climb with mixed separators', `${root}/..\\../etc/passwd`),
  beyond('a climb with one backslash', `${root}/one\\../../../etc/passwd`),
  beyond('a climb behind a backslashed folder', `${root}/a\\..\\..\\..\\canary.txt`),
  unread('a climb with a blank behind the dots', `${root}/.. /canary.txt`),
  unread('a climb with three dots', `${root}/.../canary.txt`),
  unread('a climb with a no-break space behind the dots', `${root}/..\u00a0/canary.txt`),
  unread('a climb with a tab between the dots', `${root}/.\t./canary.txt`),
  unread('a climb with a newline between the dots', `${root}/one/.\n./../canary.txt`),
]

const encodings = ({ root, outside }: Ground): readonly PathRow[] => [
  beyond('an encoded climb', `${root}/%2e%2e/canary.txt`),
  beyond('an encoded climb in capitals', `${root}/%2E%2E/canary.txt`),
  beyond('a half encoded climb', `${root}/.%2e/canary.txt`),
  beyond('an encoded slash in a climb', `${root}/..%2fcanary.txt`),
  beyond('an encoded backslash in a climb', `${root}/..%5ccanary.txt`),
  beyond('a climb encoded twice', `${root}/%252e%252e/canary.txt`),
  beyond('a climb encoded three times', `${root}/%25252e%25252e/canary.txt`),
  unread('a climb encoded four times', `${root}/%2525252e%2525252e/canary.txt`),
  unread('a blank encoded four times', `${root}/%25252520`),
  beyond('a climb in UTF-16 escapes', `${root}/%u002e%u002e/canary.txt`),
  unread('an overlong dot', `${root}/%c0%ae%c0%ae/canary.txt`),
  unread('an overlong slash', `${root}/..%c0%afcanary.txt`),
  unread('an overlong slash of three bytes', `${root}/..%e0%80%afcanary.txt`),
  unread('encoded bytes that are no UTF-8', `${root}/%ff`),
  unread('an encoded surrogate', `${root}/%ed%a0%80`),
  unread('a NUL', `${root}/a.txt\0`),
  unread('a NUL before a suffix', `${outside}/canary.txt\0.png`),
  unread('an encoded NUL', `${root}/a%00.txt`),
  unread('a doubly encoded NUL', `${root}/a%2500.txt`),
  unread('another folder, all of it encoded', encoded(`${outside}/canary.txt`)),
  unread('another folder, all of it encoded twice', doubly(`${outside}/canary.txt`)),
  unread('the folder, all of it encoded', encoded(`${root}/a.txt`)),
  beyond('a climb whose second half is encoded', `${root}/one/%2e%2e/%2e%2e/canary.txt`),
  beyond('an encoded climb behind a malformed escape', `${root}/%zz/%2e%2e/%2e%2e/canary.txt`),
  beyond('an escape that decoding completes', `${root}/%%32%65%%32%65/canary.txt`),
]

const dressings = ({ root, outside }: Ground): readonly PathRow[] => [
  unread('a blank in front', ` ${root}/a.txt`),
  unread('another folder with a blank in front', ` ${outside}/canary.txt`),
  inside('a blank behind', `${root}/a.txt `),
  unread('a climb and a blank at the end', `${root}/.. `),
  unread('quotes', `"${outside}/canary.txt"`),
  unread('quotes round the folder', `"${root}/a.txt"`),
  unread('an apostrophe in front', `'${outside}/canary.txt`),
  inside('a quote behind', `${root}/a.txt"`),
  unread('a newline in front', `\n${outside}/canary.txt`),
  unread('a byte order mark in front', `\ufeff${outside}/canary.txt`),
  unread('an empty path', ''),
  unread('nothing but a blank', ' '),
  unread('nothing but quotes', '""'),
  unread('a name of 10,000 characters', `${root}/${'a'.repeat(10_000)}`),
]

const relatives = ({ root, outside }: Ground): readonly PathRow[] => [
  unread('a relative name', 'a.txt'),
  unread('a relative path', 'one/a.txt'),
  unread('the folder without its slash', root.slice(1)),
  unread('here', '.'),
  unread('up', '..'),
  unread('up and down', `..${outside}/canary.txt`),
  unread('a home folder', '~'),
  unread('a file at home', '~/.ssh/id_rsa'),
  unread("somebody else's home", '~root/.ssh/id_rsa'),
  unread('an environment variable', '$HOME/.ssh/id_rsa'),
  unread('a Windows variable', '%USERPROFILE%\\secret'),
  unread('a dash', '-'),
  unread('an option', '--output=/etc/passwd'),
]

const drives = ({ root, outside }: Ground): readonly PathRow[] => [
  beyond('a drive', 'C:\\Windows\\System32\\config\\SAM'),
  beyond('a drive with slashes', 'C:/Windows/win.ini'),
  beyond('the folder on a drive', `C:${root}/a.txt`),
  unread('a path relative to a drive', 'C:secret.txt'),
  unread('a drive alone', 'C:'),
  beyond('a network share', '\\\\server\\share\\secret.txt'),
  beyond('a network share with slashes', '//server/share/secret.txt'),
  beyond('the folder behind two slashes', `/${root}/a.txt`),
  beyond('another folder behind two slashes', `/${outside}/canary.txt`),
  beyond('a device path', '\\\\?\\C:\\secret.txt'),
  beyond('a device path of another kind', '\\\\.\\C:\\secret.txt'),
  unread('another folder with backslashes', backslashed(`${outside}/canary.txt`)),
  unread('the folder with backslashes', backslashed(`${root}/a.txt`)),
]

const urls = ({ root, outside }: Ground): readonly PathRow[] => [
  unread('a file URL in an argument for paths', `file://${root}/a.txt`),
  unread('a file URL of another folder', `file://${outside}/canary.txt`),
  unread('a file URL with a host', `file://localhost${outside}/canary.txt`),
  unread('a web URL', `https://example.com${root}/a.txt`),
  unread('an archive URL', `jar:file://${outside}/a.jar!/canary.txt`),
  other('true', 'read_resource', 'a file URL in an argument for URLs', { uri: `file://${root}/a.txt` }),
  other('true', 'read_resource', 'a file URL with localhost', { uri: `file://localhost${root}/a.txt` }),
  other('true', 'read_resource', 'a file URL with one slash', { uri: `file:${root}/a.txt` }),
  other('true', 'read_resource', 'a file URL in capitals', { uri: `FILE://${root}/a.txt` }),
  other('false', 'read_resource', 'a file URL of another folder, in an argument for URLs', { uri: `file://${outside}/canary.txt` }),
  other('false', 'read_resource', 'a file URL that climbs', { uri: `file://${root}/../canary.txt` }),
  other('false', 'read_resource', 'a file URL with an encoded climb', { uri: `file://${root}/%2e%2e/canary.txt` }),
  other('false', 'read_resource', 'a file URL of another host', { uri: `file://evil.example${root}/a.txt` }),
  other('false', 'read_resource', 'a file URL whose query climbs back', { uri: `file://${outside}/canary.txt?/../..${root}/a` }),
  other('false', 'read_resource', 'a file URL of a drive', { uri: 'file:///C:/secret.txt' }),
  other('false', 'read_resource', 'a file URL with backslashes', { uri: `file:\\\\\\${backslashed(outside)}\\canary.txt` }),
  other('unknown', 'read_resource', 'a file URL broken by a newline', { uri: `fi\nle://${outside}/canary.txt` }),
]

const patterns = ({ root, outside }: Ground): readonly PathRow[] => [
  other('true', 'search_files', 'a search with globs', { path: root, pattern: '**/*.ts', excludePatterns: ['node_modules/**', '.git'] }),
  other('unknown', 'search_files', 'a pattern that climbs', { path: root, pattern: '../**' }),
  other('false', 'search_files', 'an absolute pattern outside', { path: root, pattern: `${outside}/**` }),
  other('unknown', 'search_files', 'a pattern with an absolute alternative', { path: root, pattern: '{a,/etc}/**' }),
  other('unknown', 'search_files', 'a pattern whose alternatives hold half a climb', { path: root, pattern: `${root}/{.,x}./canary.txt` }),
  other('true', 'search_files', 'a pattern with harmless alternatives', { path: root, pattern: 'src/**/*.{test,spec}.@(ts|js)' }),
  other('unknown', 'search_files', 'a relative pattern whose alternatives spell a climb', { path: root, pattern: '.{.,x}/canary.txt' }),
  other('unknown', 'search_files', 'a relative pattern whose empty alternative spells a climb', {
    path: root,
    pattern: '.{,x}./canary.txt',
  }),
  other('unknown', 'search_files', 'a pattern whose empty alternative leaves a separator first', {
    path: root,
    pattern: '{,x}/etc/passwd',
  }),
  other('unknown', 'search_files', 'an extended glob that spells a climb', { path: root, pattern: '@(.|x)./canary.txt' }),
  other('unknown', 'search_files', 'an extended glob that repeats a dot', { path: root, pattern: '+(.)/canary.txt' }),
  other('unknown', 'search_files', 'a pattern whose escapes hide a climb', { path: root, pattern: '.\\./canary.txt' }),
  other('unknown', 'search_files', 'a pattern that old shells match with ".."', { path: root, pattern: '.*/canary.txt' }),
  other('unknown', 'search_files', 'a pattern with too many alternatives to look at', { path: root, pattern: '{a,b}/'.repeat(20) }),
  other('unknown', 'search_files', 'the same in an argument of another name', { path: root, x: `${root}/{.,x}./canary.txt` }),
  other('unknown', 'directory_tree', 'an exclusion that climbs', { path: root, excludePatterns: ['../..'] }),
]

const shapes = ({ root, outside }: Ground): readonly PathRow[] => [
  other('true', 'read_multiple_files', 'several files inside', { paths: [`${root}/a`, `${root}/b`] }),
  other('false', 'read_multiple_files', 'one file of several outside', { paths: [`${root}/a`, `${outside}/canary.txt`] }),
  other('unknown', 'read_multiple_files', 'a relative name among several', { paths: [`${root}/a`, 'canary.txt'] }),
  other('unknown', 'read_multiple_files', 'a number among paths', { paths: [`${root}/a`, 3] }),
  other('unknown', 'read_multiple_files', 'no file at all', { paths: [] }),
  other('true', 'move_file', 'a move inside', { source: `${root}/a`, destination: `${root}/b` }),
  other('false', 'move_file', 'a move out', { source: `${root}/a`, destination: `${outside}/b` }),
  other('false', 'move_file', 'a move in', { source: `${outside}/canary.txt`, destination: `${root}/b` }),
  other('unknown', 'move_file', 'a move to a relative name', { source: `${root}/a`, destination: 'b' }),
  other('true', 'write_file', 'content that looks like a path', { path: `${root}/a`, content: '/etc/passwd\n../..' }),
  other('true', 'edit_file', 'edits that look like paths', {
    path: `${root}/a`,
    edits: [{ oldText: '/etc', newText: '../' }],
    dryRun: true,
  }),
  other('true', 'read_text_file', 'the first lines', { path: `${root}/a`, head: 5 }),
  other('true', 'list_directory_with_sizes', 'a sorted listing', { path: root, sortBy: 'size' }),
  other('unknown', 'read_text_file', 'no path', {}),
  other('unknown', 'read_text_file', 'a path that is null', { path: null }),
  other('unknown', 'read_text_file', 'a path that is a number', { path: 0 }),
  other('unknown', 'read_text_file', 'a path that is a flag', { path: true }),
  other('unknown', 'read_text_file', 'a path inside an object', { path: { value: 'canary.txt' } }),
  other('false', 'read_text_file', 'a second path the rule did not name', { path: `${root}/a`, file: `${outside}/canary.txt` }),
  other('false', 'read_text_file', 'a path in an argument of another name', { path: `${root}/a`, x: `${outside}/canary.txt` }),
  other('unknown', 'read_text_file', 'text with a separator nobody can place', { path: `${root}/a`, x: 'etc/passwd' }),
  other('unknown', 'read_text_file', 'a scheme nobody can place', { path: `${root}/a`, x: 'vscode:open' }),
  other('false', 'read_text_file', 'a path that is a key', { path: `${root}/a`, x: { [`${outside}/canary.txt`]: 1 } }),
  other('false', 'read_text_file', 'a path in nested JSON', { path: `${root}/a`, x: JSON.stringify({ y: [`${outside}/c`] }) }),
  other('false', 'read_text_file', 'an escaped path in nested JSON', { path: `${root}/a`, x: '["\\u002fetc\\u002fpasswd"]' }),
  other('unknown', 'read_text_file', 'nested JSON with a name twice', { path: `${root}/a`, x: `{"p":"${outside}/c","p":"${root}/a"}` }),
  other('false', 'read_text_file', 'a path in quotes in another argument', { path: `${root}/a`, x: `"${outside}/canary.txt"` }),
]

/** Every row, on this ground. */
export const pathRows = (ground: Ground): readonly PathRow[] =>
  [plain, siblings, climbs, encodings, dressings, relatives, drives, urls, patterns, shapes].flatMap((rows) => rows(ground))
