import { AppError } from '../core/errors'
import { NEWER, schemaState } from '../db/migrate'

/**
 * A URL that the user gave, once our schema was seen behind it. The password in it is never repeated. Rejects with AppError('conflict')
 * for a schema too new for this build, ('unavailable') for none, an older one, or a database that can't be reached.
 */
export async function checkedUrl(url: string): Promise<string> {
  const state = await stateOf(url)
  if (state === 'ready') return url
  if (state === 'newer') throw new AppError('conflict', NEWER)
  const lacks = state === 'missing' ? 'has no Countersign schema' : 'has an older schema than this version needs'
  throw new AppError('unavailable', `The database of COUNTERSIGN_DATABASE_URL ${lacks}; run \`countersign migrate\` as its owner.`)
}

async function stateOf(url: string) {
  try {
    return await schemaState(url)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const because = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new AppError('unavailable', `The database of COUNTERSIGN_DATABASE_URL can’t be reached${because}; check that it is running.`, {
      cause,
    })
  }
}
