import { standingOf } from '../../../components/decision-words'
import type { PaletteFinds } from '../../../components/palette/commands'
import { hasRight } from '../../../core/roles'
import { listDecisions } from '../../../db/decisions'
import { answerOf } from '../../_server/answer'
import { database } from '../../_server/database'
import { inForceHere } from '../../_server/fleet'
import { requireActor } from '../../_server/session'

export const dynamic = 'force-dynamic'

const CALLS = 20

/** What the palette offers beside pages and actions, as far as this person may see it. */
export const GET = (): Promise<Response> =>
  answerOf(async () => {
    const actor = await requireActor('overview.read')
    const [inForce, decisions] = await Promise.all([
      hasRight(actor, 'policy.read') ? inForceHere() : null,
      hasRight(actor, 'activity.read') ? listDecisions(database(), CALLS) : [],
    ])
    const finds: PaletteFinds = {
      policies: inForce?.policies.map(({ name }) => name) ?? [],
      calls: decisions.map((row) => ({
        call: row.call,
        tool: row.tool ?? row.method,
        server: row.server,
        at: row.at,
        standing: standingOf(row),
      })),
    }
    return Response.json(finds, { headers: { 'cache-control': 'no-store' } })
  })
