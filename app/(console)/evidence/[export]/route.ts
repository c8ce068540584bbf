import { answerOf } from '../../../_server/answer'
import { fetchExport } from '../../../_server/exporting'
import { idInput, inputOf } from '../../../_server/input'
import { requireActor } from '../../../_server/session'

export const dynamic = 'force-dynamic'

type Context = { readonly params: Promise<{ readonly export: string }> }

/** The bundle that this person ordered, as it is written, or what of it they still lack. That it leaves stands in the log since it was ordered. */
export const GET = (request: Request, { params }: Context): Promise<Response> =>
  answerOf(async () => {
    const actor = await requireActor('evidence.export')
    return fetchExport(actor, inputOf(idInput, (await params).export), request)
  })

export const HEAD = GET
