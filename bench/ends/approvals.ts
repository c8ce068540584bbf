import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../db/connect'
import { startEmbedded, stopEmbedded } from '../../db/embedded'
import { holdCard } from '../../db/inbox'
import { identityOf, openKeys } from '../../db/keys'
import { signedIn } from '../../db/testing-people'
import { castHoldVote } from '../../db/votes'
import { openWriter } from '../../db/writer'
import { consoleTimes } from './approvals-console'

// Votes and waiting calls through real gateways, on two databases of their own. Prints JSON on its last line; times in ms.
const [cli = '', server = ''] = process.argv.slice(2)
const VOTES = 200
const HOLDS = Number(process.argv[4] ?? 10_000)
const WAITERS = Math.min(1_000, HOLDS / 10)
const AT_ONCE = 20
const POLICY = `version: "1"\ndefault: deny\nrules:\n  - tool: echo\n    action: allow\n  - tool: write\n    action: escalate\n    approvers: [approver]\n    expires: 1h\n`

type Reply = { readonly result?: { readonly content: readonly { readonly text: string }[] } }

/** A place with a database of its own and one gateway over it. */
async function openPlace() {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-approvals-'))
  const database = await startEmbedded({ dataDir })
  writeFileSync(join(dataDir, 'policy.yaml'), POLICY)
  execFileSync(process.execPath, [cli, 'policy', 'publish', join(dataDir, 'policy.yaml'), '--data-dir', dataDir], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const writer = await openWriter({ url: database.urlFor('console'), identity: identityOf(await openKeys(dataDir), 'console') })
  const sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'bench', max: 2 })
  const { actor, token } = await signedIn(sql, writer, ['approver'])
  const flags = ['--hold-ms', '86400000', '--max-holds', '100000', '--name', 'bench']
  const words = [cli, '--gateway', '--data-dir', dataDir, '--upstream', `'${process.execPath}' '${server}'`, ...flags]
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = new Map<number, (reply: Reply) => void>()
  let held = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Reply & { readonly id?: number; readonly params?: { readonly progress?: number } }
    // What waits is told so at once, and again every ten seconds.
    if (message.params?.progress === 0.001) held += 1
    waiting.get(message.id ?? -1)?.(message)
    waiting.delete(message.id ?? -1)
  })
  let next = 1
  const send = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const request = (method: string, params: object): { readonly id: number; readonly reply: Promise<Reply> } => {
    const id = next++
    send({ id, method, params })
    return { id, reply: new Promise((resolve) => waiting.set(id, resolve)) }
  }
  const call = (name: string, args: object) => request('tools/call', { name, arguments: args, _meta: { progressToken: next } })
  await request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } }).reply
  await call('echo', {}).reply
  return {
    sql,
    dataDir,
    token,
    writer,
    actor,
    call,
    held: () => held,
    leave: (id: number) => send({ method: 'notifications/cancelled', params: { requestId: id, reason: 'Request timed out' } }),
    rssMiB: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    close: async () => {
      child.kill('SIGKILL')
      await writer.close()
      await sql.end({ timeout: 1 })
      await stopEmbedded(dataDir)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

type Place = Awaited<ReturnType<typeof openPlace>>

const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0

const both = (values: readonly number[]) => ({ p50: quantile(values, 0.5), p99: quantile(values, 0.99) })

const heldCount = async ({ sql }: Place): Promise<number> =>
  (await sql<{ count: number }[]>`select count(*)::int as count from countersign.holds where state = 'held'`)[0]?.count ?? 0

/** From the moment somebody presses the button to the moment the upstream has read the call. */
async function voteTimes({ call, sql, writer, actor }: Place): Promise<{ readonly pressed: number[]; readonly voted: number[] }> {
  const times = { pressed: [] as number[], voted: [] as number[] }
  for (let n = 0; n < VOTES; n++) {
    const { reply } = call('write', { vote: n })
    let id: string | undefined
    while (id === undefined) {
      await sleep(2)
      id = (await sql<{ id: string }[]>`select id from countersign.holds where state = 'held' order by opened_at desc limit 1`)[0]?.id
    }
    const shown = await holdCard(sql, id)
    if (!shown) throw new Error('a hold that is there can be shown')
    const ballot = { hold: id, binding: shown.hold.binding, displayed: shown.displayed, verdict: 'approve', reason: '' } as const
    const pressed = performance.timeOrigin + performance.now()
    const vote = castHoldVote(writer, actor, ballot).then(() => performance.timeOrigin + performance.now())
    const received = Number((await reply).result?.content[0]?.text)
    times.pressed.push(received - pressed)
    times.voted.push(received - (await vote))
  }
  return times
}

/** Ten thousand holds of one gateway, a thousand of them with a live call each: the others' clients gave up waiting. */
async function fill(place: Place): Promise<void> {
  for (let at = 0; at < HOLDS; at += AT_ONCE) {
    const ids = Array.from({ length: AT_ONCE }, (_, n) => place.call('write', { path: `/tmp/file-${at + n}`, content: 'x'.repeat(200) }).id)
    while (place.held() < at + AT_ONCE) await sleep(2)
    if (at >= WAITERS) for (const id of ids) place.leave(id)
  }
}

async function block({ call }: Place): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 300; n++) {
    const started = performance.now()
    await call('echo', { n }).reply
    times.push(performance.now() - started)
  }
  return quantile(times, 0.5)
}

const [empty, full] = [await openPlace(), await openPlace()]
try {
  const votes = await voteTimes(empty)
  const started = performance.now()
  await fill(full)
  const filledMs = performance.now() - started
  for (const place of [empty, full, empty, full]) await block(place)
  const ratios: number[] = []
  const p50 = { none: [] as number[], many: [] as number[] }
  for (let round = 0; round < 12; round++) {
    const order = round % 2 === 0 ? [empty, full] : [full, empty]
    const seen = new Map<Place, number>()
    for (const place of order) seen.set(place, await block(place))
    const [none = 0, many = 0] = [seen.get(empty), seen.get(full)]
    p50.none.push(none)
    p50.many.push(many)
    ratios.push(many / none)
  }
  const holds = await heldCount(full)
  const { page, vote, pageBytes, pageCpuMs } = await consoleTimes({ ...full, cli })
  const result = {
    console: { page: both(page), vote: both(vote), pageBytes, pageCpuMs },
    votes: VOTES,
    pressed: both(votes.pressed),
    voted: both(votes.voted),
    holds,
    waiters: WAITERS,
    openMs: filledMs / HOLDS,
    others: { none: quantile(p50.none, 0.5), many: quantile(p50.many, 0.5), ratio: quantile(ratios, 0.5) },
    rssMiB: full.rssMiB(),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
} finally {
  await Promise.all([empty.close(), full.close()])
}
