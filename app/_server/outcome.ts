import 'server-only'
import type { RequestRefusal } from '../../core/audit/entry'
import { type AppError, isAppError } from '../../core/errors'
import type { Outcome } from '../../core/outcome'
import { randomId } from '../../db/crypto'
import { isRecorded } from '../../db/refusals'
import { wordsOf } from './failure'
import { NOT_OURS } from './input'
import { recordRefused } from './refused'
import { requestFrom } from './request-from'
import { currentActor } from './session'

export type { Outcome } from '../../core/outcome'

/** The one edge where an action's failures become words: a foreseen one its own, anything else a reference and nothing more. */
export async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (error) {
    if (isNextControl(error)) throw error
    if (!isAppError(error)) return failed(error)
    try {
      await record(error)
    } catch (cause) {
      return failed(cause)
    }
    const { fault, message: because, retryAfterSeconds } = error
    return { ok: false, fault, because, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }
  }
}

function failed(error: unknown): Outcome<never> {
  const { because, reference } = wordsOf(error) ?? {
    because: 'Something failed on our side; nothing was changed.',
    reference: randomId().slice(0, 12),
  }
  process.stderr.write(`console: ${reference} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return { ok: false, fault: 'failed', because, reference }
}

/** A forged id, a form that is sent again, input that no page of ours sends. What lacks a right is kept where it is asked for (session.ts). */
async function record(error: AppError): Promise<void> {
  const because = refusalOf(error)
  if (because === null || isRecorded(error)) return
  const { address } = await requestFrom()
  recordRefused({ because, right: null, actor: (await currentActor(true))?.id ?? null, address })
}

const refusalOf = ({ fault, message }: AppError): RequestRefusal | null => {
  if (fault === 'not_found' || fault === 'conflict') return fault
  return fault === 'invalid' && message === NOT_OURS ? 'malformed' : null
}

/** Redirects and not-found travel as errors with a digest of Next's own. */
const isNextControl = (error: unknown): boolean =>
  error instanceof Error && 'digest' in error && typeof error.digest === 'string' && error.digest.startsWith('NEXT_')
