import { openBigLog } from './big-log'

// Fills a data directory with a sealed log of so many entries. Its database is left running.
const [dataDir = '', count = '1000000'] = process.argv.slice(2)
const { sql } = await openBigLog(dataDir, '', Number(count))
await sql.end()
