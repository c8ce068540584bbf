import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { documentText, policyDigest } from '../../core/policy/digest'
import { parsePolicy } from '../../core/policy/language'
import { connect } from '../../db/connect'
import { sha256 } from '../../db/crypto'
import { openEpochs } from '../../db/epochs'
import { identityOf, openKeys } from '../../db/keys'
import { publishText } from '../../db/publishing'
import { openWriter } from '../../db/writer'

// Publish → enforced in another process, beside one plain commit on the same server, interleaved. Prints JSON: medians in µs.
const [dataDir = '', consoleUrl = '', gatewayUrl = '', superuserUrl = '', follower = ''] = process.argv.slice(2)
const ROUNDS = 60
const keys = await openKeys(dataDir)
const writer = await openWriter({ url: consoleUrl, identity: identityOf(keys, 'console') })
const bare = connect(superuserUrl, { purpose: 'pool', application: 'bench', max: 1 })
await bare.unsafe('create table if not exists public.bench_publish (n bigint generated always as identity, body text)')

const publisher = { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(dataDir, keys.trust.log), actor: 'bench' }
const rules = Array.from({ length: 200 }, (_, n) => `  - tool: tool_${n}\n    action: ${n % 2 ? 'allow' : 'deny'}\n`).join('')
const textOf = (round: number) => `version: "1"\ndefault: deny\nmetadata: { round: ${round} }\nrules:\n${rules}`

/** A process that follows the policy as a gateway does: when it came to enforce each epoch. */
function startFollower() {
  const child = spawn(process.execPath, [follower, dataDir, gatewayUrl], { stdio: ['pipe', 'pipe', 'inherit'] })
  const enforced = new Map<number, bigint>()
  let heard: () => void = () => undefined
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [epoch, at] = line.split(' ')
    enforced.set(Number(epoch), BigInt(at ?? 0))
    heard()
  })
  const enforces = async (epoch: number): Promise<bigint> => {
    for (;;) {
      const at = enforced.get(epoch)
      if (at !== undefined) return at
      await new Promise<void>((resolve) => {
        heard = resolve
      })
    }
  }
  const stop = async (): Promise<void> => {
    child.stdin.end()
    await once(child, 'exit')
  }
  return { enforces, stop }
}

/** µs until the last of them enforces it. */
async function publishOnce(round: number, followers: readonly ReturnType<typeof startFollower>[]): Promise<number> {
  const yaml = textOf(round)
  const { document } = parsePolicy(yaml)
  if (!document) throw new Error('the bench policy is a policy')
  const added = {
    name: 'default',
    kind: 'policy' as const,
    digest: policyDigest(document, sha256),
    document: documentText(document),
    yamlSha256: Buffer.from(sha256(Buffer.from(yaml))).toString('hex'),
    author: 'bench',
    message: '',
    yaml,
  }
  const started = process.hrtime.bigint()
  const { epoch } = await writer.commit(async (tx) => {
    const published = await publishText(tx, publisher, added, Date.now())
    return { entries: [published.entry], result: published }
  })
  const ends = await Promise.all(followers.map(({ enforces }) => enforces(epoch)))
  return Math.max(...ends.map((at) => Number(at - started) / 1_000))
}

async function commitOnce(): Promise<number> {
  const started = process.hrtime.bigint()
  await bare`insert into public.bench_publish (body) values (${'x'.repeat(400)})`
  return Number(process.hrtime.bigint() - started) / 1_000
}

const quantile = (values: number[], q: number) =>
  values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? 0
const rest = () => new Promise((resolve) => setTimeout(resolve, 20))
const followers = [startFollower()]
const times = { publish: [] as number[], commit: [] as number[], both: [] as number[] }
for (let round = 0; round < ROUNDS; round++) {
  const [publish, commit] = [await publishOnce(round, followers), await commitOnce()]
  if (round >= 10) {
    times.publish.push(publish)
    times.commit.push(commit)
  }
  await rest()
}
followers.push(startFollower())
for (let round = ROUNDS; round < 3 * ROUNDS; round++) {
  const both = await publishOnce(round, followers)
  if (round >= ROUNDS + 10) times.both.push(both)
  await rest()
}
const found = {
  publish: quantile(times.publish, 0.5),
  commit: quantile(times.commit, 0.5),
  both: quantile(times.both, 0.5),
  both99: quantile(times.both, 0.99),
}
process.stdout.write(`${JSON.stringify(found)}\n`)
for (const { stop } of followers) await stop()
await writer.close()
await bare.end({ timeout: 1 })
