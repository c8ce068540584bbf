/** Called by Next once, when the console's server starts. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { sayAddress } = await import('./app/_server/address')
  const { endOnSignals } = await import('./app/_server/ending')
  const { keepFolding } = await import('./app/_server/folding')
  const { keepTelling } = await import('./app/_server/telling')
  const { watchAnswers } = await import('./app/_server/refused-answers')
  endOnSignals()
  sayAddress()
  keepFolding()
  keepTelling()
  watchAnswers()
}
