import { inject } from 'vitest'
import { emptyDatabaseIn, type FreshDatabase, freshDatabaseIn } from './testing-server'
import './testing-setup'

/**
 * For integration tests: a migrated database of its own on this run's embedded server. `urlFor` takes superuser, owner, gateway,
 * console, sealer or auditor. Call `drop` in `afterAll`; what is forgotten goes when the run ends.
 */
export const freshDatabase = (): Promise<FreshDatabase> => freshDatabaseIn(inject('testFolder'))

/** One without our schema, for tests of the migrations. */
export const emptyDatabase = (): Promise<FreshDatabase> => emptyDatabaseIn(inject('testFolder'))
