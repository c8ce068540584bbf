import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { hostname } from 'node:os'
import type { LogKey } from '../../core/audit/checkpoint'
import { readTrustText } from '../../core/audit/evidence-verify'
import { logKeysOf } from '../../core/audit/log-keys'
import { type NoteKey, readVkey } from '../../core/audit/note'
import { AppError } from '../../core/errors'
import { toHex } from '../../core/hash'
import { sha256, verifyEd25519 } from '../../db/crypto'
import { foreign } from '../terminal'
import { openIdentity } from '../witness/identity'
import { witnessServer } from '../witness/server'
import { openStore } from '../witness/store'
import { makeWitness } from '../witness/witness'
import type { Command, Context } from './context'

const LISTEN = '127.0.0.1:7744'

/** A witness in the foreground. It has its own key and its own folder, and knows no database. */
export const witness: Command = async (context) => {
  const { dataDir, terminal, stopped, values } = context
  const [logs, address] = [await readLogs(context), readAddress(context)]
  const identity = await openIdentity(dataDir, text(values.name), `witness/${hostname()}`)
  const { vkey } = identity
  if (logs.length === 0) {
    const how = 'It witnesses no log yet: give it the key that `countersign witness list` prints on the machine of the log.'
    terminal.say(`This witness’s key: ${vkey}\n${how}`, { vkey, url: null, logs: [] })
    return 0
  }
  const store = await openStore(identity.folder)
  try {
    const server = witnessServer(makeWitness({ identity, store, logs, nowMs: Date.now }), terminal.note)
    const url = await listen(server, address)
    const origins = logs.map(({ name }) => name)
    terminal.say(`This witness’s key: ${vkey}\nIt listens at ${url} and signs for ${origins.map(foreign).join(', ')}\nCtrl-C stops.`, {
      vkey,
      url,
      logs: origins,
    })
    if (!stopped.aborted) await once(stopped, 'abort')
    await close(server)
    return 0
  } finally {
    await store.close()
  }
}

const text = (value: string | boolean | undefined): string | null => (typeof value === 'string' ? value : null)

/** The keys that were given, each followed as far as it leads by what a copy of the log's trust.json says of rotations. */
const readLogs = async ({ words, values }: Context): Promise<readonly LogKey[]> => {
  const path = text(values.trust)
  const rotations = path === null ? [] : await readRotations(path)
  return words.map((word) => {
    const key = readVkey(word, sha256)
    const log = key?.type === 1 ? /^countersign\/([0-9a-f]{32})$/.exec(key.name)?.[1] : undefined
    if (key?.type !== 1)
      throw new AppError(
        'invalid',
        `${foreign(word)} is no key of a log; \`countersign witness list\` prints it on the machine of the log.`,
      )
    return (log && rotations.length > 0 && followed(log, key, rotations)) || key
  })
}

/** Statements about other logs, or that don't hold, are none for this one. */
const followed = (log: string, { publicKey, name }: NoteKey, rotations: readonly string[]): LogKey | null => {
  const own = rotations.filter((statement) => statement.split('\n')[1] === name)
  return logKeysOf({ log, logKey: toHex(publicKey), rotations: own }, { verify: verifyEd25519, sha256 })
}

const readRotations = async (path: string): Promise<readonly string[]> => {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AppError('invalid', `${path} can’t be read.`, { cause })
  })
  const trust = readTrustText(bytes)
  if (trust) return trust.rotations ?? []
  throw new AppError('invalid', `${path} is no trust.json of a log.`)
}

type Address = { readonly host: string; readonly port: number }

const readAddress = ({ values }: Context): Address => {
  const [, host, port] =
    /^(?:\[([0-9a-f:.]+)\]|([^\s:]+)):(\d{1,5})$/i.exec(text(values.listen) ?? LISTEN)?.filter((part) => part !== undefined) ?? []
  if (host !== undefined && Number(port) < 65_536) return { host, port: Number(port) }
  throw new AppError('invalid', '--listen takes an address and a port, such as 0.0.0.0:7744 or [::]:7744.')
}

const listen = async (server: Server, { host, port }: Address): Promise<string> => {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw new AppError('unavailable', `It can not listen at ${foreign(host)} port ${port} (${code}): choose another with --listen.`, {
      cause,
    })
  }
  const bound = server.address()
  return `http://${host.includes(':') ? `[${host}]` : host}:${typeof bound === 'object' ? bound?.port : port}`
}

/** What is being signed is answered; who says nothing is not waited for. */
const close = async (server: Server): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const giveUp = setTimeout(() => server.closeAllConnections(), 2_000)
  await closed
  clearTimeout(giveUp)
}
