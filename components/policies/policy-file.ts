const MOST_BYTES = 256 * 1024

/** The text of a file that somebody chose, or one sentence on why it can be no policy. What its text says is judged by the server. */
export async function readPolicyFile(file: File): Promise<{ readonly text: string } | { readonly because: string }> {
  if (file.size > MOST_BYTES) return { because: `A policy has at most ${MOST_BYTES} bytes (256 KiB); this file has ${file.size}.` }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()) }
  } catch (error) {
    if (error instanceof TypeError) return { because: 'This file is not UTF-8 text.' }
    if (error instanceof DOMException) return { because: 'This file can not be read any more; choose it again.' }
    throw error
  }
}
