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

const child = spawn(process.execPath, [follower, dataDir, gatewayUrl], { stdio: ['pipe', 'pipe', 'inherit'] })
const enforced = new Map<number, bigint>()
let heard: () => void = () => undefined
createInterface({ input: child.stdout }).on('line', (line) => {
  const [epoch, at] = line.split(' ')
  enforced.set(Number(epoch), BigInt(at ?? 0))
  heard()
})

async function publishOnce(round: number): Promise<number> {
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
  while (!enforced.has(epoch))
    await new Promise<void>((resolve) => {
      heard = resolve
    })
  return Number((enforced.get(epoch) ?? 0n) - started) / 1_000
}

async function commitOnce(): Promise<number> {
  const started = process.hrtime.bigint()
  await bare`insert into public.bench_publish (body) values (${'x'.repeat(400)})`
  return Number(process.hrtime.bigint() - started) / 1_000
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const times = { publish: [] as number[], commit: [] as number[] }
for (let round = 0; round < ROUNDS; round++) {
  const [publish, commit] = [await publishOnce(round), await commitOnce()]
  if (round >= 10) {
    times.publish.push(publish)
    times.commit.push(commit)
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
}
process.stdout.write(`${JSON.stringify({ publish: median(times.publish), commit: median(times.commit) })}\n`)
child.stdin.end()
await once(child, 'exit')
await writer.close()
await bare.end({ timeout: 1 })
