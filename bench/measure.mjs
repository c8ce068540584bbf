import { readFileSync } from 'node:fs'

export const median = (values) => quantile(values, 0.5)

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}

/** CPU time of a process so far, in µs; the kernel counts in ticks of 10 ms. 0 where /proc is not there. */
export function cpuMicros(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return 0
  }
}

/** The same of a process and of all that it started, whether it still runs or not: it never shrinks. */
export function cpuMicrosOfTree(pid) {
  let micros = cpuMicros(pid) + cpuMicrosOfEnded(pid)
  for (const child of childrenOf(pid)) micros += cpuMicrosOfTree(child)
  return micros
}

function cpuMicrosOfEnded(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return (Number(fields[13]) + Number(fields[14])) * 10_000
  } catch {
    return 0
  }
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  } catch {
    return []
  }
}

const microsSince = (start) => Number(process.hrtime.bigint() - start) / 1_000

/** `count` calls one after another: the time of each in µs. */
export async function oneByOne(client, count, args) {
  const times = []
  for (let at = 0; at < count; at++) {
    const start = process.hrtime.bigint()
    await client.call(args)
    times.push(microsSince(start))
  }
  return times
}

/** `count` calls with `width` in flight: {perSecond, times in µs}. */
export async function inFlight(client, count, width, args) {
  const times = []
  let left = count
  const lane = async () => {
    while (left-- > 0) {
      const start = process.hrtime.bigint()
      await client.call(args)
      times.push(microsSince(start))
    }
  }
  const start = process.hrtime.bigint()
  await Promise.all(Array.from({ length: width }, lane))
  return { perSecond: count / (microsSince(start) / 1e6), times }
}

/** Warm-up that stays out of the counts (the JIT needs it). */
export async function warmUp(client) {
  await oneByOne(client, 600)
  await inFlight(client, 800, 32)
}
