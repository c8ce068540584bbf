import { quote } from '../quote'
import { kindOfName, type NameKind } from './constraints/argument-names'
import type { Condition, ConstraintForms, Rule } from './document'
import { anyGlob } from './globs'
import type { Fault } from './language-problems'

/** Tools of the servers people run most, by what an unbounded one could reach. */
export const KNOWN_TOOLS = {
  path: [
    'read_file',
    'read_text_file',
    'read_media_file',
    'read_multiple_files',
    'write_file',
    'edit_file',
    'create_directory',
    'list_directory',
    'list_directory_with_sizes',
    'directory_tree',
    'move_file',
    'copy_file',
    'delete_file',
    'search_files',
    'get_file_info',
    'start_search',
    'write_pdf',
    'browser_file_upload',
    'git_status',
    'git_diff',
    'git_log',
  ],
  url: [
    'fetch',
    'fetch_url',
    'http_request',
    'browser_navigate',
    'navigate_page',
    'new_page',
    'puppeteer_navigate',
    'playwright_navigate',
    'web_fetch',
    'scrape',
  ],
  command: ['execute_command', 'run_command', 'shell', 'bash', 'shell_exec', 'start_process', 'run_terminal_cmd', 'exec'],
} as const satisfies { readonly [kind: string]: readonly string[] }

type Kind = keyof typeof KNOWN_TOOLS

const BOUNDS = {
  path: { constraint: 'allowedPaths', takes: 'paths', example: 'allowedPaths: ["/srv/data"]' },
  url: { constraint: 'allowedDomains', takes: 'URLs', example: 'allowedDomains: ["example.com"]' },
  command: { constraint: 'allowedCommands', takes: 'commands', example: 'allowedCommands: ["git status"]' },
} as const satisfies { readonly [kind in Kind]: { constraint: keyof ConstraintForms; takes: string; example: string } }

/** Allows without a bound on what their tools can reach. A condition that compares a path or URL as text is no bound. */
export function lintBounds(rules: readonly Rule[]): readonly Fault[] {
  return rules.flatMap((rule, index) => (rule.action === 'allow' ? [...missingBounds(rule, index), ...comparedAsText(rule, index)] : []))
}

function missingBounds(rule: Rule, index: number): Fault[] {
  return unbounded(rule).map(({ kind, tools }) => missingBound(rule, index, kind, tools))
}

type Unbounded = { readonly kind: Kind; readonly tools: readonly string[] }

/** Most rules of a text are those of the text before. */
const known = new WeakMap<Rule, readonly Unbounded[]>()

function unbounded(rule: Rule): readonly Unbounded[] {
  const found = known.get(rule) ?? findUnbounded(rule)
  known.set(rule, found)
  return found
}

function findUnbounded(rule: Rule): readonly Unbounded[] {
  if (!rule.tool || (rule.method && !anyGlob(rule.method)('tools/call'))) return []
  const selects = anyGlob(rule.tool)
  return (Object.keys(BOUNDS) as Kind[]).flatMap((kind) => {
    const tools = KNOWN_TOOLS[kind].filter(selects)
    return tools.length === 0 || isBounded(rule.constraints ?? {}, kind) ? [] : [{ kind, tools }]
  })
}

function missingBound({ action }: Rule, index: number, kind: Kind, tools: readonly string[]): Fault {
  const { takes, example } = BOUNDS[kind]
  const named = tools.length > 2 ? `${tools.slice(0, 2).join(', ')} and ${tools.length - 2} more` : tools.join(' and ')
  const message = `This ${action} puts no bound on ${takes}, and ${named} would reach any; add constraints, such as ${example}.`
  return { code: 'missing_bounds', path: ['rules', index, 'tool'], at: 'value', message, suggestion: example }
}

const NAMES: { readonly [kind in Kind]: NameKind } = { path: 'path', url: 'url', command: 'other' }

/** By the constraint that is made for it, by a list of values, or by a pattern over an argument of that kind. */
function isBounded(constraints: ConstraintForms, kind: Kind): boolean {
  if (constraints[BOUNDS[kind].constraint]) return true
  const named = [...Object.keys(constraints.allowedValues ?? {}), ...Object.keys(constraints.matches ?? {})]
  return named.some((argument) => kindOfArgument(argument) === NAMES[kind] && (kind !== 'command' || /command|cmd/i.test(argument)))
}

const kindOfArgument = (path: string): NameKind => kindOfName(path.split('.').at(-1) ?? path)

const TEXTUAL: readonly string[] = ['startsWith', 'endsWith', 'contains', 'matches']

function comparedAsText(rule: Rule, index: number): Fault[] {
  const leaves = rule.when ? leavesOf(rule.when) : []
  const compared = leaves.find(({ subject, operator }) => TEXTUAL.includes(operator) && ['path', 'url'].includes(kindOfArgument(subject)))
  const kind = compared && kindOfArgument(compared.subject) === 'url' ? 'url' : 'path'
  if (!compared || isBounded(rule.constraints ?? {}, kind)) return []
  const { constraint, example } = BOUNDS[kind]
  const message = `${quote(compared.subject)} is compared as text, which other spellings of the same ${kind} slip past; use ${constraint}.`
  return [{ code: 'compared_as_text', path: ['rules', index, 'when'], at: 'key', message, suggestion: example }]
}

type Leaf = Extract<Condition, { readonly subject: string }>

export function leavesOf(condition: Condition): readonly Leaf[] {
  if ('all' in condition) return condition.all.flatMap(leavesOf)
  if ('any' in condition) return condition.any.flatMap(leavesOf)
  return 'not' in condition ? leavesOf(condition.not) : [condition]
}
