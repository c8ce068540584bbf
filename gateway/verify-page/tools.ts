import type { Inflate } from '../../core/audit/evidence-files'
import type { RandomAccess } from '../../core/audit/evidence-zip'

/** Stops at the first byte too many, whatever the data would become. */
export const inflateInPage: Inflate = async (packed, bytes) => {
  const source = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  const reader = source.getReader()
  const unpacked = new Uint8Array(bytes)
  let at = 0
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return at === bytes ? unpacked : null
      if (at + value.length > bytes) {
        await reader.cancel()
        return null
      }
      unpacked.set(value, at)
      at += value.length
    }
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

/** A file that somebody chose, read in pieces: it is never in memory as a whole. */
export const chosenFile = (file: File): RandomAccess => ({
  size: file.size,
  read: async (at, length) => new Uint8Array(await file.slice(at, at + length).arrayBuffer()),
})
