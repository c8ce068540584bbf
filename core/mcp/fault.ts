/** The JSON-RPC 2.0 codes a line can be refused with: it is not JSON, or it is JSON but no message we take. */
export type FaultCode = -32700 | -32600

/**
 * Why a line is refused. `id` holds the raw bytes of its id where they could still be read; `asks` is true when it has a
 * method, so that its sender may wait for an answer (an id without a method belongs to the other side).
 */
export type LineFault = { readonly code: FaultCode; readonly because: string; readonly id: Uint8Array | null; readonly asks: boolean }

const REASONS = [
  [-32700, 'the line is empty'],
  [-32700, 'the line is not valid JSON'],
  [-32700, 'the line is not valid UTF-8'],
  [-32700, 'the line starts with a byte order mark'],
  [-32700, 'a string holds an unescaped control character'],
  [-32700, 'a string holds an invalid escape'],
  [-32700, 'a string holds a lone surrogate'],
  [-32700, 'the line ends inside a value'],
  [-32700, 'there is more than one value on the line'],
  [-32600, 'batches are not accepted'],
  [-32600, 'the message is not an object'],
  [-32600, 'the message has an unexpected member'],
  [-32600, 'the message has a member twice'],
  [-32600, 'jsonrpc is not "2.0"'],
  [-32600, 'the id is neither a string nor an integer'],
  [-32600, 'the id is too long'],
  [-32600, 'the method is not a string'],
  [-32600, 'params is not an object'],
  [-32600, 'the message is neither a request, a notification nor a response'],
  [-32600, 'a key occurs twice, or twice but for its case'],
  [-32600, 'a key is __proto__'],
  [-32600, 'params is nested too deeply'],
  [-32600, 'params has too many keys'],
  [-32600, 'params is too large'],
  [-32600, 'the line is too long'],
  [-32600, 'the line holds a carriage return before its end'],
] as const

export type Reason = (typeof REASONS)[number][1]

const NUMBERS = new Map<string, number>(REASONS.map(([, because], index) => [because, -1 - index]))

/** Scanning functions return the position after what they read; a reason why they can't is returned as this negative number. */
export const failing = (because: Reason): number => NUMBERS.get(because) ?? -1

/** What a negative position means. */
export const faultOf = (failure: number, id: Uint8Array | null, asks: boolean): LineFault => {
  const [code, because] = REASONS[-1 - failure] ?? REASONS[1]
  return { code, because, id, asks }
}
