import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/errors'
import { orderErasure, readErasure, workOff } from '../../db/erasures'
import type { Writer } from '../../db/writer'
import { foreign } from '../terminal'
import type { Command, Context } from './context'
import { existingDatabaseUrl } from './database'
import { reading, writing } from './session'

const LOOK_EVERY_MS = 1_000

/** Erases the clear text of a call, or of all calls of an agent until now; why is in the log for good. */
export const erase: Command = async (context) => {
  const { call, agent, because } = context.values
  const [asked, isOne] = [typeof call === 'string' ? call : agent, (typeof call === 'string') !== (typeof agent === 'string')]
  if (!isOne || typeof asked !== 'string') throw new AppError('invalid', '`countersign erase` takes one of --call CALL and --agent ID.')
  if (typeof because !== 'string') throw new AppError('invalid', '--because takes the reason; it stays in the log, so name nobody in it.')
  await existingDatabaseUrl(context, 'console')
  return writing(context, async ({ writer, person, founder }) => {
    const scope = typeof call === 'string' ? { call } : { principalId: asked }
    const ordered = await orderErasure(writer, { person, founder }, { scope, because })
    const { erased, held, done } = ordered.done ? ordered : await finish(context, writer, ordered.erasure)
    const rest = held > 0 ? ` A legal hold keeps ${held} more.` : ''
    const told = done ? `Erased ${erased} values of ${foreign(asked)}.${rest}` : 'Ordered: a console goes on with it, or the same command.'
    context.terminal.say(told, { erasure: ordered.erasure, ...scope, erased, held, done })
    return 0
  })
}

/** What was recorded just before the order can be seen some seconds after it. */
async function finish(context: Context, writer: Writer, id: string) {
  for (;;) {
    const now = await reading(context, async (sql) => {
      await workOff(writer, sql)
      return readErasure(sql, id)
    })
    if (now?.doneAt) return { erased: now.erased, held: now.held, done: true }
    if (context.stopped.aborted) return { erased: now?.erased ?? 0, held: now?.held ?? 0, done: false }
    await sleep(LOOK_EVERY_MS, undefined, { signal: context.stopped }).catch(() => undefined)
  }
}
