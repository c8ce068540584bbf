import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { ROOT, run } from './install.mjs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** A browser of the system, or undefined: then Playwright uses the one it downloaded itself. */
export const systemChromium = () => [process.env.PLAYWRIGHT_CHROMIUM, ...PLACES].find((path) => path && existsSync(path))

/** Finds a Chromium or gets one: by apt-get where this is root, else Playwright's own download. False when neither works. */
export const ensureChromium = async () => {
  if (await hasChromium()) return true
  process.stderr.write('Getting Chromium for the browser tests …\n')
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) await installByApt()
  if (await hasChromium()) return true
  await run('npx', ['playwright', 'install', 'chromium'])
  return hasChromium()
}

const hasChromium = async () => {
  if (systemChromium()) return true
  const { chromium } = await import(`${ROOT}/node_modules/@playwright/test/index.mjs`)
  return existsSync(chromium.executablePath())
}

/** Package lists of a fresh container are empty, so a failed installation is tried again after an update. */
const installByApt = async () => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], { env })
  if ((await install()) === 0) return
  await run('apt-get', ['update', '-q'], { env })
  await install()
}
