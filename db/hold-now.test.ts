import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentText, policyDigest } from '../core/policy/digest'
import { loadPolicy } from '../core/policy/load'
import type { Actor } from '../core/roles'
import { sha256 } from './crypto'
import { openEpochs } from './epochs'
import { openKeys } from './keys'
import { publishText } from './publishing'
import { type HoldBench, openHoldBench, type Wish } from './testing-holds'

let bench: HoldBench
let ann: Actor
beforeAll(async () => {
  bench = await openHoldBench()
  ann = await bench.person(['approver'])
})
afterAll(() => bench.close())

/** Puts a text in force; answers its digest and version. */
async function publish(rules: string, kind: 'policy' | 'guardrail' = 'policy') {
  const yaml = `version: "1"\n${kind === 'guardrail' ? 'kind: guardrail\n' : 'default: deny\n'}rules:\n${rules}`
  const { document } = loadPolicy(yaml)
  if (!document) throw new Error(`no policy: ${yaml}`)
  const keys = await openKeys(bench.dataDir)
  const publisher = { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(bench.dataDir, keys.trust.log), actor: 'test' }
  const name = kind === 'policy' ? 'default' : 'guardrail'
  const digest = policyDigest(document, sha256)
  const yamlSha256 = createHash('sha256').update(yaml).digest('hex')
  const text = { name, kind, digest, document: documentText(document), yamlSha256, yaml, author: 'me', message: '' }
  const done = await bench.desk.commit(async (tx) => ({ entries: [], result: await publishText(tx, publisher, text, Date.now()) }))
  publisher.epochs.remember(done.epoch)
  return { digest, version: done.version }
}

const ESCALATE = '  - tool: write_file\n    action: escalate\n'
const heldUnder = async (rules: string, wish: Wish = {}) => {
  const { digest, version } = await publish(rules)
  return bench.held({ policy: digest, policyVersion: version, args: { path: '/tmp/a' }, ...wish })
}
const vain = (id: string) => bench.vote(ann, id)

describe('a policy published after the call was held', () => {
  test.each([
    { what: 'denies it', rules: '  - tool: write_file\n    action: deny\n' },
    { what: 'says nothing of it', rules: '  - tool: read_file\n    action: allow\n' },
    { what: 'denies its path', rules: '  - tool: write_file\n    action: escalate\n    constraints:\n      deniedPaths: ["/tmp/"]\n' },
    { what: 'asks two', rules: '  - tool: write_file\n    action: escalate\n    quorum: 2\n' },
    { what: 'asks others', rules: '  - tool: write_file\n    action: escalate\n    approvers: [admin]\n' },
  ])('and that $what: an approval is refused with the reason, a denial is not', async ({ rules }) => {
    const id = await heldUnder(ESCALATE)
    await publish(rules)
    await expect(vain(id)).rejects.toMatchObject({ fault: 'conflict', message: expect.stringContaining('the policy in force now') })
    expect(await bench.stateOf(id)).toBe('held')
    expect(await bench.vote(ann, id, 'deny')).toMatchObject({ state: 'denied' })
  })

  test.each([
    { what: 'judges this call as before', rules: `  - tool: read_file\n    action: allow\n${ESCALATE}` },
    { what: 'would even let it through', rules: '  - tool: write_file\n    action: allow\n' },
  ])('and that $what: it is approved', async ({ rules }) => {
    const id = await heldUnder(ESCALATE)
    await publish(rules)
    expect(await vain(id)).toMatchObject({ state: 'approved' })
  })
})

describe('a tool that changed', () => {
  const tool = 'write_file'
  const name = JSON.stringify(tool)
  const server = 'shop'
  const [first, second] = ['1'.repeat(64), '2'.repeat(64)]
  const pin = (digest: string, state: 'baseline' | 'pending' | 'accepted') => bench.superuser`
    insert into countersign.pins (server, tool_hash, tool, digest, upstream, definition, state, accepted_at, accepted_by)
    values (${server}, encode(sha256(convert_to(${name}, 'UTF8')), 'hex'), ${name}, ${digest}, ${first}, '', ${state},
      case when ${state === 'accepted'} then now() end, case when ${state === 'accepted'} then 'me' end)`

  test('after its call was held: approving is refused, seen or accepted; a call held since is approved', async () => {
    await bench.superuser`insert into countersign.pin_baselines (server, upstream) values (${server}, ${first})`
    await pin(first, 'baseline')
    const [before, same] = [await bench.held({ server, tool, pin: first }), await bench.held({ server, tool, pin: first })]
    expect(await vain(same)).toMatchObject({ state: 'approved' })
    await pin(second, 'pending')
    await expect(vain(before)).rejects.toMatchObject({
      fault: 'conflict',
      message: expect.stringContaining('definition of this tool changed'),
    })
    await bench.superuser`update countersign.pins set state = 'replaced' where server = ${server} and digest = ${first}`
    await bench.superuser`update countersign.pins set state = 'accepted', accepted_at = now(), accepted_by = 'me' where server = ${server} and digest = ${second}`
    await expect(vain(before)).rejects.toMatchObject({ message: expect.stringContaining('definition of this tool changed') })
    expect(await vain(await bench.held({ server, tool, pin: second }))).toMatchObject({ state: 'approved' })
  })
})
