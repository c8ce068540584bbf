/*
 * The closed lists of argument names. A change to them is a change of the language version. Names are compared without case, `_`, `-`
 * and trailing digits: `file_path`, `filePath` and `filePath2` are one name.
 */

/** Names whose text is a path, whatever it looks like. */
export const pathArgumentNames: readonly string[] = [
  'cwd',
  'dest',
  'destination',
  'destinations',
  'dst',
  'filename',
  'filenames',
  'filepath',
  'filepaths',
  'location',
  'newname',
  'oldname',
  'root',
  'roots',
  'source',
  'sources',
  'src',
  'workdir',
  'workspace',
]

/** A name whose last word (`outputPath`, `target_dir`) is one of these is a path argument too. */
export const pathArgumentWords: readonly string[] = [
  'dir',
  'directories',
  'directory',
  'dirs',
  'file',
  'filename',
  'filenames',
  'filepath',
  'files',
  'folder',
  'folders',
  'path',
  'paths',
]

/** Names whose text is a URL, whatever it looks like. */
export const urlArgumentNames: readonly string[] = ['address', 'domain', 'endpoint', 'host', 'hostname', 'origin', 'proxy', 'website']

/** A name whose last word (`startUrl`, `callback_uri`) is one of these is a URL argument too. */
export const urlArgumentWords: readonly string[] = ['href', 'uri', 'uris', 'url', 'urls']

/** Globs and search patterns: a relative one that cannot climb is neither path nor URL, any other is judged as a path. */
export const patternArgumentNames: readonly string[] = [
  'exclude',
  'excludepatterns',
  'glob',
  'globs',
  'include',
  'includepatterns',
  'pattern',
  'patterns',
]

/** Text that is carried, not acted on: exempt. Only the text itself; what an object under such a name holds is judged by its own names. */
export const contentArgumentNames: readonly string[] = [
  'body',
  'caption',
  'comment',
  'content',
  'contents',
  'contenttype',
  'description',
  'html',
  'markdown',
  'message',
  'mimetype',
  'newcontent',
  'newstr',
  'newstring',
  'newtext',
  'oldcontent',
  'oldstr',
  'oldstring',
  'oldtext',
  'summary',
  'text',
  'timezone',
  'title',
]

/** Names whose text is a command line. */
export const commandArgumentNames: readonly string[] = ['cmd', 'command', 'commandline', 'shellcommand']

/** Beside a command these would change what it does: a command bound that does not name them can't be read. */
export const commandCompanionNames: readonly string[] = [
  'argv',
  'args',
  'arguments',
  'env',
  'environment',
  'flags',
  'input',
  'options',
  'script',
  'shell',
  'stdin',
]

export type NameKind = 'path' | 'url' | 'pattern' | 'content' | 'other'

const EXACT = new Map<string, NameKind>([
  ...pathArgumentNames.map((name) => [name, 'path'] as const),
  ...urlArgumentNames.map((name) => [name, 'url'] as const),
  ...patternArgumentNames.map((name) => [name, 'pattern'] as const),
  ...contentArgumentNames.map((name) => [name, 'content'] as const),
])

const LAST_WORD = new Map<string, NameKind>([
  ...pathArgumentWords.map((word) => [word, 'path'] as const),
  ...urlArgumentWords.map((word) => [word, 'url'] as const),
])

const LONGEST = 64

/** `file_path2` -> `filepath`. A longer name than any in the lists stays as it is. */
export const foldArgumentName = (name: string): string =>
  name.length > LONGEST ? name : name.replace(/\d+$/, '').replace(/[_-]/g, '').toLowerCase()

/** What the closed lists say about a name. */
export function kindOfName(name: string): NameKind {
  return EXACT.get(foldArgumentName(name)) ?? LAST_WORD.get(lastWord(name)) ?? 'other'
}

/** True when the name as a whole is in the lists, not only its last word. */
export function isListedName(name: string): boolean {
  const folded = foldArgumentName(name)
  return EXACT.has(folded) || LAST_WORD.has(folded)
}

/** `outputURL` -> `url`, `TARGET_DIR` -> `dir`. */
function lastWord(name: string): string {
  if (name.length > LONGEST) return ''
  const bare = name.replace(/\d+$/, '')
  const word = /(?:[A-Z]+|[A-Z]?[a-z]+)$/.exec(bare)
  return word ? word[0].toLowerCase() : ''
}
