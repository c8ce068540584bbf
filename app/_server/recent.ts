import 'server-only'
import { AppError } from '../../core/errors'
import { type Decided, listDecisions } from '../../db/decisions'
import { database } from './database'

const SHOWN = 100

export type Recent = { readonly decisions: readonly Decided[] } | { readonly because: string }

/** The last decisions, or one sentence on why they can't be read; what the driver says holds addresses and user names and stays here. */
export const recentDecisions = async (): Promise<Recent> => {
  try {
    return { decisions: await listDecisions(database(), SHOWN) }
  } catch (error) {
    if (error instanceof AppError) return { because: error.message }
    if (error instanceof Error && 'code' in error) return { because: `The database can’t be read (${String(error.code)}).` }
    throw error
  }
}
