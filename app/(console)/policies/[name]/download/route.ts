import { AppError } from '../../../../../core/errors'
import { readVersion } from '../../../../../db/policies'
import { versionInForce } from '../../../../../db/releases'
import { answerOf } from '../../../../_server/answer'
import { database } from '../../../../_server/database'
import { inputOf, policyNameInput, versionInput } from '../../../../_server/input'
import type { PolicyParams } from '../../../../_server/policy-page'
import { requireActor } from '../../../../_server/session'

/** The text of a version as it was given, to the byte; of the one in force without a number. */
export async function GET(request: Request, { params }: PolicyParams): Promise<Response> {
  return answerOf(async () => {
    await requireActor('policy.read')
    const name = inputOf(policyNameInput, (await params).name)
    const asked = new URL(request.url).searchParams.get('version')
    const version = asked === null ? await versionInForce(database(), name) : inputOf(versionInput, Number(asked))
    const found = version === 0 ? null : await readVersion(database(), name, version)
    if (!found) throw new AppError('not_found', 'There is no such version of this policy.')
    return new Response(found.yaml, {
      headers: {
        'content-type': 'text/yaml; charset=utf-8',
        'content-disposition': `attachment; filename="${name}.v${version}.yaml"`,
        'cache-control': 'no-store',
      },
    })
  })
}
