import { scanLine } from '../../core/mcp/scan'
import { evaluate, factsNeeded } from '../../core/policy/evaluate'
import { loadPolicy } from '../../core/policy/load'
import { noFacts } from '../../core/policy/model'
import { ephemeralKey, startCommitment } from '../../db/crypto'
import { buildBatch, type Chain } from '../../db/writer-batch'
import type { Judgement } from '../../gateway/call'
import { decisionDraft, type Receipt, receiptFields } from '../../gateway/log'
import { readRequest } from '../../gateway/reading'

// Where a call's CPU goes, stage by stage, each in a loop of its own. Prints JSON: µs of CPU per call.
const [policyText = ''] = process.argv.slice(2)
const { policy } = loadPolicy(policyText)
if (!policy) throw new Error('the bench policy is a policy')

const rules = { policy, guardrail: null }
const line = new TextEncoder().encode(
  `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"path":"/tmp/bench/file.txt","text":"${'x'.repeat(100)}"}}}`,
)
const reply = new TextEncoder().encode(`{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"${'x'.repeat(100)}"}]}}`)
const station = { server: 'bench', principal: { id: 'local:bench@host', assurance: 'asserted' as const }, session: 's'.repeat(32) }
const { message } = scanLine(line, 'client')
if (message?.kind !== 'request') throw new Error('the bench line is a request')
const request = message
const reading = readRequest(request, line, station, 0)
if ('because' in reading) throw new Error(reading.because)
const { call } = reading
const inForce = { rules, name: 'default', version: 1, digest: 'd'.repeat(64), guardrail: null, epoch: 1, signature: '' }
const judgement: Judgement = { decision: evaluate(rules, call.envelope, noFacts), policy: inForce, facts: noFacts, pin: null }
const receipt: Receipt = { status: 'done', code: null, startedAtMs: 1_700_000_000_000, durationMs: 1, sizeBytes: reply.length }
const chain: Chain = {
  log: 'l'.repeat(32),
  writer: 'w'.repeat(32),
  token: 't'.repeat(64),
  sign: ephemeralKey().sign,
  keepClearText: true,
  seq: 0,
  head: '0'.repeat(64),
}
const at = new Date(1_700_000_000_000).toISOString()
const commit = () => {
  const commitment = startCommitment()
  commitment.update(reply)
  return { name: 'result', bytes: reply, ...commitment.finish() }
}
const entries = (count: number) =>
  Array.from({ length: count }, () => [
    decisionDraft(call, judgement),
    { ...receiptFields(call.id, { writer: 'w'.repeat(32), seq: 1 }, receipt), disclose: [commit()] },
  ]).flat()
const drafts = entries(32)

const stages = {
  'scan the request': () => scanLine(line, 'client'),
  'read it as a call': () => readRequest(request, line, station, 0),
  'gather facts, evaluate': () => [factsNeeded(rules, call.envelope), evaluate(rules, call.envelope, noFacts)],
  'draft the decision': () => decisionDraft(call, judgement),
  'scan the reply': () => scanLine(reply, 'server'),
  'commit to the result': commit,
}

function cpuMicros(work: () => unknown, times: number): number {
  const before = process.cpuUsage()
  for (let at = 0; at < times; at++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

const best = (work: () => unknown, times: number): number => Math.min(...Array.from({ length: 5 }, () => cpuMicros(work, times)))

const measured: Record<string, number> = Object.fromEntries(Object.entries(stages).map(([name, work]) => [name, best(work, 20_000)]))
measured['decision and receipt as entries, hashed and signed (batch of 32 calls)'] = best(() => buildBatch(chain, drafts, at), 200) / 32
process.stdout.write(`${JSON.stringify(measured)}\n`)
