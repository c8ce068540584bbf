import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { likenessOf } from '../core/approval/binding'
import { compilePolicy } from '../core/policy/compile'
import type { Actor } from '../core/roles'
import { randomId, sha256 } from '../db/crypto'
import { openGrant } from '../db/hold-grants'
import { type HoldBench, openHoldBench } from '../db/testing-holds'
import { authorize, type Ports } from './authorize'
import type { Call, Judgement } from './call'
import { takeGrant } from './grants'
import { nobody } from './people-harness'
import type { InForce } from './policy-source'
import { makeRates } from './rates'

const compiled = (rule: object): InForce => ({
  rules: {
    policy: compilePolicy({
      kind: 'policy',
      version: '1',
      default: 'deny',
      rules: [{ tool: ['write_file'], action: 'escalate', id: 'rule-2', ...rule }],
    }),
    guardrail: null,
  },
  ...{ name: 'default', version: 1, digest: 'a'.repeat(64), guardrail: null, epoch: 0, signature: '' },
})
const ASKS = compiled({})

let bench: HoldBench
let ann: Actor
let root = ''
let inside = ''
beforeAll(async () => {
  bench = await openHoldBench()
  ann = await bench.person(['approver'])
})
afterAll(() => bench.close())
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'countersign-grants-')))
  inside = join(root, 'in')
  await mkdir(join(inside, 'deep'), { recursive: true })
  await writeFile(join(inside, 'file'), 'x')
  await symlink('/etc', join(inside, 'link'))
  await symlink(join(root, 'nowhere'), join(inside, 'dangling'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** Leave for paths inside a folder, made as an approver makes it. */
async function grantInside(folder: string): Promise<string> {
  const hold = await bench.held({ args: { path: join(folder, 'file'), content: 'x' } })
  await bench.vote(ann, hold)
  const { displayed } = await bench.card(hold)
  const choices = [{ name: 'path', bound: { is: 'within' as const, folder } }]
  return (await openGrant(bench.desk, ann, { hold, displayed, choices, uses: 20, minutes: 10 })).id
}

function callOf(path: string): Call {
  const args = { path, content: 'x' }
  return {
    ...{ id: randomId(), leg: 1, paramBytes: new Uint8Array(), sizeBytes: 0, proposal: null, arrivedMs: 0 },
    envelope: {
      ...{ method: 'tools/call', tool: 'write_file', server: 'files', session: null, args },
      principal: { id: 'local:ada@host', assurance: 'asserted' },
    },
    argumentBytes: Buffer.from(JSON.stringify(args)),
  }
}

type World = { readonly policy?: InForce; readonly sharesFileSystem?: boolean; readonly afterUse?: () => Promise<void> }

/** What becomes of a call where nobody is asked anew: a grant answers it, or it stays an escalation. */
async function ask(path: string, { policy = ASKS, sharesFileSystem = true, afterUse = async () => {} }: World = {}) {
  const ends: string[] = []
  const call = callOf(path)
  const { principal, server, tool, args } = call.envelope
  const likeness = likenessOf(sha256, { principal: principal.id, server, tool: tool ?? '', args: args as { path: string } })
  const supply = { sql: bench.people, writer: bench.gateway, trust: bench.verifier.trust }
  const ports: Ports = {
    policy: () => ({ is: 'in force', policy }),
    pin: () => ({ is: 'known', pin: null, listed: false }),
    rates: makeRates(),
    sharesFileSystem,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    session: () => null,
    record: async () => ({ writer: 'w', seq: 7 }),
    recordLater: () => {},
    count: () => {},
    end: (_call, _entry, status) => void ends.push(status),
    people: {
      ...nobody,
      ask: async (asked, judgement: Judgement) => {
        const taken = await takeGrant(supply, asked, judgement, likeness)
        await afterUse()
        return taken ? { is: 'granted', ...taken } : null
      },
    },
    report: (error) => {
      throw error
    },
  }
  const { granted, judgement } = await authorize(ports, call, new AbortController())
  return { granted, code: judgement.decision.code, ends, facts: judgement.facts, call: call.id }
}
const usesOf = async (grant: string): Promise<number> => (await bench.told('grant.used')).filter((entry) => entry.grant === grant).length

test('a path that stays inside goes through, and where it leads is recorded with the decision', async () => {
  const grant = await grantInside(inside)
  const { granted, facts, call } = await ask(join(inside, 'deep', 'new.txt'))
  expect(granted).toBe(true)
  expect([...(facts.realpaths ?? [])]).toEqual([join(inside, 'deep', 'new.txt'), inside].map((path) => [path, path]))
  const decision = (await bench.told('decision')).find((entry) => entry.call === call)
  expect(decision).toMatchObject({ grant, commitments: { facts: expect.anything() } })
  expect(await usesOf(grant)).toBe(1)
})

test.each(['link/passwd', 'link', 'dangling', 'dangling/x'])(
  'in/%s leads out or nobody knows where: people are asked, nothing is used up',
  async (path) => {
    const grant = await grantInside(inside)
    expect(await ask(join(inside, path))).toMatchObject({ granted: false, code: 'rule' })
    expect(await usesOf(grant)).toBe(0)
  },
)

test('a folder that is itself behind a link is the folder it leads to', async () => {
  const alias = join(root, 'alias')
  await symlink(inside, alias)
  await grantInside(alias)
  expect(await ask(join(alias, 'file'))).toMatchObject({ granted: true })
  expect(await ask(join(alias, 'link', 'passwd'))).toMatchObject({ granted: false })
})

test('a folder swapped for a link while the use was recorded is noticed before anything is forwarded', async () => {
  await grantInside(inside)
  const afterUse = async (): Promise<void> => {
    await rename(join(inside, 'deep'), join(inside, 'moved'))
    await symlink('/etc', join(inside, 'deep'))
  }
  expect(await ask(join(inside, 'deep', 'passwd'), { afterUse })).toMatchObject({
    granted: false,
    code: 'recheck_failed',
    ends: ['revoked'],
  })
})

test('what the policy resolved already counts for the grant too', async () => {
  await grantInside(inside)
  const policy = compiled({ constraints: { allowedPaths: { within: [inside, '/etc'] } } })
  expect(await ask(join(inside, 'file'), { policy })).toMatchObject({ granted: true })
  expect(await ask(join(inside, 'link', 'passwd'), { policy })).toMatchObject({ granted: false, code: 'rule' })
})

test('where the files are not shared a path is what is written, as it is for a policy', async () => {
  await grantInside(inside)
  expect(await ask(join(inside, 'link', 'passwd'), { sharesFileSystem: false })).toMatchObject({
    granted: true,
    facts: { realpaths: null },
  })
  expect(await ask(join(root, 'file'), { sharesFileSystem: false })).toMatchObject({ granted: false })
})

test('a call that a person denied a moment ago is let through by no grant', async () => {
  const grant = await grantInside(inside)
  const path = join(inside, 'denied')
  await bench.vote(ann, await bench.held({ args: { path, content: 'x' } }), 'deny')
  expect(await ask(path)).toMatchObject({ granted: false, code: 'rule' })
  expect(await usesOf(grant)).toBe(0)
})
