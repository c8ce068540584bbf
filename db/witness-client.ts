import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { PinnedWitness } from '../core/audit/certificate'
import { openNote, readSignatures, verifyCosignature } from '../core/audit/note'
import { type WitnessRequest, witnessRequestText } from '../core/audit/witness-request'
import { keyOfWitness } from '../core/audit/witnesses'
import { AppError } from '../core/errors'
import { sha256, verifyEd25519 } from './crypto'

/** `signed`: the witness's own line, verified. `elsewhere`: the size it signed last. `unproven`: it did not follow the proof. */
export type WitnessAnswer =
  | { readonly is: 'signed'; readonly line: string }
  | { readonly is: 'elsewhere'; readonly size: number }
  | { readonly is: 'unproven' }

const LIMIT_MS = 10_000
const ANSWER_BYTES = 16 * 1024

/**
 * Asks one witness to sign (C2SP tlog-witness, add-checkpoint). Redirects are not followed. Throws AppError('unavailable') where it can't
 * be reached or answers anything else, a line that is not its own among that.
 */
export async function askWitness(
  witness: PinnedWitness,
  asked: WitnessRequest,
  signal: AbortSignal,
  limitMs = LIMIT_MS,
): Promise<WitnessAnswer> {
  const { status, type, body } = await post(`${witness.url.replace(/\/+$/, '')}/add-checkpoint`, witnessRequestText(asked), {
    witness: witness.name,
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
  })
  if (status === 200) return { is: 'signed', line: ownLine(witness, asked.note, body) }
  if (status === 422) return { is: 'unproven' }
  const size = status === 409 && type === 'text/x.tlog.size' && /^(?:0|[1-9]\d{0,15})\n$/.test(body) ? Number(body) : -1
  if (Number.isSafeInteger(size) && size >= 0) return { is: 'elsewhere', size }
  throw new AppError('unavailable', `The witness ${witness.name} answered ${status}.`)
}

/** Of everything in an answer the lines by the pinned key, and those only where each of them holds. */
function ownLine(witness: PinnedWitness, note: string, body: string): string {
  const key = keyOfWitness(witness, sha256)
  const [opened, signatures] = [openNote(note), readSignatures(body)]
  const line = body.split('\n').find((one) => one.startsWith(`— ${key.name} `))
  if (!('problem' in opened) && !('problem' in signatures) && line !== undefined) {
    const under = { text: opened.text, signatures: signatures.filter(({ name }) => name === key.name).slice(0, 1) }
    if (verifyCosignature(under, key, verifyEd25519, sha256) !== null) return `${line}\n`
  }
  throw new AppError('unavailable', `The witness ${witness.name} signed with another key than the pinned one.`)
}

type Posting = { readonly witness: string; readonly signal: AbortSignal }
type Posted = { readonly status: number; readonly type: string; readonly body: string }

function post(url: string, body: string, { witness, signal }: Posting): Promise<Posted> {
  const request = url.startsWith('https:') ? tlsRequest : plainRequest
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new AppError('unavailable', `The witness ${witness} could not be asked.`, { cause }))
    const headers = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body), 'user-agent': 'countersign' }
    const asked = request(url, { method: 'POST', headers, signal }, (response) => {
      readAnswer(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: text }),
        (cause: unknown) => {
          asked.destroy()
          fail(cause)
        },
      )
    })
    asked.on('error', fail)
    asked.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > ANSWER_BYTES) throw new Error('the answer is longer than any witness needs')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
