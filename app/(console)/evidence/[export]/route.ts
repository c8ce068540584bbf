import { answerOf } from '../../../_server/answer'
import { bundleStream } from '../../../_server/exporting'
import { idInput, inputOf } from '../../../_server/input'
import { requireActor } from '../../../_server/session'

export const dynamic = 'force-dynamic'

type Context = { readonly params: Promise<{ readonly export: string }> }

/** The bundle that this person ordered a moment ago, as it is written. That it leaves stands in the log since it was ordered. */
export const GET = (_request: Request, { params }: Context): Promise<Response> =>
  answerOf(async () => {
    const actor = await requireActor('evidence.export')
    const id = inputOf(idInput, (await params).export)
    return new Response(await bundleStream(actor, id), {
      headers: {
        'content-type': 'application/zip',
        'content-disposition': `attachment; filename="countersign-evidence-${id.slice(0, 8)}.zip"`,
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      },
    })
  })
