import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from './build.mjs'
import { ensureInstalled, ROOT } from './install.mjs'

const CLI = join(ROOT, 'dist', 'countersign.js')
const UPSTREAM = join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js')

/**
 * Shows the whole line alive: database and console, the founding policy published, a real MCP server behind the gateway, four calls and
 * what became of each. Then it stays with the console, and the sample agent goes on asking, until Ctrl-C; `--once` ends instead, with 0
 * when all four came out as they must.
 */
const main = async ({ once, dataDir }) => {
  await ensureInstalled()
  await build({ console: true })
  const up = await startUp(dataDir)
  if (up.running) return besideAnother(up.url, { once, dataDir })
  const stop = new AbortController()
  const stopped = new Promise((resolveStop) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => resolveStop('stop'))
  })
  const sample = openSample(dataDir)
  let going = null
  try {
    const first = await Promise.race([sample.then(showCalls), stopped, up.ended])
    if (first === 'ended') throw new Error('The console ended by itself; its own message is above.')
    if (first === 'stop' || once) return first === 'stop' || first ? 0 : 1
    sayWhereTo(up)
    going = goOn(await sample, stop.signal)
    return (await Promise.race([stopped, up.ended])) === 'stop' ? 0 : 1
  } finally {
    stop.abort()
    await endSample(sample, going).finally(up.stop)
  }
}

const endSample = async (sample, going) => {
  await going
  const { close } = await sample
  await close()
}

const sayWhereTo = ({ url, setUp }) => {
  const first = setUp ? `\nNobody can sign in yet. Open this to become the first admin (it works once):\n\n    ${setUp}\n` : ''
  process.stdout.write(`${first}\nThe console is at ${url}; a sample agent keeps calling.\nCtrl-C stops what this started.\n`)
}

/** Somebody else's console stays theirs; `--once` still makes its calls, so that its 0 always means that they came out right. */
const besideAnother = async (url, { once, dataDir }) => {
  const sample = once ? await openSample(dataDir) : null
  const good = sample === null || (await showCalls(sample))
  await sample?.close()
  process.stdout.write(`Countersign is already up: ${url}\n`)
  return good ? 0 : 1
}

/** `countersign up` in a process group of its own, so that Ctrl-C reaches it through us and in order. */
const startUp = async (dataDir) => {
  const child = spawn(process.execPath, [CLI, 'up', '--json', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = new Promise((resolveEnd) => child.once('exit', () => resolveEnd('ended')))
  const first = await Promise.race([new Promise((line) => createInterface({ input: child.stdout }).once('line', line)), ended])
  if (first === 'ended') throw new Error('Countersign did not come up; its own message is above.')
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  return { ...JSON.parse(first), ended, stop }
}

/**
 * An agent behind the gateway, with a folder of its own. That is under /tmp because the founding policy allows that; it is published
 * only where nothing was: what somebody wrote since stays in force.
 */
const openSample = async (dataDir) => {
  const folder = mkdtempSync('/tmp/countersign-sample-')
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  try {
    writeFileSync(join(folder, 'notes.txt'), 'Buy milk. Water the ferns.\n')
    if (!(await countersign(dataDir, 'policy', 'list')).trim())
      await countersign(dataDir, 'policy', 'publish', join(ROOT, 'policies/founding.yaml'))
    const client = await connectClient(dataDir)
    const close = () => client.close().finally(removeFolder)
    return { folder, client, close }
  } catch (error) {
    removeFolder()
    throw error
  }
}

const countersign = async (dataDir, ...words) => {
  const child = spawn(process.execPath, [CLI, ...words, '--json', '--data-dir', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  const code = await new Promise((ended) => child.once('close', ended))
  if (code !== 0) throw new Error(`countersign ${words.join(' ')} ended with ${code}; its own message is above.`)
  return said
}

const connectClient = async (dataDir) => {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js')
  const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js')
  const client = new Client({ name: 'countersign-start', version: '1.0.0' })
  const upstream = `'${process.execPath}' '${UPSTREAM}' /tmp`
  const args = [CLI, '--gateway', '--name', 'server-filesystem', '--upstream', upstream, '--data-dir', dataDir, '--hold-ms', '500']
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }))
  return client
}

/** The four calls of the founding policy. */
const callsIn = (folder) => [
  { says: 'an allowed read', tool: 'read_file', args: { path: join(folder, 'notes.txt') }, expect: 'allowed' },
  { says: 'an escaped path', tool: 'read_file', args: { path: `${folder}/../../etc/hostname` }, expect: 'denied' },
  { says: 'an escalated write', tool: 'write_file', args: { path: join(folder, 'new.txt'), content: 'hello' }, expect: 'pending' },
  { says: 'a forbidden shell call', tool: 'execute_command', args: { command: 'rm -rf /' }, expect: 'denied' },
]

const showCalls = async ({ folder, client }) => {
  const rows = []
  for (const call of callsIn(folder)) rows.push({ ...call, ...readAnswer(await callTool(client, call)) })
  printTable(rows)
  return rows.every(({ became, expect }) => became === expect)
}

const callTool = (client, { tool, args }) => client.callTool({ name: tool, arguments: args })

const EVERY_MS = 5_000

/** The console shows calls as they come: the agent asks again and again, but leaves nothing new for a person to answer. */
const goOn = async ({ folder, client }, signal) => {
  const calls = callsIn(folder).filter(({ expect }) => expect !== 'pending')
  for (let at = 0; await pause(signal); at++) {
    try {
      await callTool(client, calls[at % calls.length])
    } catch (error) {
      process.stderr.write(`The sample agent was not answered and stops: ${error.message}\n`)
      return
    }
  }
}

/** False once it is time to stop. */
const pause = async (signal) => {
  try {
    await sleep(EVERY_MS, undefined, { signal })
    return true
  } catch (error) {
    if (error.name === 'AbortError') return false
    throw error
  }
}

const readAnswer = ({ isError, content, _meta }) => {
  const refusal = _meta?.['dev.countersign/authorization']
  const text = content[0]?.text ?? ''
  if (!refusal) return { became: isError ? 'failed' : 'allowed', why: text.trim() }
  return { became: refusal.decision === 'escalate' ? 'pending' : 'denied', why: text }
}

const printTable = (rows) => {
  const width = (key) => Math.max(...rows.map((row) => row[key].length))
  const [says, tool, became] = [width('says'), width('tool'), width('became')]
  process.stdout.write('\n')
  for (const row of rows)
    process.stdout.write(`  ${row.says.padEnd(says)}  ${row.tool.padEnd(tool)}  ${row.became.padEnd(became)}  ${printable(row.why)}\n`)
}

/** What the server or the gateway said, on one line and without anything a terminal would obey. */
const printable = (text) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined)

/** The first word that is neither an option of ours nor the value of one. */
const unknown = process.argv.slice(2).find((word, at, words) => !['--once', '--data-dir'].includes(word) && words[at - 1] !== '--data-dir')

if (unknown) {
  process.stderr.write(
    `Usage: npm start -- [--once] [--data-dir DIR]${unknown === '--help' ? '' : `; there is no ${JSON.stringify(unknown)}`}.\n`,
  )
  process.exitCode = unknown === '--help' ? 0 : 2
} else {
  process.exitCode = await main({
    once: process.argv.includes('--once'),
    dataDir: resolve(option('--data-dir') ?? join(ROOT, '.countersign')),
  })
}
