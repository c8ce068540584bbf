// stdio tool calls: direct, raw pass-through, SDK proxy, and the gateway in three settings, interleaved in one run.
import { startLineClient } from './line-client.mjs'
import { cpuMicros, inFlight, median, oneByOne, quantile, warmUp } from './measure.mjs'

const ROUNDS = 7
const SINGLE = 700
const MANY = 6_000
const WIDTH = 32

/** `variants`: {name: [args of node]}. Returns {name: {p50, p99, perSecond, p50Many, cpuSingle, cpuMany}}, medians over the rounds. */
export async function measureRelays(variants) {
  const clients = {}
  for (const [name, { args, env }] of Object.entries(variants)) {
    clients[name] = startLineClient(process.execPath, args, { env: { ...process.env, ...env } })
    await clients[name].initialize()
    await warmUp(clients[name])
    await requireAllowed(name, clients[name])
  }
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    const order = Object.keys(variants)
    if (round % 2 === 1) order.reverse()
    for (const name of order) rounds.push({ name, ...(await oneBlock(clients[name])) })
  }
  for (const client of Object.values(clients)) await client.stop()
  return Object.fromEntries(Object.keys(variants).map((name) => [name, summarize(rounds.filter((round) => round.name === name))]))
}

/** A refusal is quicker than a call: a run that measured refusals would look splendid. */
async function requireAllowed(name, client) {
  const { head } = await client.call()
  if (head.includes('isError') || head.includes('"error"')) throw new Error(`${name} does not allow the bench's calls: ${head}`)
}

async function oneBlock(client) {
  const before = cpuMicros(client.pid)
  const single = await oneByOne(client, SINGLE)
  const between = cpuMicros(client.pid)
  const many = await inFlight(client, MANY, WIDTH)
  return {
    p50: median(single),
    p99: quantile(single, 0.99),
    perSecond: many.perSecond,
    p50Many: median(many.times),
    cpuSingle: (between - before) / SINGLE,
    cpuMany: (cpuMicros(client.pid) - between) / MANY,
  }
}

const summarize = (blocks) =>
  Object.fromEntries(
    ['p50', 'p99', 'perSecond', 'p50Many', 'cpuSingle', 'cpuMany'].map((key) => [key, median(blocks.map((block) => block[key]))]),
  )

/** Result sizes in bytes: total µs per call of each variant, medians over interleaved rounds. */
export async function measureSizes(variants, sizes) {
  const clients = {}
  for (const [name, { args, env }] of Object.entries(variants)) {
    clients[name] = startLineClient(process.execPath, args, { env: { ...process.env, ...env } })
    await clients[name].initialize()
    await oneByOne(clients[name], 200)
    await requireAllowed(name, clients[name])
  }
  const table = {}
  for (const size of sizes) {
    const count = size >= 1_000_000 ? 12 : 60
    const times = Object.fromEntries(Object.keys(variants).map((name) => [name, []]))
    for (let round = 0; round < 3; round++)
      for (const name of Object.keys(variants)) times[name].push(...(await oneByOne(clients[name], count, { size })))
    table[size] = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]))
  }
  for (const client of Object.values(clients)) await client.stop()
  return table
}
