import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const READ_BYTES = 256 * 1024
const LOOK_MS = 30

/** What ended the writing: null where all of it was written. */
export type Ended = { readonly failed: Error | null }

/** A file that somebody writes: under one of these names, whichever is there, until `ended` says that no more comes. */
export type Growing = { readonly names: readonly string[]; readonly ended: Promise<Ended> }

/** `end` is before which byte; null for all that is ever written. */
export type Stretch = { readonly from: number; readonly end: number | null }
const ALL: Stretch = { from: 0, end: null }

/**
 * Its bytes as they are written. A file that keeps its place when it is renamed, and only grows: what is there can go. Where the writing
 * failed the stream breaks, because what came must not look like all of it. `over` is called once when nobody reads any more.
 */
export async function streamOf({ names, ended }: Growing, over: () => Promise<void>, stretch = ALL): Promise<ReadableStream<Uint8Array>> {
  let end: Ended | null = null
  void ended.then((known) => {
    end = known
  })
  const file = await openWhenThere(names, () => end)
  const before = stretch.end ?? Number.POSITIVE_INFINITY
  let [at, isOpen] = [stretch.from, true]
  const close = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await file.close()
    await over()
  }
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    while (isOpen) {
      const known = end
      const buffer = Buffer.alloc(Math.min(READ_BYTES, before - at))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
      at += bytesRead
      if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead))
      if (at >= before || known) {
        await close()
        return finish(controller, known)
      }
      await sleep(LOOK_MS)
    }
  }
  return new ReadableStream({ pull, cancel: close })
}

const finish = (controller: ReadableStreamDefaultController<Uint8Array>, known: Ended | null): void =>
  known?.failed ? controller.error(known.failed) : controller.close()

async function openWhenThere(names: readonly string[], end: () => Ended | null): Promise<FileHandle> {
  for (;;) {
    const known = end()
    for (const name of names) {
      const file = await openIfThere(name)
      if (file) return file
    }
    if (known) throw known.failed ?? new Error('what was written is gone before it was read')
    await sleep(LOOK_MS)
  }
}

async function openIfThere(name: string): Promise<FileHandle | null> {
  try {
    return await open(name, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
