import { CLOSE_OBJECT, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace } from './bytes'
import { strictScalar } from './strict'

/**
 * Whether a line that a server wrote to stdout is a log line rather than a message: no reader of JSON, not even one that
 * takes several values from a line, finds an object in it before it stumbles. `[info] ready` and `{ level: 3 }` are text;
 * `12 {"jsonrpc":…}` and `[{"jsonrpc":…}]` are not.
 */
export function isTextLine(line: Uint8Array): boolean {
  let at = skipFiller(line, line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0)
  while (at < line.length && line[at] !== OPEN_OBJECT) {
    at = strictScalar(line, at)
    if (at < 0) return true
    at = skipFiller(line, at)
  }
  if (at >= line.length) return true
  const next = line[skipSpace(line, at + 1)]
  return next !== QUOTE && next !== CLOSE_OBJECT
}

/** What may stand before a value in some reader's eyes: white space, commas, the opening of a batch. */
function skipFiller(line: Uint8Array, start: number): number {
  let at = skipSpace(line, start)
  while (line[at] === COMMA || line[at] === OPEN_ARRAY) at = skipSpace(line, at + 1)
  return at
}
