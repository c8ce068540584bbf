import type { Beat } from '../../db/gateways'
import type { SampleCall } from './seed'

/** The text in force: what a small team would begin with. */
export const POLICY = `# What agents may do with our files.
version: "1"
default: deny
rules:
  - id: read
    tool: [read_file, list_directory, search_files]
    action: allow
    constraints:
      allowedPaths: ["/srv/data", "/srv/reports"]
  - id: change
    tool: [write_file, create_issue]
    action: escalate
    reason: "Changes need a person"
    constraints:
      allowedPaths: ["/srv/reports"]
  - id: shell
    tool: execute_command
    action: deny
    reason: "No shell for agents"
tests:
  - name: reads stay in the two folders
    call: { tool: read_file, args: { path: /etc/passwd } }
    expect: deny
  - name: the shell is closed
    call: { tool: execute_command, args: { command: ls } }
    expect: deny
`

/** Opens one folder more, and lists none: some of the editor's own samples come out otherwise. */
export const DRAFT = POLICY.replace('[read_file, list_directory, search_files]', '[read_file, search_files]').replace(
  '"/srv/data", "/srv/reports"]',
  '"/srv/data", "/srv/reports", "/srv/archive"]',
)

/** Earlier versions, each of them another text. */
export const textOf = (version: number): string =>
  `# Version ${version}.\nversion: "1"\ndefault: deny\nrules:\n  - id: read\n    tool: read_file\n    action: ${version % 2 ? 'escalate' : 'allow'}\n    constraints:\n      allowedPaths: ["/srv/data"${version % 3 ? '' : ', "/srv/reports"'}]\n`

/** The last one is the newest. */
export const USUAL_CALLS: readonly SampleCall[] = [
  { tool: 'read_file', args: { path: '/srv/data/notes.md' }, status: 'done' },
  {
    ...{ tool: 'write_file', args: { path: '/srv/reports/week-47.md', content: '# Week 47\nAll quiet.' } },
    ...{ outcome: 'escalate', rule: 'change', principal: { id: 'agent:build-bot', assurance: 'asserted' } },
  },
  {
    ...{ tool: 'read_file', args: { path: '/srv/data/../../etc/passwd' }, outcome: 'deny' },
    ...{ code: 'constraint_violated', constraint: 'allowedPaths' },
  },
]

/** Names as an attacker would choose them. */
export const HOSTILE: readonly SampleCall[] = [
  {
    ...{ tool: '<img src=x onerror=alert(1)>', server: 'files\u200B', principal: { id: 'agent:rep\u202Estro', assurance: 'asserted' } },
    ...{ args: { path: '</script>' }, outcome: 'deny', rule: null, code: 'default' },
  },
]

type Digests = readonly { readonly digest: string; readonly version: number }[]

const HOSTS = ['build-01', 'build-02', 'ann-laptop', 'ci-runner-7f9c', 'ip-10-24-3-118.eu-central-1.compute.internal']
const SERVERS = ['files', 'github', 'postgres', 'browser', 'mail']

/** The gateway of this number: most enforce what is in force, one in nine does not. */
export function FLEET(n: number, [newest, before]: Digests): Beat {
  const usual = { id: n.toString(16).padStart(32, '0'), version: '0.1.0', policy: 'default', guardrail: null, because: null } as const
  const where = { host: HOSTS[n % HOSTS.length] ?? '', server: SERVERS[n % SERVERS.length] ?? '' }
  const current = { digest: newest?.digest ?? null, epoch: newest?.version ?? null, state: 'enforcing' } as const
  if (n % 9 === 2) return { ...usual, ...where, ...current, digest: before?.digest ?? null, epoch: before?.version ?? null }
  if (n % 18 === 7)
    return {
      ...usual,
      ...where,
      ...current,
      state: 'degraded',
      because: 'The log could not be written for 12 s; every call was denied meanwhile.',
    }
  return { ...usual, ...where, ...current }
}
