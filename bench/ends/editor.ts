import { connect } from '../../db/connect'
import { randomId } from '../../db/crypto'
import { startEmbedded } from '../../db/embedded'
import { signIn } from '../../e2e/console'

/*
 * Lets somebody into a console and keeps samples beside its policy. Arguments: the data directory, the console's address, how many
 * samples. Prints the cookie.
 */
const [dataDir = '', url = '', count = '0'] = process.argv.slice(2)

const database = await startEmbedded({ dataDir })
let cookie: unknown = null
const context = {
  addCookies: (cookies: readonly unknown[]) => {
    cookie = cookies[0]
    return Promise.resolve()
  },
}
const opened = { url, setUpUrl: null, database, dataDir, close: () => Promise.resolve() }
const { user } = await signIn(context as unknown as Parameters<typeof signIn>[0], opened, ['admin'])
const sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'bench', max: 1 })
for (let n = 0; n < Number(count); n++) {
  const call = {
    method: 'tools/call',
    tool: `tool_${n % 330}`,
    server: 'server',
    principal: { id: 'local:agent@host', assurance: 'asserted' },
    session: null,
    args: JSON.stringify({ path: `/srv/data/${n % 300}/${n % 7 === 0 ? '../..' : 'a'}`, content: 'text', count: n }),
    facts: null,
  }
  await sql`insert into countersign.samples (id, policy, label, call, author) values (${randomId()}, 'default', ${`sample ${n}`}, ${JSON.stringify(call)}, ${user})`
}
await sql.end()
process.stdout.write(`${JSON.stringify(cookie)}\n`)
