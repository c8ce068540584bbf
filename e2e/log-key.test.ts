import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from '../db/connect'
import { readAnchor } from '../db/cosignatures'
import { readTrust } from '../db/keys'
import { listAlarms } from '../db/seal-alarms'
import { latestCheckpoint, readSealing } from '../db/seal-read'
import { freshDatabase } from '../db/testing'
import { CLI, type CommandResult, countersign, makePlace, type Place, publish } from './gateway'
import { startWitness, type WitnessProcess } from './witnesses'

let place: Place
let elsewhere = ''
let sql: Sql
let sealing: ChildProcess
const running = new Set<ChildProcess>()

beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  elsewhere = await mkdtemp(join(tmpdir(), 'countersign-elsewhere-'))
  await publish(place, 'version: "1"\ndefault: deny\nrules: []\n')
  sql = connect(place.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 2 })
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await sql.end({ timeout: 1 })
  await place.remove()
  await rm(elsewhere, { recursive: true, force: true })
})

/** A command line with both logins, as the machine of the sealer has them. */
const start = (words: readonly string[]): ChildProcess => {
  const { urlFor } = place.database
  const env = { ...process.env, COUNTERSIGN_DATABASE_URL: urlFor('console'), COUNTERSIGN_SEALER_DATABASE_URL: urlFor('sealer') }
  const child = spawn(process.execPath, [CLI, ...words, '--data-dir', place.dataDir], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  return child
}

async function said(words: readonly string[]): Promise<CommandResult> {
  const child = start(words)
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (bytes: Buffer) => {
    stdout += bytes.toString()
  })
  child.stderr?.on('data', (bytes: Buffer) => {
    stderr += bytes.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

const isSealed = async (): Promise<boolean> => {
  const { size, unsealed } = await readSealing(sql)
  return size > 0 && unsealed === 0
}
const sealed = () => expect.poll(isSealed, { timeout: 30_000 }).toBe(true)
/** Each command that changes something is a writer of its own. */
const more = async (): Promise<void> => {
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: t${Math.random()}\n    action: allow\n`)
  await sealed()
}
const anchored = async (): Promise<boolean> => {
  const newest = await latestCheckpoint(sql)
  return ((await readAnchor(sql, await readTrust(place.dataDir)))?.size ?? 0) >= (newest?.size ?? 1)
}
const script = (path: string) => spawnSync(process.execPath, [join(CLI, '..', 'verify-bundle.mjs'), path], { encoding: 'utf8' })
const json = (text: string): Record<string, unknown> => JSON.parse(text.split('\n')[0] ?? '') as Record<string, unknown>

async function witnessAt(logs: readonly string[], port = 0): Promise<WitnessProcess> {
  const witness = await startWitness({ dataDir: elsewhere, logs, port })
  running.add(witness.process)
  return witness
}

/** Holds one key outside the data directory, and signs as no other. */
async function signer(): Promise<{ readonly key: string; readonly command: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const [pem, program] = [join(elsewhere, 'key.pem'), join(elsewhere, 'signer.mjs')]
  await writeFile(pem, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex')
  await writeFile(
    program,
    `import { sign } from 'node:crypto'
     import { readFileSync } from 'node:fs'
     if (process.argv[2] !== '${key}') process.exit(3)
     process.stdout.write(sign(null, readFileSync(0), readFileSync('${pem}', 'utf8')).toString('base64'))`,
  )
  return { key, command: `${process.execPath} ${program} {key}` }
}

test('the log key is rotated under a sealer, a witness and whoever verifies, and nobody loses the thread', async () => {
  sealing = start(['seal'])
  await sealed()
  const { log } = json((await said(['witness', 'list', '--json'])).stdout)
  const witness = await witnessAt([String(log)])
  const { vkey, url } = witness
  expect(await said(['witness', 'add', vkey, '--url', url, '--host', 'w.test'])).toMatchObject({ code: 0 })
  await more()
  await expect.poll(anchored, { timeout: 30_000 }).toBe(true)
  const [trust, before] = [join(place.dataDir, 'trust.json'), join(elsewhere, 'before.zip')]
  const pinned = await readFile(trust, 'utf8')
  expect(await countersign(place, 'console', ['export', '--out', before])).toMatchObject({ code: 0 })

  expect(await said(['log-key', 'rotate'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--because takes the reason') })
  const done = await said(['log-key', 'rotate', '--because', 'handed over', '--json'])
  expect(done).toMatchObject({ code: 0, stderr: '' })
  const { after, statement, size } = json(done.stdout)
  await more()
  const newest = await latestCheckpoint(sql)
  expect(newest?.size).toBeGreaterThan(Number(size))
  const folder = (await readTrust(place.dataDir)).rotations
  expect(folder).toEqual([statement])
  const listed = await said(['log-key', 'list'])
  expect(listed.stdout).toContain(String(after))
  const name = `log-${Buffer.from(String(after).split('+').slice(2).join('+'), 'base64').toString('hex').slice(2, 18)}`
  expect((await stat(join(place.dataDir, 'keys', name, 'private.pem'))).mode & 0o777).toBe(0o600)

  // A witness that has not heard of it signs nothing; with the statements it goes on, and what it signed before stays.
  await expect.poll(() => witness.stderr(), { timeout: 30_000 }).toContain('no key of that log signed it')
  witness.process.kill('SIGTERM')
  await witness.ended
  const again = await witnessAt([String(log), '--trust', trust], Number(new URL(url).port))
  await expect.poll(anchored, { timeout: 60_000 }).toBe(true)
  const verify = () => countersign(place, 'auditor', ['verify', '--deep', '--json'])
  expect(json((await verify()).stdout)).toMatchObject({ verdict: 'intact', protection: { level: 'cosigned', size: newest?.size } })

  // Whoever has only the trust.json of before follows the statements in the log, and those in a bundle.
  const out = join(elsewhere, 'after.zip')
  expect(await countersign(place, 'console', ['export', '--out', out])).toMatchObject({ code: 0 })
  const rotated = await readFile(trust, 'utf8')
  for (const text of [rotated, pinned]) {
    await writeFile(trust, text)
    expect(json((await verify()).stdout)).toMatchObject({ verdict: 'intact' })
    for (const bundle of [before, out]) expect(await countersign(place, 'auditor', ['verify', bundle])).toMatchObject({ code: 0 })
  }
  for (const bundle of [before, out]) expect(script(bundle)).toMatchObject({ status: 0, stdout: expect.stringContaining('Intact: ') })
  expect(await listAlarms(sql)).toEqual([])
  const [entry] = await sql<{ body: string }[]>`select body from countersign.entries where type = 'config.log_key'`
  expect(entry?.body).toContain('"because":"handed over"')
  again.process.kill('SIGTERM')
  await again.ended
}, 180_000)

test('into a command: whoever seals without it ends, and with it the log goes on; the key of before may be gone', async () => {
  const ended = once(sealing, 'exit')
  const { key, command } = await signer()
  const words = ['log-key', 'rotate', '--because', 'into the signer', '--next-key', key]
  expect(await said(words)).toMatchObject({ code: 2, stderr: expect.stringContaining('--next-key takes the 32 bytes') })
  expect(await said([...words, '--log-key-command', `${process.execPath} -e 1`])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('wrote no signature'),
  })
  const [memory, away] = [join(place.dataDir, 'log'), join(elsewhere, 'log')]
  await rename(memory, away)
  expect((await said([...words, '--log-key-command', command])).stderr).toContain('Nothing here, and no witness that answers, knows')
  await rm(memory, { recursive: true })
  await rename(away, memory)
  // Its witness is gone by now, which is said.
  const rotated = await said([...words, '--log-key-command', command])
  expect(rotated).toMatchObject({ code: 0, stderr: expect.stringContaining('could not be asked') })
  await publish(place, 'version: "1"\ndefault: deny\nrules: []\n')
  expect(await ended).toEqual([1, null])
  for (const name of await readdir(join(place.dataDir, 'keys')))
    if (name.startsWith('log')) await rm(join(place.dataDir, 'keys', name, 'private.pem'))
  start(['seal', '--log-key-command', command])
  await sealed()
  expect(json((await countersign(place, 'auditor', ['verify', '--deep', '--json'])).stdout)).toMatchObject({ found: 0 })
  expect((await said(['log-key', 'rotate', '--because', 'again', '--next-key', key, '--log-key-command', command])).stderr).toContain(
    'does not come back',
  )
}, 120_000)
