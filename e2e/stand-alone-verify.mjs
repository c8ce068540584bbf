// Verifies a bundle with nothing but Node: `node verify-bundle.mjs BUNDLE.zip [ROOT KEY]`. Exit 0 intact, 1 not, 2 could not tell.
import { createPublicKey, hash, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

const end = (code, sentence) => process.exit(process.stdout.write(`${sentence}\n`) && code)
const check = (holds, sentence) => holds || end(1, `Damaged: ${sentence}`)
process.on('uncaughtException', (error) => end('syscall' in error ? 2 : 1, `Not intact: ${error.message}`))
const sha256 = (...parts) => hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part))), 'buffer')
const fromHex = (text) => Buffer.from(text, 'hex')
const publicKey = (key) => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: fromHex(key).toString('base64url') }, format: 'jwk' })
const isSigned = (key, message, signature) => verify(null, Buffer.from(message), publicKey(key), signature)
/** RFC 8785, for the strings, integers, lists and objects that are signed here. */
function canonical(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical)}]`
  const members = Object.keys(value).sort()
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)}}`
}
const isCertified = ({ signature, ...body }, key) => isSigned(key, `countersign/certificate/v1\n${canonical(body)}`, fromHex(signature))
/** The files of a zip, by the directory at its end: one behind the other, plain names, each once, none larger than 64 MiB. */
function unzip(zip) {
  const tail = zip.length - 22
  if (tail < 0 || zip.readUInt32LE(tail) !== 0x06054b50) end(2, 'Could not tell: the file is cut off or is no bundle.')
  const files = new Map()
  for (let left = zip.readUInt16LE(tail + 10), at = zip.readUInt32LE(tail + 16), from = 0; left > 0; left--) {
    const [packed, bytes, length] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24), zip.readUInt16LE(at + 28)]
    const name = zip.toString('utf8', at + 46, at + 46 + length)
    const isPlain = /^[a-z0-9][a-z0-9._/-]*$/.test(name) && !name.includes('..') && !files.has(name)
    check(isPlain && zip.readUInt32LE(at + 42) === from, `the file holds ${JSON.stringify(name)} in a way that no bundle does.`)
    if (bytes > 2 ** 26) end(2, `Could not tell: ${name} would unpack to ${bytes} bytes.`)
    const data = zip.subarray(from + 30 + length, from + 30 + length + packed)
    files.set(name, zip.readUInt16LE(at + 10) === 0 ? () => data : () => inflateRawSync(data, { maxOutputLength: bytes + 1 }))
    from += 30 + length + packed
    at += 46 + length
  }
  return files
}
const [path, rootKey] = process.argv.slice(2)
const files = unzip(readFileSync(path))
const read = (name) => (files.get(name) ?? (() => end(1, `Damaged: ${name} is missing.`)))()
const below = (folder) => [...files.keys()].filter((name) => name.startsWith(folder))
const lines = (name) => read(name).toString().split('\n').slice(0, -1)
// The manifest, by a host that the root key certified: it lists every other file.
const trust = JSON.parse(read('trust.json'))
const root = rootKey ?? trust.root
const { host, signature } = JSON.parse(read('manifest.sig'))
const { log, scope, population, entries, counts, integrity, files: listed } = JSON.parse(read('manifest.json'))
check(host.log === log && isCertified(host, root), 'the host that signed the manifest is not certified by the root key.')
const signed = Buffer.concat([Buffer.from('countersign/evidence/v1\n'), read('manifest.json')])
check(isSigned(host.key, signed, fromHex(signature)), 'the manifest is not what was signed.')
check(integrity.found === 0, `it was exported from a damaged log: ${integrity.findings[0]?.sentence}`)
for (const { name, sha256: digest } of listed) check(hash('sha256', read(name)) === digest, `${name} is not the file listed.`)
check(files.size === listed.length + 2, 'there are files that the manifest does not list.')
// The checkpoint, by the log's key, and the leaf hashes and places of the whole log under it (RFC 6962 §2.1).
const [note, signatures] = read('checkpoint').toString().split('\n\n')
const [origin, size, logRoot] = note.split('\n')
const keyId = sha256(`countersign/${log}\n`, [1], fromHex(trust.logKey)).subarray(0, 4)
const payloads = signatures.split('\n').map((line) => Buffer.from(line.split(' ')[2] ?? '', 'base64'))
const own = payloads.find((payload) => payload.subarray(0, 4).equals(keyId))
const isOurs = origin === `countersign/${log}` && own && isSigned(trust.logKey, `${note}\n`, own.subarray(4))
check(isOurs, 'the checkpoint is not signed by the log.')
const leaves = Buffer.concat(below('tree/leaves/').map(read))
const leafOf = (index) => leaves.toString('hex', index * 32, index * 32 + 32)
const rootOf = (first, count) => {
  if (count < 2) return count === 0 ? sha256('') : leaves.subarray(first * 32, first * 32 + 32)
  const half = 2 ** (31 - Math.clz32(count - 1))
  return sha256([1], rootOf(first, half), rootOf(first + half, count - half))
}
const isRoot = leaves.length === size * 32 && rootOf(0, Number(size)).equals(Buffer.from(logRoot, 'base64'))
check(isRoot, 'the leaf hashes do not come to the root of the checkpoint.')
const indexes = new Map()
for (const { writer, seq, count, first } of lines('tree/runs.jsonl').map((line) => JSON.parse(line)))
  for (let n = 0; n < count; n++) indexes.set(`${writer}/${seq + n}`, first + n)
