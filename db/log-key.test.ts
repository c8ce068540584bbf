import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { certify } from '../core/audit/certificate'
import { fromHex } from '../core/hash'
import { ephemeralKey, verifyEd25519 } from './crypto'
import { type Keys, openKeys } from './keys'
import { commandKey, openLogKey } from './log-key'

let dataDir: string
let keys: Keys
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-log-key-'))
  keys = await openKeys(dataDir)
})
afterEach(() => rm(dataDir, { recursive: true }))

const message = Buffer.from('countersign/x\n1\nroot\n')
const isLogKeys = (signature: Uint8Array) => verifyEd25519(fromHex(keys.trust.logKey) ?? new Uint8Array(), message, signature)

test('the log key signs what the pinned key verifies', async () => {
  expect(isLogKeys((await openLogKey(dataDir, keys))(message))).toBe(true)
})

test('a key file that others can read signs nothing', async () => {
  const path = join(dataDir, 'keys', 'log', 'private.pem')
  await chmod(path, 0o640)
  await expect(openLogKey(dataDir, keys)).rejects.toMatchObject({ fault: 'forbidden', message: expect.stringContaining('chmod 600') })
})

test('a key that trust.json does not pin is refused', async () => {
  const other = { ...keys, trust: { ...keys.trust, logKey: ephemeralKey().publicKey } }
  await expect(openLogKey(dataDir, other)).rejects.toMatchObject({ fault: 'conflict' })
})

test('a host that is not certified to seal does not, with the key or a command', async () => {
  const { signature: _, ...body } = keys.host.certificate
  const certificate = certify({ ...body, roles: ['gateway', 'console'] }, ephemeralKey().sign)
  const gatewayHost = { ...keys, host: { ...keys.host, certificate } } as Keys
  await expect(openLogKey(dataDir, gatewayHost)).rejects.toMatchObject({ fault: 'forbidden' })
  expect(() => commandKey(['true'], gatewayHost)).toThrow('not certified to seal')
})

test('a command signs in its place: bytes in, base64 out, and nothing of it is believed that is no signature', async () => {
  const script = join(dataDir, 'signer.mjs')
  await writeFile(
    script,
    `import { createPrivateKey, sign } from 'node:crypto'
     import { readFileSync } from 'node:fs'
     const key = createPrivateKey(readFileSync(process.argv[2]))
     process.stdout.write(sign(null, readFileSync(0), key).toString('base64') + '\\n')`,
  )
  const command = [process.execPath, script, join(dataDir, 'keys', 'log', 'private.pem')]
  expect(isLogKeys(commandKey(command, keys)(message))).toBe(true)
  expect(() => commandKey(['/no/such/signer'], keys)(message)).toThrow('could not be asked')
  expect(() => commandKey([process.execPath, '-e', ''], keys)(message)).toThrow('wrote no signature')
  expect(() => commandKey([process.execPath, '-e', 'process.exit(3)'], keys)(message)).toThrow('ended with 3')
})
