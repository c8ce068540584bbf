import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { PinnedWitness, Trust } from '../core/audit/certificate'
import { originOf, parseCheckpoint } from '../core/audit/checkpoint'
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
  const { status, type, body } = await exchange(`${witness.url.replace(/\/+$/, '')}/add-checkpoint`, witnessRequestText(asked), {
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

/**
 * What a witness signed last for this log, or null where it signed nothing. Its own signature is what counts: whose turn it was to sign for
 * the log is said by statements that the log shows, and whoever set it back may show others. Throws AppError('unavailable') where it can't be reached or answers anything else.
 */
export async function latestOfWitness(witness: PinnedWitness, trust: Trust, limitMs: number): Promise<string | null> {
  const asking = { witness: witness.name, signal: AbortSignal.timeout(limitMs) }
  const { status, body } = await exchange(`${witness.url.replace(/\/+$/, '')}/${originOf(trust.log)}/checkpoint`, null, asking)
  if (status === 404) return null
  const note = status === 200 ? openNote(body) : null
  const checkpoint = note && !('problem' in note) ? parseCheckpoint(note.text) : null
  const isOurs = checkpoint && !('problem' in checkpoint) && checkpoint.origin === originOf(trust.log)
  if (isOurs && note && !('problem' in note) && verifyCosignature(note, keyOfWitness(witness, sha256), verifyEd25519, sha256) !== null)
    return body
  throw new AppError('unavailable', `The witness ${witness.name} showed something of this log that it did not sign.`)
}

type Asking = { readonly witness: string; readonly signal: AbortSignal }
type Answered = { readonly status: number; readonly type: string; readonly body: string }

/** A POST of `body`, or a GET where there is none. */
function exchange(url: string, body: string | null, { witness, signal }: Asking): Promise<Answered> {
  const request = url.startsWith('https:') ? tlsRequest : plainRequest
  const headers = {
    'user-agent': 'countersign',
    ...(body === null ? {} : { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }),
  }
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new AppError('unavailable', `The witness ${witness} could not be asked.`, { cause }))
    const asked = request(url, { method: body === null ? 'GET' : 'POST', headers, signal }, (response) => {
      readAnswer(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: text }),
        (cause: unknown) => {
          asked.destroy()
          fail(cause)
        },
      )
    })
    asked.on('error', fail)
    asked.end(body ?? undefined)
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
