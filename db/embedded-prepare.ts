import { connect, type Sql } from './connect'
import type { Embedded } from './embedded'
import { userNameOf } from './embedded-home'
import { GROUP_ROLES, groupRoleOf } from './grants'
import { ensureLogin } from './logins'
import { migrate } from './migrate'

const PREPARE_LOCK = 7_272_740

/** Owner, database, schema and one login per role; each step may have been taken before. */
export async function prepareDatabase(embedded: Embedded): Promise<void> {
  const superuser = connect(embedded.urlFor('superuser', 'postgres'), { purpose: 'migrate', application: 'launcher' })
  try {
    await superuser`select pg_advisory_lock(${PREPARE_LOCK})`
    await ensureLogin(superuser, { name: userNameOf('owner'), password: passwordOf(embedded.urlFor('owner')), attributes: 'createrole' })
    await ensureDatabase(superuser)
    await migrate(embedded.urlFor('owner'))
    for (const role of GROUP_ROLES) {
      const name = userNameOf(role)
      await ensureLogin(superuser, { name, password: passwordOf(embedded.urlFor(role)), memberOf: groupRoleOf(role) })
    }
  } finally {
    await superuser.end({ timeout: 1 })
  }
}

async function ensureDatabase(superuser: Sql): Promise<void> {
  const [there] = await superuser`select from pg_database where datname = 'countersign'`
  if (!there) await superuser`create database countersign owner ${superuser(userNameOf('owner'))}`
}

const passwordOf = (url: string): string => new URL(url).password
