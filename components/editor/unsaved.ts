/** Work that was not saved, as this browser remembers it: whose, on which policy, and from which revision it started. */
export type Unsaved = { readonly text: string; readonly revision: number; readonly at: string }

const keyOf = (owner: string, name: string): string => `countersign:unsaved:${owner}:${name}`

export function rememberUnsaved(owner: string, name: string, work: Unsaved): void {
  withStorage((storage) => storage.setItem(keyOf(owner, name), JSON.stringify(work)))
}

export function forgetUnsaved(owner: string, name: string): void {
  withStorage((storage) => storage.removeItem(keyOf(owner, name)))
}

/** Null where nothing is remembered, or nothing that can be read. */
export function unsavedWork(owner: string, name: string): Unsaved | null {
  const stored = withStorage((storage) => storage.getItem(keyOf(owner, name)))
  if (!stored) return null
  try {
    const { text, revision, at } = JSON.parse(stored) as Partial<Unsaved>
    return typeof text === 'string' && typeof revision === 'number' && typeof at === 'string' ? { text, revision, at } : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** A browser may refuse to keep anything, or be full: the editor then works without a memory. */
function withStorage<T>(use: (storage: Storage) => T): T | null {
  try {
    return use(localStorage)
  } catch (error) {
    if (error instanceof DOMException) return null
    throw error
  }
}
