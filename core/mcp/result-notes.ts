import { COLON, COMMA, OPEN_OBJECT, QUOTE, skipSpace } from './bytes'
import { foldKey, keyText } from './keys'
import { memberOf, membersOf } from './members'
import type { Span } from './message'
import { strictString } from './strict'

/** What a reply says about itself one level below `result`. */
export type ReplyNotes = {
  readonly isError: boolean
  readonly resultType: string | null
  readonly taskId: string | null
  /** It asks something of the client: it says so (`input_required`), or it carries `inputRequests` whatever it says, as tasks do. */
  readonly asksInput: boolean
}

/** Whether a member of a result or a task holds requests to the client, for readers that ignore case too. */
export const isInputRequests = (name: string): boolean => foldKey(name) === 'inputrequests'

/**
 * Listens to the structure of a `result` as it passes and notes `isError`, `resultType` and the task handle. Where a key is
 * repeated the stricter reading wins: an error stays one, `input_required` too.
 */
export class ResultNotes {
  isError = false
  resultType: string | null = null
  taskId: string | null = null
  asksInput = false
  private active = false
  private awaitsKey = false
  private readonly keys = ['', '', '', '']

  /** A value opens at the top level: the result object, or something else that is of no interest. */
  enter(isResult: boolean): void {
    this.active = isResult
    this.awaitsKey = isResult
  }

  /** Whether the string that opens at `depth` is a key or a value worth keeping. */
  reads(depth: number): boolean {
    if (!this.active || depth > 3 || (depth === 3 && this.keys[2] !== 'task')) return false
    return this.awaitsKey || this.keys[depth] === 'resultType' || this.keys[depth] === 'taskId'
  }

  /** A string ended at `depth`; null when it was not kept. */
  text(depth: number, token: Uint8Array | null): void {
    if (token === null || strictString(token, 0) !== token.length) return
    const text = keyText(token, 1, token.length - 1)
    if (this.awaitsKey) this.key(depth, text)
    else if (this.keys[depth] === 'taskId') this.taskId = text
    else if (depth === 2 && this.resultType !== 'input_required') this.type(text)
  }

  private key(depth: number, text: string): void {
    this.keys[depth] = text
    if (depth === 2 && isInputRequests(text)) this.asksInput = true
  }

  private type(text: string): void {
    this.resultType = text
    if (text === 'input_required') this.asksInput = true
  }

  /** A byte outside strings; `depth` is what it leaves behind. */
  structure(depth: number, byte: number): void {
    if (!this.active) return
    if (byte === COMMA || byte === OPEN_OBJECT) this.awaitsKey = true
    else if (byte === COLON) this.awaitsKey = false
    else if (byte === 0x74 && depth === 2 && this.keys[2] === 'isError') this.isError = true
  }
}

/** The same notes from a whole reply line that was scanned; null where the result is no object that can be read member by member. */
export function readNotes(line: Uint8Array, result: Span): ReplyNotes | null {
  const members = membersOf(line, result)
  const last = members.at(-1)
  if (last === undefined || skipSpace(line, last.value.end) !== result.end - 1) return null
  const all = (wanted: string): readonly Span[] => members.filter(({ name }) => name === wanted).map(({ value }) => value)
  const types = all('resultType').map((value) => stringAt(line, value))
  const tasks = [...all('taskId'), ...all('task').map((task) => memberOf(line, task, 'taskId'))]
  return {
    isError: all('isError').some((value) => line[value.start] === 0x74),
    resultType: types.includes('input_required') ? 'input_required' : (types.at(-1) ?? null),
    taskId: stringAt(line, tasks.at(-1) ?? null),
    asksInput: types.includes('input_required') || members.some(({ name }) => isInputRequests(name)),
  }
}

const stringAt = (line: Uint8Array, span: Span | null): string | null =>
  span === null || line[span.start] !== QUOTE ? null : keyText(line, span.start + 1, span.end - 1)
