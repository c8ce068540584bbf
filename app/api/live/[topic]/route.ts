import { TOPICS, type Topic } from '../../../../components/live/live-data'
import { AppError } from '../../../../core/errors'
import { answerOf } from '../../../_server/answer'
import { rightToHear } from '../../../_server/live'
import { liveStream } from '../../../_server/live-stream'
import { requireActor, watchSession } from '../../../_server/session'

export const dynamic = 'force-dynamic'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Whatever would gather it before passing it on is told not to.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

/** What topics tell, as it happens: one, or several with commas between. Nobody asks for this by hand, so it keeps no session alive. */
export const GET = (request: Request, { params }: { readonly params: Promise<{ readonly topic: string }> }): Promise<Response> =>
  answerOf(async () => {
    const topics = topicsFrom((await params).topic)
    const watches: (() => Promise<boolean>)[] = []
    let session = ''
    for (const topic of topics) {
      session = (await requireActor(rightToHear(topic), { passive: true })).session
      watches.push(await watchSession(rightToHear(topic)))
    }
    const stillIn = async () => {
      for (const watch of watches) if (!(await watch())) return false
      return true
    }
    return new Response(liveStream({ topics, session, stillIn, signal: request.signal }), { headers: HEADERS })
  })

/** Each once, all of them known. */
const topicsFrom = (text: string): readonly Topic[] => {
  const asked = decodeURIComponent(text).split(',')
  const topics = TOPICS.filter((topic) => asked.includes(topic))
  if (topics.length !== asked.length) throw new AppError('not_found', `There are the topics ${TOPICS.join(', ')}.`)
  return topics
}
