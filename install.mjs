import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Plain Node, no dependencies: this runs before there are any. */
export const ROOT = import.meta.dirname

/** Locks and stamps of this checkout: what was built from what. */
export const STATE = join(ROOT, '.build')

/** Installs what package-lock.json asks for, if it isn't there. Of several processes that ask at once, one installs. */
export const ensureInstalled = () =>
  withLock('install', async () => {
    if (isInstalled()) return
    process.stderr.write('Installing dependencies (npm ci) …\n')
    const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
    if (code !== 0) throw new Error(`npm ci ended with ${code}; its own message is above.`)
  })

/** npm keeps what it installed in node_modules/.package-lock.json; packages for other platforms are not expected there. */
const isInstalled = () => {
  const wanted = packagesIn(join(ROOT, 'package-lock.json'))
  const present = packagesIn(join(ROOT, 'node_modules', '.package-lock.json'))
  return Object.entries(wanted ?? {}).every(
    ([path, { version, optional }]) => path === '' || optional || present?.[path]?.version === version,
  )
}

const packagesIn = (file) => {
  const text = readIfThere(file)
  return text === null ? null : JSON.parse(text).packages
}

export const readIfThere = (file) => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

/** Runs a program with our own streams, output on stderr; resolves to its exit code. */
export const run = (program, args, { env = process.env, cwd = ROOT } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' && program === 'npm' })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? `signal ${signal}`))
  })

/** One process at a time in this checkout. A lock whose owner died is taken over. */
export const withLock = async (name, work) => {
  const file = join(STATE, `${name}.lock`)
  mkdirSync(STATE, { recursive: true })
  while (!tryLock(file)) {
    dropDeadLock(file)
    await sleep(100)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** link(2) creates the name with its content or not at all, so that nobody reads a lock without a pid. */
const tryLock = (file) => {
  const mine = `${file}.${randomUUID()}`
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Moves the lock aside before looking at it again: of two who find it dead, one moves it; a live one is put back. */
const dropDeadLock = (file) => {
  const pid = readIfThere(file)
  if (pid === null || isAlive(Number(pid))) return
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
    if (readIfThere(aside) !== pid) linkSync(aside, file)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
