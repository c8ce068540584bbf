import 'server-only'
import { RefusedRequests, type RequestRefused } from '../../db/request-refusals'
import type { Writer } from '../../db/writer'
import { consoleWriter } from './writer'

/** Counted since a minute ago is told soon after. */
const LOOK_MS = 10_000

type Refused = { readonly counted: RefusedRequests; writer: Writer | null; round: Promise<void> | null; complaint: string | null }

const kept = globalThis as { countersignRefused?: Refused }

/** One per process, kept where another bundle of it finds it again. */
const here = (): Refused => {
  kept.countersignRefused ??= begin()
  return kept.countersignRefused
}

/** Keeps in the log that a request was refused. Nothing was changed, so the answer does not wait for it (db/request-refusals.ts). */
export function recordRefused(refused: RequestRefused): void {
  here().counted.count(refused, Date.now())
  tell()
}

function begin(): Refused {
  setInterval(tell, LOOK_MS).unref()
  // Before the writer closes: it writes what waits.
  process.prependOnceListener('SIGTERM', () => {
    const { counted, writer } = here()
    for (const entry of writer ? counted.all(Date.now()) : []) writer?.later(entry)
  })
  return { counted: new RefusedRequests(), writer: null, round: null, complaint: null }
}

function tell(): void {
  const refused = here()
  refused.round ??= write(refused).finally(() => {
    refused.round = null
  })
}

async function write(refused: Refused): Promise<void> {
  for (let entries = refused.counted.due(Date.now()); entries.length > 0; entries = refused.counted.due(Date.now())) {
    try {
      refused.writer = await consoleWriter()
      await refused.writer.commit(async () => ({ entries, result: null }))
      refused.complaint = null
    } catch (error) {
      refused.counted.giveBack(entries, Date.now())
      // The next round tries again; each reason is said once.
      const because = error instanceof Error ? error.message : String(error)
      if (because !== refused.complaint) process.stderr.write(`console: refused requests were not recorded yet: ${because}\n`)
      refused.complaint = because
      return
    }
  }
}
