// Spawn to answered `initialize`: direct, behind the gateway, and what one empty Node process costs, interleaved.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startLineClient } from './line-client.mjs'
import { median } from './measure.mjs'

const ROUNDS = 15
const millisSince = (start) => Number(process.hrtime.bigint() - start) / 1e6

async function bareNode(emptyScript) {
  const start = process.hrtime.bigint()
  await once(spawn(process.execPath, [emptyScript], { stdio: 'ignore' }), 'exit')
  return millisSince(start)
}

async function initializeAnswered(args) {
  const start = process.hrtime.bigint()
  const client = startLineClient(process.execPath, args, { stderr: 'ignore' })
  await client.initialize()
  const took = millisSince(start)
  await client.stop()
  return took
}

/** Milliseconds, medians: {bare, direct, gateway, ratio}. */
export async function measureStartup({ emptyScript, direct, gateway }) {
  const times = { bare: [], direct: [], gateway: [] }
  for (let round = 0; round < ROUNDS; round++) {
    times.bare.push(await bareNode(emptyScript))
    times.direct.push(await initializeAnswered(direct))
    times.gateway.push(await initializeAnswered(gateway))
  }
  const [bare, directMs, gatewayMs] = [times.bare, times.direct, times.gateway].map(median)
  return { bare, direct: directMs, gateway: gatewayMs, ratio: (gatewayMs - directMs) / bare }
}
