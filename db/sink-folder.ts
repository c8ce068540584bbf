import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDurably } from './durable'
import { isCode } from './embedded-home'
import { commitFolder, isGit } from './git-folder'
import type { Copies } from './sinks'

/** A folder below `folder`, by the id of the log: each checkpoint a file of its own. In a git repository each is a commit, pushed where there is a remote. */
export const copiesInFolder = (folder: string, log: string): Copies => ({
  name: `copies in ${folder}`,
  newest: () => newestIn(join(folder, log)),
  keep: (size, note) => keepIn(join(folder, log), size, note),
  settle: async (size) => {
    if (isGit(folder)) await commitFolder(folder, log, `Checkpoint ${size}`)
  },
})

/** Numbers have one length, so that names sort as they grow. */
export const paddedSize = (size: number): string => String(size).padStart(16, '0')

export async function newestIn(own: string): Promise<string | null> {
  const name = (await namesIn(own))
    .filter((one) => /^\d{16}\.checkpoint$/.test(one))
    .sort()
    .at(-1)
  return name === undefined ? null : readFile(join(own, name), 'utf8')
}

export async function sizesIn(own: string): Promise<readonly number[]> {
  const names = await namesIn(own)
  return names.flatMap((name) => /^(\d{16})\.checkpoint$/.exec(name)?.[1] ?? []).map(Number)
}

async function namesIn(own: string): Promise<readonly string[]> {
  try {
    return await readdir(own)
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return []
    throw cause
  }
}

/** Written once and never over another: a folder that nobody may change afterwards is enough. */
export async function keepIn(own: string, size: number, note: string): Promise<void> {
  await mkdir(own, { recursive: true })
  await createDurably(join(own, `${paddedSize(size)}.checkpoint`), note)
}
