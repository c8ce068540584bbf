import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { CLI, fixture } from './gateway'

const ROOT = dirname(dirname(CLI))

/** The addresses of the modules that a gateway had loaded when its upstream saw the client's first line. */
async function loadedBeforeTheFirstByte(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-first-'))
  const log = join(folder, 'modules')
  const upstream = `sh ${fixture('loaded-modules-upstream.sh')} ${log}`
  const gateway = spawn(
    process.execPath,
    ['--import', fixture('loaded-modules.mjs'), CLI, '--gateway', '--data-dir', folder, '--upstream', upstream],
    {
      env: { ...process.env, LOADED_MODULES: log, COUNTERSIGN_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  )
  onTestFinished(async () => {
    gateway.stdin.end()
    await once(gateway, 'close')
    rmSync(folder, { recursive: true, force: true })
  })
  gateway.stdin.write('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}\n')
  const [line] = (await once(createInterface({ input: gateway.stdout }), 'line')) as [string]
  return JSON.parse(line).result.loaded.trim().split(' ')
}

/** Of a few starts the one that loaded least: beside an upstream that starts slowly the rest is loaded, but what is needed shows in all. */
async function leastLoaded(): Promise<readonly string[]> {
  const starts: (readonly string[])[] = []
  for (let start = 0; start < 5; start += 1) starts.push(await loadedBeforeTheFirstByte())
  return starts.reduce((least, loaded) => (loaded.length < least.length ? loaded : least))
}

test('the first bytes pass before anything but Node’s own modules and the relay is loaded', async () => {
  const loaded = await leastLoaded()
  const chunks: { readonly [chunk: string]: readonly string[] } = JSON.parse(readFileSync(join(ROOT, '.build', 'chunks.json'), 'utf8'))
  const ours = loaded.filter((url) => !url.startsWith('node:')).map((url) => fileURLToPath(url))
  expect(ours).toContain(CLI)
  expect([...new Set(ours.map(dirname))]).toEqual([dirname(CLI)])
  const modules = ours.flatMap((path) => chunks[basename(path)] ?? [`nobody knows what is in ${path}`])
  expect(modules).toContain('gateway/relay.ts')
  expect(modules.filter((id) => !/^(core|gateway)\/|rolldown\/runtime/.test(id))).toEqual([])
  expect(modules).not.toContain('gateway/governor.ts')
})
