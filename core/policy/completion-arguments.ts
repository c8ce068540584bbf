import type { Vocabulary } from './completion'
import { anyGlob } from './globs'
import { argumentsOf } from './input-schema'

/** The tools that the rule or test around an offset names, as far as its lines tell; the text need not be YAML. */
export function toolsOfItem(text: string, offset: number): readonly string[] {
  const lines = text.split('\n')
  const own = text.slice(0, offset).split('\n').length - 1
  const isStart = (line: string) => /^ {0,8}-(?:\s|$)/.test(line)
  const indent = (line: string) => line.length - line.trimStart().length
  let first = own
  while (
    first > 0 &&
    !(isStart(lines[first] ?? '') && indent(lines[first] ?? '') <= indent(lines[own] ?? '') && /^ {0,4}-/.test(lines[first] ?? ''))
  )
    first--
  const after = lines.slice(first + 1).findIndex((line) => isStart(line) && indent(line) <= indent(lines[first] ?? ''))
  const item = lines.slice(first, after === -1 ? undefined : first + 1 + after).join('\n')
  const found = /\btool:[ ]*((?:\[[^\]]*\]|[^\n]*)(?:\n\s+-[ ][^\n:]*)*)/.exec(item)?.[1] ?? ''
  return [...found.matchAll(/"([^"\n]+)"|'([^'\n]+)'|([^\s,[\]{}"'#]+)/g)].flatMap(
    (match) => match[1] ?? match[2] ?? (match[3] === '-' ? [] : (match[3] ?? [])),
  )
}

/** Names of arguments: of the tools that are meant, from their definitions and from what was seen; of every tool where none is. */
export function argumentNames(tools: readonly string[], { servers, seen }: Vocabulary): readonly string[] {
  const selects = matcherOf(tools)
  const defined = servers.flatMap((server) =>
    server.tools.filter(({ name }) => selects(name)).flatMap((tool) => argumentsOf(tool.inputSchema)),
  )
  const observed = seen.filter(({ tool }) => selects(tool)).flatMap((one) => one.arguments)
  return [...new Set([...defined, ...observed])].slice(0, 200)
}

/** What is being written may not be a glob yet. */
function matcherOf(tools: readonly string[]): (name: string) => boolean {
  if (tools.length === 0) return () => true
  try {
    return anyGlob(tools)
  } catch {
    return (name) => tools.includes(name)
  }
}
