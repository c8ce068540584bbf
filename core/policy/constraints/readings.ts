/*
 * Servers clean up what they are given before they use it, each in its own way. A reading is what the text becomes under any chain of
 * those ways. NFC and NFD are not among them: they change neither separators nor dots, and components are compared with both in mind
 * where they are compared (spots.ts).
 */

/** In UTF-16 units: twice what Linux takes for a path (4,096 bytes). Longer text is not read. */
export const MAX_READABLE = 8_192

const MAX_DECODINGS = 3
const MAX_READINGS = 64

/** Text outside this class has exactly one reading and no path or URL shape. */
const AMBIGUOUS = /[/\\~%:\0\t\n\r]|\.\.|^[\s\p{Cc}"'`]|[\s\p{Cc}"'`]$/u

/** False: the text has one reading, no separator, no `..`, no scheme. */
export const isAmbiguous = (text: string): boolean => AMBIGUOUS.test(text)

/**
 * Every reading of a text, as written first. Null when it does not settle: too long, more than three rounds of percent-encoding, or
 * encoded bytes that are not UTF-8.
 */
export function readingsOf(text: string): readonly string[] | null {
  if (text.length > MAX_READABLE) return null
  const rounds = new Map([[text, 0]])
  for (const [reading, round] of rounds) {
    if (!addDecoded(rounds, reading, round)) return null
    for (const other of rewritten(reading)) add(rounds, other, round)
    if (rounds.size > MAX_READINGS) return null
  }
  return [...rounds.keys()]
}

/** False when decoding fails or goes on for too long. */
function addDecoded(rounds: Map<string, number>, reading: string, round: number): boolean {
  const decoded = percentDecoded(reading)
  if (decoded === reading) return true
  if (decoded === null || round === MAX_DECODINGS) return false
  add(rounds, decoded, round + 1)
  return true
}

function add(rounds: Map<string, number>, reading: string, round: number): void {
  if (!rounds.has(reading)) rounds.set(reading, round)
}

/** The ways that need no decoding. Each may return its input. */
function rewritten(text: string): string[] {
  return [
    stripped(text, isBlank),
    stripped(text, isQuote),
    text.replace(/[\t\n\r]/g, ''),
    text.replaceAll('\\', '/'),
    ...fileUrlPaths(text),
  ]
}

const isQuote = (character: string): boolean => character === '"' || character === "'" || character === '`'

/** Some languages count more controls among the blanks than JavaScript does. */
const isBlank = (character: string): boolean => /[\s\p{Cc}]/u.test(character)

/** Without what stands at either end, paired or not: server-filesystem takes off a lone quote too. */
function stripped(text: string, isDressing: (character: string) => boolean): string {
  let start = 0
  let end = text.length
  while (start < end && isDressing(text.charAt(start))) start++
  while (start < end && isDressing(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

const ESCAPE_RUN = /(?:%[0-9A-Fa-f]{2})+/g
const UNICODE_ESCAPE = /%u([0-9A-Fa-f]{4})/gi
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One round. Null when the bytes are not UTF-8: overlong forms have been read as dots and slashes. */
export function percentDecoded(text: string): string | null {
  if (!text.includes('%')) return text
  try {
    const plain = text.replace(UNICODE_ESCAPE, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    return plain.replace(ESCAPE_RUN, (run) => utf8.decode(bytesOf(run)))
  } catch {
    return null
  }
}

const bytesOf = (run: string): Uint8Array => Uint8Array.from(run.slice(1).split('%'), (hex) => Number.parseInt(hex, 16))

/** RFC 8089, leniently: any number of slashes, with and without query and fragment. Another host than this one is a network share. */
function fileUrlPaths(text: string): string[] {
  if (!/^file:/i.test(text)) return []
  const [, slashes = '', rest = ''] = /^(\/*)([\s\S]*)$/.exec(text.slice('file:'.length).replaceAll('\\', '/')) ?? []
  const [, host = '', path = ''] = /^([^/]*)([\s\S]*)$/.exec(rest) ?? []
  const full = slashes.length === 2 ? (isThisHost(host) ? path : `//${rest}`) : `/${rest}`
  const cut = full.replace(/[?#][\s\S]*$/, '')
  return [full, cut, ...driveOf(full), ...driveOf(cut)]
}

const isThisHost = (host: string): boolean => host === '' || host.toLowerCase() === 'localhost'

/** `/C:/x` and `/C|/x` in a URL mean `C:/x` on Windows. */
function driveOf(path: string): string[] {
  const match = /^\/([A-Za-z])[:|](\/[\s\S]*)?$/.exec(path)
  return match ? [`${match[1]}:${match[2] ?? '/'}`] : []
}

/** Whether a reading is a path whatever its argument is called: absolute, a home, a drive, a `file:` URL, or climbing. */
export const hasPathShape = (reading: string): boolean => /^(?:\/|\\|~|[a-z]:|file:)/i.test(reading) || CLIMBS.test(reading)

export const CLIMBS = /(?:^|[/\\])\.\.(?:[/\\]|$)/

/** Whether a reading is a URL whatever its argument is called: `scheme://`, `//host`, or a scheme that WHATWG parses without slashes. */
export const hasUrlShape = (reading: string): boolean => /^(?:(?:[a-z][a-z0-9+.-]*:)?[/\\]{2}|(?:https?|wss?|ftp|file):)/i.test(reading)

/** `word:` with something behind it (RFC 3986 §3.1); a single letter is a drive. */
export const hasScheme = (reading: string): boolean => /^[a-z][a-z0-9+.-]+:\S/i.test(reading)
