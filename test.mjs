import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { ensureChromium } from './chromium.mjs'
import { ensureInstalled, ROOT, readIfThere, run, withLock } from './install.mjs'

/** Installs what is missing, builds, runs every ring, and ends with one line: `N passed, N failed`. `--faults` runs the slow ring. */
const main = async (faults) => {
  await ensureInstalled()
  const folder = mkdtempSync(join(tmpdir(), 'countersign-results-'))
  try {
    const counts = faults ? await faultRing(folder) : await everyRing(folder)
    const sum = (key) => counts.reduce((total, count) => total + count[key], 0)
    process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed\n`)
    return sum('failed') === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Browser tests so tagged are part of the fault ring. */
const SLOW = '@slow'
const CHROMIUM = ['Chromium', '`apt-get install chromium` or `npx playwright install chromium`']

const everyRing = async (folder) => {
  const browser = await ensureChromium()
  return [
    await step('build', buildAll),
    await step('lint', () => tool('@biomejs/biome/bin/biome', ['check', '.'])),
    await step('types', checkTypes),
    await vitest('unit', folder),
    await vitest('integration', folder),
    browser ? await playwright(folder, ['--grep-invert', SLOW]) : missing(...CHROMIUM),
  ]
}

const faultRing = async (folder) => {
  const browser = await ensureChromium()
  const built = await step('build', buildAll)
  process.stderr.write(`The fault tests need: ${NEEDS.map(({ name }) => name).join(', ')}.\n`)
  const absent = NEEDS.filter(({ there }) => !there()).map(({ name, get }) => missing(name, get))
  const slow = browser ? await playwright(folder, ['--grep', SLOW]) : missing(...CHROMIUM)
  return [built, ...absent, await vitest('faults', folder), slow]
}

const buildAll = async () => {
  await build({ console: true })
  return 0
}

const onPath = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

const hasFaketime = () =>
  ['/usr/lib', '/usr/local/lib']
    .filter((base) => existsSync(base))
    .flatMap((base) => [join(base, 'faketime'), ...readdirSync(base).map((name) => join(base, name, 'faketime'))])
    .some((place) => existsSync(join(place, 'libfaketime.so.1')))

/** In a mount namespace of its own, which goes with it; in a user namespace too it would not be the right that the test needs. */
const mayMount = () => spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'countersign-probe', tmpdir()]).status === 0

const NEEDS = [
  { name: 'strace', get: '`apt-get install strace`', there: () => onPath('strace') },
  { name: 'libfaketime', get: '`apt-get install libfaketime`', there: hasFaketime },
  { name: 'unshare', get: '`apt-get install util-linux`', there: () => onPath('unshare') },
  { name: 'the right to mount a file system', get: 'running as root, with CAP_SYS_ADMIN', there: mayMount },
]

const missing = (name, get) => {
  process.stderr.write(`FAILED: ${name} is missing; ${get} gets it.\n`)
  return { passed: 0, failed: 1 }
}

const tool = (path, args, env = process.env) => run(process.execPath, [join(ROOT, 'node_modules', path), ...args], { env })

/** `next typegen` writes into .next, which a build that runs at the same time would too. */
const checkTypes = async () => {
  const generated = await withLock('build', () => tool('next/dist/bin/next', ['typegen']))
  return generated === 0 ? tool('typescript/bin/tsc', ['--noEmit', '--incremental', 'false']) : generated
}

const step = async (name, work) => {
  process.stderr.write(`\n${name}\n`)
  const code = await work().catch((error) => process.stderr.write(`${error.message}\n`))
  if (code !== 0) process.stderr.write(`FAILED: ${name}\n`)
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

const vitest = async (project, folder) => {
  process.stderr.write(`\n${project} tests\n`)
  const file = join(folder, `${project}.json`)
  const code = await tool('vitest/vitest.mjs', [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ])
  const report = JSON.parse(readIfThere(file) ?? 'null')
  if (!report) return missing(`the report of the ${project} tests`, 'the message above says why; fixing it')
  const broken = report.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.every(isPassed))
  const failed = report.numFailedTests + report.numPendingTests + report.numTodoTests + broken.length
  return { passed: report.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed }
}

const isPassed = ({ status }) => status === 'passed'

const playwright = async (folder, chosen) => {
  process.stderr.write('\nbrowser tests\n')
  const file = join(folder, 'browser.json')
  const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: file }
  const code = await tool(
    '@playwright/test/cli.js',
    ['test', ...chosen, '--reporter=list,json', `--output=${join(folder, 'browser')}`],
    env,
  )
  const stats = JSON.parse(readIfThere(file) ?? 'null')?.stats
  if (!stats) return missing('the report of the browser tests', 'the message above says why; fixing it')
  const failed = stats.unexpected + stats.flaky + stats.skipped
  return { passed: stats.expected, failed: code !== 0 && failed === 0 ? 1 : failed }
}

process.exitCode = await main(process.argv.includes('--faults'))
