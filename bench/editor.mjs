import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { chromium } from '@playwright/test'
import { build } from '../build.mjs'
import { systemChromium } from '../chromium.mjs'
import { ROOT } from './bundle.mjs'
import { median, quantile } from './measure.mjs'

/*
 * Typing into a policy of 300 rules with 1,000 samples beside it, in Chromium, from the production build: from the key to what is drawn
 * of it, marks and all decisions. A third of the keys leave a text that is no policy.
 */

const CLI = join(ROOT, 'dist', 'countersign.js')
const RULES = 300
const SAMPLES = 1_000
const LOADS = 5

const ruleOf = (n) => `  - id: rule.${n}
    tool: ["tool_${n}", "read_${n}_*"]
    action: ${['allow', 'escalate', 'deny'][n % 3]}
${n % 3 < 2 ? `    constraints:\n      allowedPaths: ["/srv/data/${n}", "/tmp/${n}"]\n${n % 5 === 0 ? `      matches: { content: "[a-z]+" }\n` : ''}` : ''}    reason: "This is rule ${n} of many"
`
const POLICY = `version: "1"\ndefault: deny\nrules:\n${Array.from({ length: RULES }, (_, n) => ruleOf(n)).join('')}`

async function openConsole(stop) {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-editor-'))
  writeFileSync(join(dataDir, 'policy.yaml'), POLICY)
  execFileSync(process.execPath, [CLI, 'policy', 'publish', join(dataDir, 'policy.yaml'), '--data-dir', dataDir], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const child = spawn(process.execPath, [CLI, 'up', '--json', '--data-dir', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const line = await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve))
  const close = async () => {
    child.kill('SIGTERM')
    await ended
    execFileSync(process.execPath, [stop, dataDir])
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { dataDir, url: JSON.parse(line).url, close }
}

/** What the page itself says: when the last key came, and when what it led to was drawn. */
const watch = () => {
  globalThis.seen = []
  let key = 0
  addEventListener('keydown', (event) => (key = event.timeStamp), true)
  new PerformanceObserver((list) => {
    for (const { name, startTime, duration, detail } of list.getEntries())
      if (name === 'policy text') globalThis.text = startTime
      else if (name === 'policy shown')
        globalThis.seen.push({
          fromKey: startTime + duration - key,
          fromChange: duration,
          engineMs: detail.engineMs,
          at: startTime + duration,
        })
  }).observe({ entryTypes: ['measure', 'mark'] })
}

const EDITS = [
  {
    at: 'This is rule 150 of many',
    typed: ' and it says a little more than the others do, because somebody had time to write a whole sentence',
  },
  { at: 'This is rule 20 of many', typed: '\nquorum: 2' },
  { at: '"tool_152"', typed: ', "another_tool", x' },
]

async function typeInto(page) {
  const times = []
  for (const { at, typed } of EDITS) {
    await page.keyboard.press('Control+f')
    await page.keyboard.insertText(at)
    await page.keyboard.press('Escape')
    await page.keyboard.press('ArrowRight')
    // Somebody who types looks first, and does not strike the next key at once.
    await pause(600)
    for (const character of typed) {
      await page.evaluate(() => (globalThis.seen.length = 0))
      await page.keyboard.press(character === '\n' ? 'Enter' : character === ' ' ? 'Space' : character)
      await page.waitForFunction(() => globalThis.seen.length > 0, null, { polling: 25 })
      times.push(await page.evaluate(() => globalThis.seen[0]))
      await page.keyboard.press('Escape')
      await pause(120)
    }
  }
  return times
}

/** `file` seeds a console, and stands beside what stops one's database; `say` prints a line, `atMost` a goal. */
export async function benchEditor(file, { say, atMost }) {
  await build({ console: true })
  const opened = await openConsole(join(dirname(file), 'stop.mjs'))
  const executablePath = systemChromium()
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file, opened.dataDir, opened.url, String(SAMPLES)])
    const cookie = JSON.parse(stdout.trim().split('\n').at(-1))
    const loads = []
    let page = null
    for (let round = 0; round < LOADS; round++) {
      // A context of its own each time: nothing is in the cache.
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
      await context.addCookies([cookie])
      await context.addInitScript(watch)
      page = await context.newPage()
      await page.goto(`${opened.url}/policies/default/draft`)
      await page.waitForFunction(() => globalThis.seen.length > 0 && document.querySelector('.view-line'))
      loads.push(await page.evaluate(() => ({ text: globalThis.text, judged: globalThis.seen[0].at })))
      if (round < LOADS - 1) await context.close()
    }
    await page.getByText(/of [\d,]+ would change/).waitFor()
    await page.getByRole('textbox', { name: /Policy text/ }).focus()
    const times = await typeInto(page)
    const of = (list, what) => list.map((one) => one[what])
    const drawn = of(times, 'fromKey')
    say(
      `editor, ${RULES} rules and ${SAMPLES} samples, ${times.length} keys: key → marks and decisions drawn p50 ${median(drawn).toFixed(0)} ms, p95 ${quantile(drawn, 0.95).toFixed(0)} ms, worst ${Math.max(...drawn).toFixed(0)} ms`,
    )
    say(
      `  of it in the engine p50 ${median(of(times, 'engineMs')).toFixed(0)} ms, p95 ${quantile(of(times, 'engineMs'), 0.95).toFixed(0)} ms; before the text has changed p50 ${median(times.map(({ fromKey, fromChange }) => fromKey - fromChange)).toFixed(0)} ms`,
    )
    const shown = (what) =>
      of(loads, what)
        .map((ms) => ms.toFixed(0))
        .join(', ')
    say(`  first load, nothing cached: the text takes keys after ${shown('text')} ms, and is judged after ${shown('judged')} ms`)
    atMost('key → drawn, p95 in ms', quantile(drawn, 0.95), 50)
    atMost('first load until the text takes keys, median in s', median(of(loads, 'text')) / 1_000, 2.5)
  } finally {
    await browser.close()
    await opened.close()
  }
}
