import 'server-only'
import { closeConsoleWriter } from './writer'

const kept = globalThis as { countersignEnding?: Promise<never> }

/** A signal ends this process once its chain is closed (Next is told to leave signals to us). */
export function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      kept.countersignEnding ??= end()
    })
}

async function end(): Promise<never> {
  try {
    await closeConsoleWriter()
  } catch (error) {
    process.stderr.write(`console: its log could not be closed: ${error instanceof Error ? error.message : String(error)}\n`)
  }
  process.exit(0)
}
