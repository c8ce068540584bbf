import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from '../../build.mjs'

/**
 * Pictures every page of the console, at a desk and on a phone, dark and by day: empty, with a few rows, full, and without its database.
 *   node e2e/screenshots/take.mjs FOLDER [-g PATTERN]
 * Each state has a console and a database of its own, which go when it is done. `-g "full .*1440 dark"` takes only some;
 * those of the README come with: node e2e/screenshots/take.mjs e2e/screenshots -g readme
 */
const [folder, ...more] = process.argv.slice(2)
if (!folder) throw new Error('Give the folder for the pictures: node e2e/screenshots/take.mjs FOLDER [-g PATTERN]')

await build({ console: true })
// Playwright empties its folder first; whatever else is in the one that was asked for stays.
const taken = mkdtempSync(join(tmpdir(), 'countersign-pictures-'))
const cli = join(import.meta.dirname, '../../node_modules/@playwright/test/cli.js')
const { status } = spawnSync(
  process.execPath,
  [cli, 'test', '--config', join(import.meta.dirname, 'playwright.config.ts'), '--reporter=list', '--output', taken, ...more],
  { stdio: 'inherit' },
)
mkdirSync(resolve(folder), { recursive: true })
for (const name of readdirSync(taken).filter((name) => name.endsWith('.png'))) copyFileSync(join(taken, name), join(resolve(folder), name))
rmSync(taken, { recursive: true, force: true })
process.exitCode = status ?? 1
