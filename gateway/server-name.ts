import { basename, dirname, extname } from 'node:path'

const RUNNERS = new Set(['npx', 'bunx', 'pnpx', 'uvx', 'pipx'])
const GENERIC = new Set(['index', 'main', 'cli', 'server', 'dist', 'build', 'bin', 'src', 'lib', 'run'])
/** Options of runners that take a value, so that the value is not mistaken for the package. */
const VALUED = new Set(['-p', '--package', '-c', '--call', '--from', '--with'])

/**
 * What an upstream is called when nobody named it: the package without scope and version
 * (`npx -y @modelcontextprotocol/server-filesystem@1 /tmp` is `server-filesystem`), else the program or script.
 */
export function serverNameOf(words: readonly string[]): string {
  const [program = 'upstream', ...rest] = words
  const command = stem(program)
  if (RUNNERS.has(command)) return packageName(firstOperand(rest) ?? command)
  if (['node', 'bun', 'deno', 'tsx', 'python', 'python3'].includes(command)) return scriptName(firstOperand(rest) ?? command)
  return scriptName(program)
}

function firstOperand(words: readonly string[]): string | undefined {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (VALUED.has(word)) at++
    else if (!word.startsWith('-')) return word
  }
  return undefined
}

const packageName = (spec: string): string => {
  const unscoped = spec.startsWith('@') ? spec.slice(spec.indexOf('/') + 1) : spec
  return unscoped.replace(/(?<=.)@.*$/, '') || spec
}

function scriptName(path: string): string {
  const inModules = path.split('/node_modules/').at(-1)
  if (inModules && inModules !== path) {
    const [first = '', second = ''] = inModules.split('/')
    if (first !== '.bin') return first.startsWith('@') ? second : first
  }
  for (let place = path; place !== dirname(place); place = dirname(place)) if (!GENERIC.has(stem(place))) return stem(place)
  return stem(path)
}

const stem = (path: string): string => basename(path, extname(path))
