import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { chromium } from '@playwright/test'
import { build } from '../build.mjs'
import { systemChromium } from '../chromium.mjs'
import { cpuMicrosOfTree, median } from './measure.mjs'

/*
 * A sealed log of a million entries verified in Chromium: texts, chains and tree, from the press of the button to the verdict on the page.
 * Database, console and browser share the machine.
 */

const RUNS = 3

async function openConsole(cli, bundle, entries) {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-browser-'))
  await promisify(execFile)(process.execPath, [bundle.file('fill'), dataDir, String(entries)])
  const child = spawn(process.execPath, [cli, 'up', '--json', '--data-dir', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const line = await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve))
  const close = async () => {
    child.kill('SIGTERM')
    await ended
    execFileSync(process.execPath, [bundle.file('stop'), dataDir])
    rmSync(dataDir, { recursive: true, force: true })
  }
  const [server] = readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')
  const cpu = () => ({ console: cpuMicrosOfTree(child.pid) / 1e6, database: cpuMicrosOfTree(server) / 1e6 })
  return { dataDir, url: JSON.parse(line).url, cpu, close }
}

/** A console that has just begun reads the log for its own pages: waits until it and its database have come to rest. */
async function settled(opened) {
  const used = () => Object.values(opened.cpu()).reduce((sum, seconds) => sum + seconds, 0)
  for (let before = used(), left = 60; left > 0; left--) {
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const now = used()
    if (now - before < 0.3) return
    before = now
  }
}

/** The most memory that any renderer held, in MiB (0 where /proc is not there), and the seconds of CPU of all processes of the browser. */
async function stateOf(browser) {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  return {
    mib: Math.max(0, ...processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => peakMiB(id))),
    cpu: processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0),
  }
}

function peakMiB(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024
  } catch {
    return 0
  }
}

async function look(page, opened) {
  const browser = page.context().browser()
  const before = { ...opened.cpu(), browser: (await stateOf(browser)).cpu }
  const started = performance.now()
  await page.getByRole('button', { name: 'Quick look' }).click()
  await page.getByRole('progressbar', { name: 'Entries verified' }).waitFor()
  await page.getByRole('progressbar', { name: 'Entries verified' }).waitFor({ state: 'detached', timeout: 600_000 })
  const seconds = (performance.now() - started) / 1_000
  const headline = await page.getByTestId('headline').innerText()
  if (!/Intact up to[\s\S]*by a quick look/.test(headline)) throw new Error(`the page says: ${headline}`)
  const { mib, cpu } = await stateOf(browser)
  const after = { ...opened.cpu(), browser: cpu }
  return { seconds, mib, cpu: Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name]])) }
}

/** `bundle` holds what fills a log, lets somebody in and stops a database; `say` prints a line, `atMost` a goal. */
export async function benchBrowser(bundle, { cli, say, atMost }) {
  await build({ console: true })
  const entries = Number(process.env.BENCH_BROWSER ?? 1_000_000)
  const opened = await openConsole(cli, bundle, entries)
  const executablePath = systemChromium()
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [bundle.file('editor'), opened.dataDir, opened.url, '0'])
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    await context.addCookies([JSON.parse(stdout.trim().split('\n').at(-1))])
    const page = await context.newPage()
    await page.goto(`${opened.url}/integrity`)
    await page.getByRole('button', { name: 'Quick look' }).waitFor()
    await settled(opened)
    const before = (await stateOf(browser)).mib
    const looks = []
    for (let run = 0; run < RUNS; run++) looks.push(await look(page, opened))
    const seconds = looks.map((one) => one.seconds)
    const mib = looks.at(-1).mib
    say(
      `verify in the browser, a quick look at ${entries.toLocaleString('en')} entries: ${seconds.map((each) => each.toFixed(1)).join(', ')} s; its process held ${before.toFixed(0)} MiB before and ${mib.toFixed(0)} MiB at most`,
    )
    const cpu = (name) => median(looks.map((one) => one.cpu[name])).toFixed(1)
    say(`  CPU of one look: browser ${cpu('browser')} s, console ${cpu('console')} s, database ${cpu('database')} s`)
    atMost('a quick look in the browser, s', median(seconds), 10)
    atMost('memory that it added, MiB', mib - before, 256)
  } finally {
    await browser.close()
    await opened.close()
  }
}
