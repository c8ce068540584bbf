import NextAuth from 'next-auth'
import { AppError } from '../../../../core/errors'
import { answerOf } from '../../../_server/answer'
import { authOptions } from '../../../_server/auth-options'
import { requireOwnPage } from '../../../_server/same-origin'

export const dynamic = 'force-dynamic'

type Context = { readonly params: Promise<{ readonly nextauth: readonly string[] }> }

/** What next-auth may answer here; the rest of what it offers is not used, and not there. */
const OFFERED = {
  GET: ['csrf', 'callback/oidc', 'signin', 'error'],
  POST: ['signin/oidc', 'callback/password'],
} as const

const answer = async (request: Request, context: Context): Promise<Response> =>
  answerOf(async () => {
    const { nextauth } = await context.params
    const offered: readonly string[] = OFFERED[request.method === 'POST' ? 'POST' : 'GET']
    if (!offered.includes(nextauth.join('/'))) throw new AppError('not_found', 'There is nothing here.')
    if (request.method === 'POST') requireOwnPage(request)
    const response: Response = await NextAuth(await authOptions())(request, context)
    response.headers.set('cache-control', 'no-store')
    return response
  })

export { answer as GET, answer as POST }
