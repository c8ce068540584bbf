// Verifies a bundle with nothing but Node: `node verify-bundle.mjs BUNDLE.zip [ROOT KEY]`. Exit 0 intact, 1 not, 2 could not tell.
import { createPublicKey, hash, verify } from 'node:crypto'
import { openSync, readSync, statSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

const exit = (code, sentence) => process.exit(process.stdout.write(`${sentence}\n`) && code)
const check = (holds, sentence) => holds || exit(1, `Damaged: ${sentence}`)
process.on('uncaughtException', (error) => exit('syscall' in error ? 2 : 1, `Not intact: ${error.message}`))
const sha256 = (...parts) => hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part))), 'buffer')
const fromHex = (text) => Buffer.from(text, 'hex')
const publicKey = (key) => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: fromHex(key).toString('base64url') }, format: 'jwk' })
const isSigned = (key, message, signature) => verify(null, Buffer.from(message), publicKey(key), signature)
/** RFC 8785, for the strings, integers, lists and objects that are signed here. */
function canonical(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical)}]`
  const member = (key) => `${JSON.stringify(key)}:${canonical(value[key])}`
  return `{${Object.keys(value).sort().map(member)}}`
}
const isCertified = ({ signature, ...body }, key) => isSigned(key, `countersign/certificate/v1\n${canonical(body)}`, fromHex(signature))
const fd = openSync(process.argv[2])
const bytesAt = (at, length, bytes = Buffer.alloc(length)) => bytes.subarray(0, readSync(fd, bytes, 0, length, at))
/** How many files a zip holds, and the directory at its end; Zip64 says both once more in front of the end. */
function directoryOf(size) {
  const [wide, end] = [bytesAt(Math.max(size - 98, 0), 56), bytesAt(Math.max(size - 22, 0), 22)]
  if (end.length < 22 || end.readUInt32LE() !== 0x06054b50) exit(2, 'Could not tell: the file is cut off or is no bundle.')
  const isWide = end.readUInt16LE(10) === 0xffff || end.readUInt32LE(16) === 0xffffffff
  const [count, at] = isWide ? [32, 48].map((from) => Number(wide.readBigUInt64LE(from))) : [end.readUInt16LE(10), end.readUInt32LE(16)]
  if (size - at > 2 ** 27) exit(2, 'Could not tell: the file lists more than a bundle does.')
  return [count, bytesAt(at, size - at)]
}
/** The files of a zip: one behind the other, plain names, each once, none larger than 64 MiB. */
function unzip(files = new Map()) {
  const [count, zip] = directoryOf(statSync(process.argv[2]).size)
  for (let left = count, at = 0, from = 0; left > 0; left--) {
    const [packed, bytes] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)]
    const [length, extra] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30)]
    const name = zip.toString('utf8', at + 46, at + 46 + length)
    const isPlain = /^[a-z0-9][a-z0-9._/-]*$/.test(name) && !name.includes('..') && !files.has(name)
    const place = extra === 12 ? Number(zip.readBigUInt64LE(at + 50 + length)) : zip.readUInt32LE(at + 42)
    check(isPlain && place === from, `the file holds ${JSON.stringify(name)} in a way that no bundle does.`)
    if (Math.max(bytes, packed) > 2 ** 26) exit(2, `Could not tell: ${name} would unpack to ${bytes} bytes.`)
    const data = () => bytesAt(place + 30 + length, packed)
    files.set(name, zip.readUInt16LE(at + 10) === 0 ? data : () => inflateRawSync(data(), { maxOutputLength: bytes + 1 }))
    from += 30 + length + packed
    at += 46 + length + extra
  }
  return files
}
const [files, rootKey] = [unzip(), process.argv[3]]
const read = (name) => (files.get(name) ?? (() => exit(1, `Damaged: ${name} is missing.`)))()
const below = (folder) => [...files.keys()].filter((name) => name.startsWith(folder))
const lines = (name) => read(name).toString().split('\n').slice(0, -1)
const records = (name) => lines(name).map((line) => JSON.parse(line))
// The manifest, by a host that the root key certified: it lists every other file.
const [trust, { host, signature }] = [JSON.parse(read('trust.json')), JSON.parse(read('manifest.sig'))]
const root = rootKey ?? trust.root
const { log, scope, population, entries, counts, integrity, files: listed } = JSON.parse(read('manifest.json'))
check(host.log === log && isCertified(host, root), 'the host that signed the manifest is not certified by the root key.')
check(isSigned(host.key, `countersign/evidence/v1\n${read('manifest.json')}`, fromHex(signature)), 'the manifest is not what was signed.')
check(integrity.found === 0, `it was exported from a damaged log: ${integrity.findings[0]?.sentence}`)
for (const { name, sha256: digest } of listed) check(hash('sha256', read(name)) === digest, `${name} is not the file listed.`)
check(files.size === listed.length + 2, 'there are files that the manifest does not list.')
// The checkpoint, by the log's key, and the leaf hashes and places of the whole log under it (RFC 6962 §2.1).
const [note, signatures] = read('checkpoint').toString().split('\n\n')
const [origin, size, logRoot] = note.split('\n')
const keyIdOf = (key) => sha256(`countersign/${log}\n`, [1], fromHex(key)).subarray(0, 4)
const payloadsOf = (under) => under.split('\n').map((line) => Buffer.from(line.split(' ')[2] ?? '', 'base64'))
const isNoteBy = (key, text, under) =>
  payloadsOf(under).some((line) => line.subarray(0, 4).equals(keyIdOf(key)) && isSigned(key, `${text}\n`, line.subarray(4)))
// Whose turn it was to sign it: statements that the key was rotated, signed by both keys, lead from key to key as the log grows.
const stated = new Map()
for (const [text, under] of (trust.rotations ?? []).map((statement) => statement.split('\n\n'))) {
  const [title, of, at, rootThen, ...vkeys] = text.split('\n')
  const keys = vkeys.slice(0, 2).map((vkey) => Buffer.from(vkey.split('+').slice(2).join('+'), 'base64').toString('hex', 1))
  const isOurs = title === 'countersign/log-key-rotation/v1' && of === origin && keys.every((key) => isNoteBy(key, text, under))
  check(isOurs, 'what says that the key of the log was rotated is not signed by both keys.')
  if (!(stated.get(`${keys}`)?.at > Number(at))) stated.set(`${keys}`, { at: Number(at), rootThen, keys })
}
const rotations = [...stated.values()].sort((a, b) => a.at - b.at)
const inTurn = [rotations[0]?.keys[0] ?? trust.logKey, ...rotations.map(({ keys }) => keys[1])]
const isChain = rotations.every(({ keys, at }, n) => keys[0] === inTurn[n] && at > (rotations[n - 1]?.at ?? 0))
const isOnce = new Set(inTurn).size === inTurn.length && inTurn.includes(trust.logKey)
check(isChain && isOnce, 'what says that the key of the log was rotated leads to more than one key, or to none.')
const logKey = inTurn[rotations.findLastIndex(({ at }) => at < size) + 1]
check(origin === `countersign/${log}` && isNoteBy(logKey, note, signatures), 'the checkpoint is not signed by the log.')
const leaves = Buffer.concat(below('tree/leaves/').map(read))
const leafOf = (index) => leaves.toString('hex', index * 32, index * 32 + 32)
const rootOf = (first, count, half = 2 ** (31 - Math.clz32(count - 1))) => {
  if (count < 2) return count === 0 ? sha256('') : leaves.subarray(first * 32, first * 32 + 32)
  return sha256([1], rootOf(first, half), rootOf(first + half, count - half))
}
check(leaves.length === size * 32 && rootOf(0, Number(size)).toString('base64') === logRoot, 'the leaf hashes do not come to the root.')
for (const { at, rootThen } of rotations)
  check(at > size || rootOf(0, at).toString('base64') === rootThen, `the log of ${at} entries, when its key was rotated, was another one.`)
const indexes = new Map()
for (const { writer, seq, count, first } of records('tree/runs.jsonl'))
  for (let n = 0; n < count; n++) indexes.set(`${writer}/${seq + n}`, first + n)
// Every writer, certified by its host, and the last that it signed.
const consoles = new Set()
for (const { writer, open, batch } of records('writers.jsonl')) {
  const { host, certificate } = JSON.parse(open)
  check(sha256([0], open).toString('hex') === leafOf(indexes.get(`${writer}/1`)), `writer ${writer} did not open as the bundle says.`)
  check(certificate.writer === writer && isCertified(host, root) && isCertified(certificate, host.key), `writer ${writer} is uncertified.`)
  if (certificate.role === 'console') consoles.add(writer)
  const text = batch && `countersign/batch/v1\n${writer}\n${batch.first}\n${batch.last}\n${leafOf(indexes.get(`${writer}/${batch.last}`))}`
  check(!batch || isSigned(certificate.key, text, fromHex(batch.signature)), `the last signature of writer ${writer} does not fit.`)
}
// What left with its month, by the entry of a console that commits to it.
const gone = new Set()
const stretches = files.has('tree/detached.jsonl') ? records('tree/detached.jsonl') : []
for (const { month, index, text } of files.has('detached.jsonl') ? records('detached.jsonl') : []) {
  const [own, told] = [stretches.filter((each) => each.month === month), JSON.parse(text)]
  const digest = hash(
    'sha256',
    own
      .map(({ writer, from, to }) => `${writer} ${from} ${to}\n`)
      .sort()
      .join(''),
  )
  const isTold = told.type === 'log.detach' && told.month === month && told.stretches === digest && told.last < index
  check(isTold && consoles.has(told.writer) && sha256([0], text).toString('hex') === leafOf(index), `${month} left, and no entry says so.`)
  for (const { writer, from, to } of own) for (let n = Math.max(from, 2); n <= to; n++) gone.add(indexes.get(`${writer}/${n}`))
}
// Every entry, at its place and in its chain.
const types = {}
for (const line of below('entries/').flatMap(lines)) {
  const [, index, entry] = /^\{"index":(\d+),"entry":(\{.*\})\}$/.exec(line) ?? exit(1, 'Damaged: a line is no entry.')
  const { writer, seq, prev, type } = JSON.parse(entry)
  check(sha256([0], entry).toString('hex') === leafOf(index), `entry ${index} is not what was sealed.`)
  const before = seq === 1 ? '0'.repeat(64) : leafOf(indexes.get(`${writer}/${seq - 1}`))
  check(indexes.get(`${writer}/${seq}`) === Number(index) && prev === before, `entry ${index} is out of its chain.`)
  check(!gone.has(Number(index)), `entry ${index} is here, and is said to have left.`)
  types[type] = (types[type] ?? 0) + 1
}
const there = Object.values(types).reduce((sum, count) => sum + count, 0)
check(there === entries && canonical(types) === canonical(counts.types), 'the counts of the manifest are not those of its entries.')
const many = population.end - population.first
const left = [...gone].filter((index) => index >= population.first && index < population.end).length
check(scope.server ?? scope.agent ?? scope.policy ?? scope.outcome ?? there + left === many, 'entries of the period are missing.')
exit(
  0,
  `Intact: ${there} of ${many} entries${left > 0 ? ` (${left} detached)` : ''} of log ${log}, under root key ${root}${rootKey ? '' : ' (compare it with the operator’s)'}.`,
)
