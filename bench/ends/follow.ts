import { performance } from 'node:perf_hooks'
import { connect } from '../../db/connect'
import { openEpochs } from '../../db/epochs'
import { openKeys } from '../../db/keys'
import { listenTo } from '../../db/listener'
import { POLICY_CHANNEL } from '../../db/publications'
import { followPolicy } from '../../gateway/policy-source'
import { makeLook } from '../../gateway/rulebook'

// A process that follows the policy as a gateway does and says when it swapped: one line `<epoch> <ns of the machine's monotonic clock>`.
const [dataDir = '', url = ''] = process.argv.slice(2)
const { trust } = await openKeys(dataDir)
const sql = connect(url, { purpose: 'pool', application: 'bench follower' })
const look = makeLook({ sql, name: 'default', file: null, trust, epochs: openEpochs(dataDir, trust.log), nowMs: Date.now })
const policy = followPolicy({
  look: async (current) => {
    const seen = await look(current)
    if ('found' in seen && seen.found !== current) process.stdout.write(`${seen.found.epoch} ${process.hrtime.bigint()}\n`)
    return seen
  },
  warn: (sentence) => process.stderr.write(`${sentence}\n`),
  monotonicMs: () => performance.now(),
})
const listener = listenTo(url, { application: 'bench follower', channel: POLICY_CHANNEL, heard: policy.hint })
process.stdin.resume().on('end', async () => {
  policy.close()
  await listener.close()
  await sql.end({ timeout: 1 })
})