// Every writer, certified by its host, and the last that it signed.
for (const { writer, open, batch } of lines('writers.jsonl').map((line) => JSON.parse(line))) {
  const opening = JSON.parse(open)
  check(sha256([0], open).toString('hex') === leafOf(indexes.get(`${writer}/1`)), `writer ${writer} did not open as the bundle says.`)
  const isKnown = isCertified(opening.host, root) && isCertified(opening.certificate, opening.host.key)
  check(isKnown && opening.certificate.writer === writer, `writer ${writer} is not certified.`)
  const head = batch && leafOf(indexes.get(`${writer}/${batch.last}`))
  const text = batch && `countersign/batch/v1\n${writer}\n${batch.first}\n${batch.last}\n${head}`
  check(!batch || isSigned(opening.certificate.key, text, fromHex(batch.signature)), `the last signature of writer ${writer} does not fit.`)
}
// Every entry, at its place and in its chain.
const types = {}
for (const line of below('entries/').flatMap(lines)) {
  const [, index, entry] = /^\{"index":(\d+),"entry":(\{.*\})\}$/.exec(line) ?? end(1, 'Damaged: a line is no entry.')
  const { writer, seq, prev, type } = JSON.parse(entry)
  check(sha256([0], entry).toString('hex') === leafOf(index), `entry ${index} is not what was sealed.`)
  const before = seq === 1 ? '0'.repeat(64) : leafOf(indexes.get(`${writer}/${seq - 1}`))
  check(indexes.get(`${writer}/${seq}`) === Number(index) && prev === before, `entry ${index} is out of its chain.`)
  types[type] = (types[type] ?? 0) + 1
}
const there = Object.values(types).reduce((sum, count) => sum + count, 0)
check(there === entries && canonical(types) === canonical(counts.types), 'the counts of the manifest are not those of its entries.')
const isWhole = [scope.server, scope.agent, scope.policy, scope.outcome].every((filter) => filter === null)
check(!isWhole || there === population.end - population.first, 'entries of the period are missing.')
const compare = rootKey ? '' : ' (compare it with the operator’s)'
end(0, `Intact: ${there} of ${population.end - population.first} entries of log ${log}, under root key ${root}${compare}.`)
