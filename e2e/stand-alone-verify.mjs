// Verifies an evidence bundle with nothing but Node: `node verify-bundle.mjs BUNDLE.zip [ROOT KEY]`. Exit 0 intact, 1 damaged, 2 could not tell.
import { createPublicKey, hash, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

const end = (code, sentence) => {
  process.stdout.write(`${sentence}\n`)
  process.exit(code)
}
const check = (holds, sentence) => holds || end(1, `Damaged: ${sentence}`)
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
  let from = 0
  for (let left = zip.readUInt16LE(tail + 10), at = zip.readUInt32LE(tail + 16); left > 0; left--) {
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
  const read = (name) => (files.get(name) ?? (() => end(1, `Damaged: ${name} is missing.`)))()
  return { names: [...files.keys()], read, lines: (name) => read(name).toString().split('\n').slice(0, -1) }
}

/** RFC 6962 §2.1 */
function rootOf(leaves, first, count) {
  if (count < 2) return count === 0 ? sha256('') : leaves.subarray(first * 32, first * 32 + 32)
  const half = 2 ** (31 - Math.clz32(count - 1))
  return sha256([1], rootOf(leaves, first, half), rootOf(leaves, first + half, count - half))
}

function checkManifest(zip, root) {
  const text = zip.read('manifest.json')
  const { host, signature } = JSON.parse(zip.read('manifest.sig'))
  const manifest = JSON.parse(text)
  check(host.log === manifest.log && isCertified(host, root), 'the host that signed the manifest is not certified by the root key.')
  const signed = Buffer.concat([Buffer.from('countersign/evidence/v1\n'), text])
  check(isSigned(host.key, signed, fromHex(signature)), 'the manifest is not what was signed.')
  check(manifest.integrity.found === 0, `it was exported from a damaged log: ${manifest.integrity.findings[0]?.sentence}`)
  for (const { name, sha256: digest } of manifest.files) check(hash('sha256', zip.read(name)) === digest, `${name} is not the file listed.`)
  check(zip.names.length === manifest.files.length + 2, 'there are files that the manifest does not list.')
  return manifest
}

/** Leaf hashes and places of the whole log, under the checkpoint that its key signed. */
function checkTree(zip, log, logKey) {
  const [text, lines] = zip.read('checkpoint').toString().split('\n\n')
  const [origin, size, root] = text.split('\n')
  const keyId = sha256(`countersign/${log}\n`, [1], fromHex(logKey)).subarray(0, 4)
  const payloads = lines.split('\n').map((line) => Buffer.from(line.split(' ')[2] ?? '', 'base64'))
  const own = payloads.find((payload) => payload.subarray(0, 4).equals(keyId))
  check(
    origin === `countersign/${log}` && own && isSigned(logKey, `${text}\n`, own.subarray(4)),
    'the checkpoint is not signed by the log.',
  )
  const leaves = Buffer.concat(zip.names.filter((name) => name.startsWith('tree/leaves/')).map(zip.read))
  const isRoot = leaves.length === size * 32 && rootOf(leaves, 0, Number(size)).equals(Buffer.from(root, 'base64'))
  check(isRoot, 'the leaf hashes do not come to the root of the checkpoint.')
  const indexes = new Map()
  for (const { writer, seq, count, first } of zip.lines('tree/runs.jsonl').map((line) => JSON.parse(line)))
    for (let n = 0; n < count; n++) indexes.set(`${writer}/${seq + n}`, first + n)
  return { indexes, leafOf: (index) => leaves.toString('hex', index * 32, index * 32 + 32) }
}

function checkWriter({ writer, open, batch }, { indexes, leafOf }, root) {
  const { host, certificate } = JSON.parse(open)
  check(sha256([0], open).toString('hex') === leafOf(indexes.get(`${writer}/1`)), `writer ${writer} did not open as the bundle says.`)
  const isOurs = isCertified(host, root) && isCertified(certificate, host.key) && certificate.writer === writer
  check(isOurs, `writer ${writer} is not certified.`)
  const head = batch && leafOf(indexes.get(`${writer}/${batch.last}`))
  const signed = batch && `countersign/batch/v1\n${writer}\n${batch.first}\n${batch.last}\n${head}`
  check(!batch || isSigned(certificate.key, signed, fromHex(batch.signature)), `the last signature of writer ${writer} does not fit.`)
}

/** Answers the type of the entry. */
function checkEntry(line, { indexes, leafOf }) {
  const [, index, entry] = /^\{"index":(\d+),"entry":(\{.*\})\}$/.exec(line) ?? end(1, 'Damaged: a line is no entry.')
  const { writer, seq, prev, type } = JSON.parse(entry)
  check(sha256([0], entry).toString('hex') === leafOf(index), `entry ${index} is not what was sealed.`)
  const before = seq === 1 ? '0'.repeat(64) : leafOf(indexes.get(`${writer}/${seq - 1}`))
  check(indexes.get(`${writer}/${seq}`) === Number(index) && prev === before, `entry ${index} is out of its chain.`)
  return type
}

function main([path, rootKey]) {
  const zip = unzip(readFileSync(path))
  const trust = JSON.parse(zip.read('trust.json'))
  const root = rootKey ?? trust.root
  const { log, scope, population, entries, counts } = checkManifest(zip, root)
  const tree = checkTree(zip, log, trust.logKey)
  for (const line of zip.lines('writers.jsonl')) checkWriter(JSON.parse(line), tree, root)
  const types = {}
  for (const line of zip.names.filter((name) => name.startsWith('entries/')).flatMap(zip.lines)) {
    const type = checkEntry(line, tree)
    types[type] = (types[type] ?? 0) + 1
  }
  const there = Object.values(types).reduce((sum, count) => sum + count, 0)
  check(there === entries && canonical(types) === canonical(counts.types), 'the counts of the manifest are not those of its entries.')
  const isWhole = [scope.server, scope.agent, scope.policy, scope.outcome].every((filter) => filter === null)
  check(!isWhole || there === population.end - population.first, 'entries of the period are missing.')
  const compare = rootKey ? '' : ' (compare it with the operator’s)'
  end(0, `Intact: ${there} of ${population.end - population.first} entries of log ${log}, under root key ${root}${compare}.`)
}

try {
  main(process.argv.slice(2))
} catch (error) {
  end(
    'code' in error && !String(error.code).startsWith('ERR_') && !String(error.code).startsWith('Z_') ? 2 : 1,
    `Not intact: ${error.message}`,
  )
}
