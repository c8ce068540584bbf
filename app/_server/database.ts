import 'server-only'
import { CONNECTIONS, connect, type Sql } from '../../db/connect'
import { readConfig } from './config'

const kept = globalThis as { countersignSql?: Sql }

/** One lazy pool per process, kept where a reloaded module finds it again; nothing connects while the app is built. */
export const database = (): Sql => {
  kept.countersignSql ??= connect(readConfig().databaseUrl, { purpose: 'pool', application: 'console', max: CONNECTIONS.consolePool })
  return kept.countersignSql
}
