import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { randomId } from './crypto'

/**
 * Puts a text in the place of a file at once and for good: whoever reads finds the old text or the new one, and what this has resolved for
 * survives a power cut. Where it rejects, either of the two may be there.
 */
export async function replaceDurably(path: string, text: string | Uint8Array): Promise<void> {
  const draft = `${path}.${randomId()}`
  try {
    await writeSynced(draft, text)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** Makes a file that is there whole or not at all, and for good. What is there already stays, and rejects with EEXIST. */
export async function createDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomId()}`
  try {
    await writeSynced(draft, text)
    await link(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  await syncFolder(dirname(path))
}

async function writeSynced(path: string, text: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A file's name is in its folder, which has a place on the disk of its own. Windows has no handle for it. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
