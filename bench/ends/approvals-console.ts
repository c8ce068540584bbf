import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { encode } from 'next-auth/jwt'
import type { Sql } from '../../db/connect'
import { openConsoleSecret } from '../../db/console-secret'
import { holdCard } from '../../db/inbox'

const PAGES = 60
const VOTES = 60
const WARM = 10

export type ConsoleTimes = {
  readonly page: readonly number[]
  readonly vote: readonly number[]
  readonly pageBytes: number
  readonly pageCpuMs: number
}

type Desk = { readonly cli: string; readonly dataDir: string; readonly sql: Sql; readonly token: string }

/**
 * The built console as `countersign up` runs it, asked by HTTP by somebody who is signed in: its inbox, and votes as a browser casts them (the
 * server action with the page that it answers). Times in ms, from the request's first byte to the answer's last.
 */
export async function consoleTimes({ cli, dataDir, sql, token }: Desk): Promise<ConsoleTimes> {
  const child = spawn(process.execPath, [cli, 'up', '--json', '--data-dir', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve)
      child.once('exit', (code) => reject(new Error(`countersign up ended with ${code}`)))
    })
    const { url } = JSON.parse(line) as { readonly url: string }
    const sealed = await encode({ token: { sid: token }, secret: await openConsoleSecret(dataDir), maxAge: 3_600 })
    const asked = { url, cookie: `countersign.session=${sealed}` }
    const page: number[] = []
    let [pageBytes, cpuMs] = [0, 0]
    for (let n = 0; n < PAGES + WARM; n++) {
      const { ms, body } = await ask(asked, '/inbox')
      if (!body.includes('Calls that wait')) throw new Error('the inbox answered something else')
      pageBytes = body.length
      if (n === WARM - 1) cpuMs = cpuMsOf(child.pid ?? 0)
      if (n >= WARM) page.push(ms)
    }
    const pageCpuMs = (cpuMsOf(child.pid ?? 0) - cpuMs) / PAGES
    return { page, pageBytes, pageCpuMs, vote: await voteTimes(asked, cli, sql) }
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

/** CPU time of a process and of those it started: of the console without its database. A tick is 10 ms. */
function cpuMsOf(pid: number): number {
  const [, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const numbers = fields.join(') ').split(' ').map(Number)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  return ((numbers[11] ?? 0) + (numbers[12] ?? 0)) * 10 + children.reduce((sum, child) => sum + cpuMsOf(child), 0)
}

type Asked = { readonly url: string; readonly cookie: string }

/** Of the calls that end last: their agents wait no longer. */
async function voteTimes(asked: Asked, cli: string, sql: Sql): Promise<number[]> {
  const action = voteAction(cli)
  const rows = await sql<{ id: string }[]>`
    select id from countersign.holds where state = 'held' order by decide_by desc, id limit ${VOTES + WARM}`
  const times: number[] = []
  for (const [at, { id }] of rows.entries()) {
    const shown = await holdCard(sql, id)
    if (!shown) throw new Error('a hold that is there can be shown')
    const ballot = { hold: id, binding: shown.hold.binding, displayed: shown.displayed, verdict: 'approve', reason: '' }
    const { ms, body } = await ask(asked, `/inbox/${id}`, { action, body: JSON.stringify([ballot]) })
    if (!body.includes('"state":"approved"')) throw new Error(`a vote was not taken: ${body.slice(0, 300)}`)
    if (at >= WARM) times.push(ms)
  }
  return times
}

type References = { readonly [id: string]: { readonly filename: string; readonly exportedName: string } }

function voteAction(cli: string): string {
  const file = join(cli, '..', 'console', '.next', 'server', 'server-reference-manifest.json')
  const { node } = JSON.parse(readFileSync(file, 'utf8')) as { readonly node: References }
  const found = Object.entries(node).find(
    ([, { filename, exportedName }]) => exportedName === 'vote' && filename.endsWith('inbox/actions.ts'),
  )
  if (!found) throw new Error('the console that is built takes no votes')
  return found[0]
}

function ask({ url, cookie }: Asked, path: string, post?: { readonly action: string; readonly body: string }) {
  return new Promise<{ readonly ms: number; readonly body: string }>((resolve, reject) => {
    const began = performance.now()
    const headers = { cookie, ...(post ? { origin: url, 'next-action': post.action, 'content-type': 'text/plain;charset=UTF-8' } : {}) }
    const asking = request(`${url}${path}`, { method: post ? 'POST' : 'GET', headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve({ ms: performance.now() - began, body: Buffer.concat(chunks).toString() }))
    })
    asking.on('error', reject)
    asking.end(post?.body)
  })
}
