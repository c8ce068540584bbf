import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from './build.mjs'
import { ensureInstalled, ROOT } from './install.mjs'

const CLI = join(ROOT, 'dist', 'countersign.js')
const UPSTREAM = join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js')

/**
 * Shows the whole line alive: database and page, the founding policy published, a real MCP server behind the gateway, four calls and
 * what became of each. Then it stays with the page until Ctrl-C; `--once` ends instead, with 0 when all four came out as they must.
 */
const main = async ({ once, dataDir }) => {
  await ensureInstalled()
  await build({ console: true })
  const up = await startUp(dataDir)
  if (up.running) return besideAnother(up.url, { once, dataDir })
  const stopped = new Promise((resolveStop) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => resolveStop('stop'))
  })
  try {
    const shown = show(dataDir)
    const first = await Promise.race([shown, stopped, up.ended])
    if (first === 'ended') throw new Error('The page ended by itself; its own message is above.')
    if (first === 'stop' || once) return first === 'stop' || first ? 0 : 1
    process.stdout.write(`\nEvery decision is listed at ${up.url}\nCtrl-C stops what this started.\n`)
    return (await Promise.race([stopped, up.ended])) === 'stop' ? 0 : 1
  } finally {
    await up.stop()
  }
}

/** Somebody else's page stays theirs; `--once` still makes its calls, so that its 0 always means that they came out right. */
const besideAnother = async (url, { once, dataDir }) => {
  const good = !once || (await show(dataDir))
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

/** The four calls of the founding policy. The sample folder is under /tmp because that is what the policy allows. */
const show = async (dataDir) => {
  const folder = mkdtempSync('/tmp/countersign-sample-')
  try {
    writeFileSync(join(folder, 'notes.txt'), 'Buy milk. Water the ferns.\n')
    await publish(dataDir)
    const rows = await makeCalls(dataDir, [
      { says: 'an allowed read', tool: 'read_file', args: { path: join(folder, 'notes.txt') }, expect: 'allowed' },
      { says: 'an escaped path', tool: 'read_file', args: { path: `${folder}/../../etc/hostname` }, expect: 'denied' },
      { says: 'an escalated write', tool: 'write_file', args: { path: join(folder, 'new.txt'), content: 'hello' }, expect: 'pending' },
      { says: 'a forbidden shell call', tool: 'execute_command', args: { command: 'rm -rf /' }, expect: 'denied' },
    ])
    printTable(rows)
    return rows.every(({ became, expect }) => became === expect)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const publish = (dataDir) =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, [CLI, 'policy', 'publish', join(ROOT, 'policies/founding.yaml'), '--data-dir', dataDir], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    child.once('exit', (code) =>
      code === 0 ? done() : fail(new Error('The founding policy was not published; its own message is above.')),
    )
  })

const makeCalls = async (dataDir, calls) => {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js')
  const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js')
  const client = new Client({ name: 'countersign-start', version: '1.0.0' })
  const upstream = `'${process.execPath}' '${UPSTREAM}' /tmp`
  const args = [CLI, '--gateway', '--name', 'server-filesystem', '--upstream', upstream, '--data-dir', dataDir]
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }))
  try {
    const rows = []
    for (const call of calls) rows.push({ ...call, ...readAnswer(await client.callTool({ name: call.tool, arguments: call.args })) })
    return rows
  } finally {
    await client.close()
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
