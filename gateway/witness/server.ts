import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { REQUEST_BYTES } from '../../core/audit/witness-request'
import { quote } from '../../core/quote'
import type { Answer, Witness } from './witness'

const PATH = '/add-checkpoint'
const REQUEST_LIMIT_MS = 10_000
const CONNECTIONS = 256

type Reply = { readonly status: number; readonly body: string; readonly type?: string }

/** Speaks C2SP tlog-witness over HTTP. What a stranger sends costs a bounded time and space, and never the process. */
export function witnessServer(witness: Witness, warn: (sentence: string) => void): Server {
  const server = createServer(
    {
      headersTimeout: REQUEST_LIMIT_MS,
      requestTimeout: REQUEST_LIMIT_MS,
      keepAliveTimeout: 60_000,
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: 8_192,
    },
    (request, response) => {
      // A peer that goes away before its answer is nobody's fault.
      request.on('error', () => response.destroy())
      response.on('error', () => request.destroy())
      void replyTo(request, witness, warn).then((reply) => {
        if (reply) send(response, reply)
      })
    },
  )
  server.maxConnections = CONNECTIONS
  return server
}

/** Null where the other side went away. */
async function replyTo(request: IncomingMessage, witness: Witness, warn: (sentence: string) => void): Promise<Reply | null> {
  try {
    const origin = originIn(request.url ?? '')
    if (request.method === 'GET' && origin !== null) return await showLatest(witness, origin)
    if (request.url !== PATH) return { status: 404, body: `This is a witness: POST ${PATH} as https://c2sp.org/tlog-witness says.\n` }
    if (request.method !== 'POST') return { status: 405, body: 'Only POST.\n' }
    const body = await readBody(request)
    if (typeof body !== 'string') return body
    const answer = await witness.answer(body)
    if ('status' in answer)
      warn(`Not signed, ${answer.status}: ${answer.because}; asked by ${quote(request.socket.remoteAddress ?? 'nobody')}.`)
    return replyOf(answer)
  } catch (error) {
    warn(`Nothing was signed: ${error instanceof Error ? error.message : String(error)}`)
    return { status: 503, body: 'This witness can not read or keep what it signs at the moment.\n' }
  }
}

/** `/<origin>/checkpoint`, as a log's own address would be. */
const originIn = (url: string): string | null => /^\/([\w./~%-]{1,512})\/checkpoint$/.exec(url)?.[1] ?? null

/** For whoever wants to know what the witness saw without believing the log: it is signed by both. */
async function showLatest(witness: Witness, origin: string): Promise<Reply> {
  const note = await witness.latest(origin)
  return note === null ? { status: 404, body: 'This witness signed nothing for that log.\n' } : { status: 200, body: note }
}

function replyOf(answer: Answer): Reply {
  if ('line' in answer) return { status: 200, body: answer.line }
  const { status, because, size } = answer
  return size === undefined ? { status, body: `Not signed: ${because}.\n` } : { status, body: `${size}\n`, type: 'text/x.tlog.size' }
}

/** The body as the text that it must be. */
function readBody(request: IncomingMessage): Promise<string | Reply | null> {
  const tooLarge: Reply = { status: 413, body: `A request has at most ${REQUEST_BYTES} bytes.\n` }
  if (Number(request.headers['content-length'] ?? 0) > REQUEST_BYTES) return Promise.resolve(tooLarge)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > REQUEST_BYTES) {
        request.pause()
        resolve(tooLarge)
      } else chunks.push(chunk)
    })
    request.on('end', () => resolve(textOf(Buffer.concat(chunks))))
    request.on('close', () => resolve(null))
  })
}

function textOf(bytes: Buffer): string | Reply {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { status: 400, body: 'Not signed: the request is not UTF-8.\n' }
  }
}

function send(response: ServerResponse, { status, body, type = 'text/plain; charset=utf-8' }: Reply): void {
  // What was not read to its end can not be followed by another request.
  if (status === 413) response.shouldKeepAlive = false
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'x-content-type-options': 'nosniff' })
  response.end(body)
}
