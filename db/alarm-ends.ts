import { recordedName } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Queries } from './connect'
import { requireReason } from './legal-holds'
import { recordingAlarmRefusals } from './refusals'
import { requireTaker, type Taker, takerOf } from './takers'
import type { Writer } from './writer'

type Ended = {
  readonly kind: string
  readonly writer: string | null
  readonly seq: number | null
  readonly sentence: string
  readonly foundBy: string
  readonly raisedAt: Date
}

/**
 * A person ends an alarm, whoever found it, for a reason that stays in the log. What is still so is found anew by whoever looks. Throws
 * AppError('invalid') without a reason, ('forbidden') or ('unauthenticated') for whoever may not, ('conflict') where no such alarm is open.
 */
export async function endAlarmFor(writer: Writer, taker: Taker, given: { readonly id: string; readonly because: string }): Promise<void> {
  const [alarm, because, who] = [checkedId(given.id), requireReason(given.because), takerOf(taker)]
  return recordingAlarmRefusals(writer, who, alarm, () =>
    writer.commit(async (tx) => {
      await requireTaker(tx, taker, 'alarm.end')
      const ended = await endIn(tx, alarm, who.actor, because)
      if (!ended) throw new AppError('conflict', 'No such alarm is open: somebody ended it, or what it was about is over.')
      const { kind, writer: of, seq, foundBy, sentence, raisedAt } = ended
      const entry = {
        ...{ type: 'alarm.ended' as const, ...who, alarm, kind, because },
        place: of === null ? null : { writer: recordedName(of), seq },
        foundBy: recordedName(foundBy),
        sentence: recordedName(sentence),
        raised: raisedAt.toISOString(),
      }
      return { entries: [entry], result: undefined }
    }),
  )
}

async function endIn(tx: Queries, alarm: string, by: string, because: string): Promise<Ended | null> {
  const [ended] = await tx<Ended[]>`
    select kind, writer, seq::float8 as seq, sentence, found_by as "foundBy", raised_at as "raisedAt"
    from countersign.end_alarm_because(${alarm}::bigint, ${by}, ${because})`
  return ended ?? null
}

function checkedId(id: string): string {
  if (!/^[1-9][0-9]{0,17}$/.test(id)) throw new AppError('invalid', 'An alarm is named by its number.')
  return id
}
