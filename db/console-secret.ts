import { randomBytes } from 'node:crypto'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/errors'
import { randomId } from './crypto'
import { isCode, readIfThere } from './embedded-home'

/**
 * What the console's cookies are sealed with, and what destinations keep secret (db/sealing.ts): 256 random bits in
 * `<dataDir>/console.secret`, made by whoever comes first. Consoles that share a load balancer share this file. Throws AppError('forbidden') when others could read it.
 */
export async function openConsoleSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'console.secret')
  if ((await readIfThere(path)) === null) await writeOnce(path, randomBytes(32).toString('hex'))
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new AppError(
      'forbidden',
      `${path} can be read by others: delete it, and everybody signs in again under a new one, and secrets of destinations are entered anew.`,
    )
  const secret = (await readFile(path, 'utf8')).trim()
  if (!/^[0-9a-f]{64}$/.test(secret))
    throw new AppError(
      'invalid',
      `${path} is damaged: delete it, and everybody signs in again, and secrets of destinations are entered anew.`,
    )
  return secret
}

/** By a link that fails when somebody was first, so that nobody ever reads half of it. */
async function writeOnce(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomId()}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${text}\n`)
    await file.sync()
    await link(draft, path)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await file.close()
    await rm(draft, { force: true })
  }
}
