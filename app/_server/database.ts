import 'server-only'
import { CONNECTIONS, connect, type Sql } from '../../db/connect'
import { readConfig } from './config'
import { nameFailure } from './failure'

const kept = globalThis as { countersignSql?: Sql }

/** One lazy pool per process, kept where a reloaded module finds it again; nothing connects while the app is built. */
export const database = (): Sql => {
  kept.countersignSql ??= naming(
    connect(readConfig().databaseUrl, { purpose: 'pool', application: 'console', max: CONNECTIONS.consolePool }),
  )
  return kept.countersignSql
}

/** Wherever in a page a query is awaited, its failure arrives with the digest that error pages understand. */
const naming = (sql: Sql): Sql =>
  new Proxy(sql, {
    apply(target, self, given) {
      const made: unknown = Reflect.apply(target, self, given)
      if (isQuery(made)) {
        const { reject } = made
        made.reject = (error) => {
          nameFailure(error)
          reject(error)
        }
      }
      return made
    },
  })

type Query = { reject: (error: unknown) => void }

/** Not the parts of one that the same call makes: names of columns and lists of values. */
const isQuery = (made: unknown): made is Query => made instanceof Promise && 'reject' in made && typeof made.reject === 'function'
