import 'server-only'
import { AppError } from '../../core/errors'

/** The console's only look at its environment. Throws AppError('unavailable') when nobody told it where the database is. */
export const readConfig = (): { readonly databaseUrl: string } => {
  const databaseUrl = process.env.COUNTERSIGN_DATABASE_URL
  if (!databaseUrl) throw new AppError('unavailable', 'COUNTERSIGN_DATABASE_URL is not set; `countersign up` sets it.')
  return { databaseUrl }
}
