import { wireMoment } from '../../../../core/audit/log-wire'
import { answerOf } from '../../../_server/answer'
import { jsonInputOf } from '../../../_server/input'
import { readPinned } from '../../../_server/integrity'
import { answerTo, logQuestion, momentInTurn } from '../../../_server/log-answer'
import { requireActor } from '../../../_server/session'

export const dynamic = 'force-dynamic'

/** Where a look at the whole log begins: the keys that are pinned here, and the ends of the log as they are now. */
export const GET = (): Promise<Response> =>
  answerOf(async () => {
    await requireActor('integrity.verify')
    const [trust, moment] = await Promise.all([readPinned(), momentInTurn()])
    return Response.json({ trust, moment: wireMoment(moment) }, { headers: { 'cache-control': 'no-store' } })
  })

/** One page of what lies before these ends: texts of entries and hashes, and never what the entries commit to. Changes nothing. */
export const POST = (request: Request): Promise<Response> =>
  answerOf(async () => {
    await requireActor('integrity.verify', { passive: true })
    return answerTo(await jsonInputOf(logQuestion, request))
  })
