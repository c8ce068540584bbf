import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../core/errors'

const LIMIT_MS = 30_000

/** Whether a folder is the top of a git repository's work tree: one that merely lies in somebody's repository is none. */
export const isGit = (folder: string): boolean => existsSync(join(folder, '.git'))

/** Commits what is new below `path`, and pushes where there is a remote. Nothing new, nothing committed; what was not pushed is tried again. */
export async function commitFolder(folder: string, path: string, message: string): Promise<void> {
  await git(folder, 'add', '--', path)
  if ((await git(folder, 'status', '--porcelain', '--', path)) !== '')
    await git(folder, ...AUTHOR, 'commit', '-q', '-m', message, '--', path)
  if ((await git(folder, 'remote')) !== '' && (await isAhead(folder))) await git(folder, 'push', '-q', '-u', 'origin', 'HEAD')
}

const AUTHOR = ['-c', 'user.name=countersign', '-c', 'user.email=countersign@localhost', '-c', 'commit.gpgsign=false']

async function isAhead(folder: string): Promise<boolean> {
  const count = await git(folder, 'rev-list', '--count', 'HEAD', '--not', '--remotes=origin')
  return count.trim() !== '0'
}

/** No hook runs and nobody is asked for a password: nobody sits where a sealer runs. */
const ALONE = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.askPass=false', '-c', 'core.sshCommand=ssh -oBatchMode=yes']

function git(folder: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('git', ['-C', folder, ...ALONE, ...args], { timeout: LIMIT_MS }, (cause, stdout, stderr) => {
      const words = stderr.trim().split('\n')[0]
      if (cause) reject(new AppError('unavailable', `git can not keep a checkpoint in ${folder}: ${words || cause.message}.`, { cause }))
      else resolve(stdout)
    })
  })
}
