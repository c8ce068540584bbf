import { readQuestion } from '../../../../core/activity/question'
import { countNewer } from '../../../../db/activity'
import { foldActivity } from '../../../../db/activity-fold'
import { answerOf } from '../../../_server/answer'
import { database } from '../../../_server/database'
import { requireActor } from '../../../_server/session'

const COUNTED = 100

/** How many decisions are newer than a place in the list, up to 100. Asked by a page that is open, so it keeps nobody signed in. */
export const GET = (request: Request): Promise<Response> =>
  answerOf(async () => {
    await requireActor('activity.read', { passive: true })
    const parameters = new URL(request.url).searchParams
    const { question, place } = readQuestion(
      Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)])),
    )
    await foldActivity(database())
    const newer = place ? await countNewer(database(), question, place.cursor, COUNTED) : 0
    return Response.json({ newer }, { headers: { 'cache-control': 'no-store' } })
  })
