/** Does the work once at a time. All who ask while it is being done are given what it comes to the next time, however many they are. */
export function oneByOne<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null
  let next: Promise<T> | null = null
  const after = async (before: Promise<T> | null): Promise<T> => {
    // However the one before ended: whoever asked for that was told.
    await Promise.allSettled([before])
    running = next
    next = null
    return work()
  }
  return () => {
    next ??= after(running)
    return next
  }
}
