import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { documentDigest, documentText, policyDigest } from './digest'
import { parsePolicy } from './language'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

const digestOf = (text: string): string => {
  const { document, problems } = parsePolicy(text)
  if (!document) throw new Error(`${problems[0]?.message} in\n${text}`)
  return policyDigest(document, sha256)
}

const founding = `version: "1"
default: deny
rules:
  - tool: "read_file"
    action: allow
    constraints:
      allowedPaths: ["/tmp/", "/home/user/projects/"]
  - tool: "write_file"
    action: escalate
    reason: "File writes require approval"
  - tool: "execute_command"
    action: deny
    reason: "Shell execution is not permitted"
`

test('the founding policy has this digest, on every machine and in every version of this language', () => {
  expect(digestOf(founding)).toBe('2d3e130ad99f9797239ec91aa0d2b18a6939c4e73b0a3b123daf53b15a05d04a')
})

describe('the same policy, written differently', () => {
  test.each([
    { how: 'with comments and blank lines', text: `# ours\n\n${founding.replaceAll('\n', '   # why\n\n')}` },
    { how: 'without an explicit default', text: founding.replace('default: deny\n', '') },
    { how: 'with its kind', text: `kind: policy\n${founding}` },
    {
      how: 'in its object form',
      text: founding.replace('["/tmp/", "/home/user/projects/"]', '{ within: ["/tmp/", "/home/user/projects/"] }'),
    },
    { how: 'with lists of one', text: founding.replace('"read_file"', '[read_file]') },
    {
      how: 'with the words of others',
      text: founding.replace('action: deny', 'action: block').replace('action: escalate', 'action: require_approval'),
    },
    { how: 'as JSON', text: JSON.stringify(JSON.parse(JSON.stringify(formOf(founding)))) },
    { how: 'with other line ends', text: founding.replaceAll('\n', '\r\n') },
    { how: 'with an anchor', text: founding.replace('["/tmp/"', '&roots ["/tmp/"') },
  ])('$how has the same digest', ({ text }) => {
    expect(digestOf(text)).toBe(digestOf(founding))
  })
})

describe('a change of meaning', () => {
  test.each([
    { what: 'another default', text: founding.replace('default: deny', 'default: escalate') },
    { what: 'another kind', text: `kind: guardrail\n${founding.replace('default: deny\n', '')}` },
    { what: 'another action', text: founding.replace('action: escalate', 'action: deny') },
    { what: 'another tool', text: founding.replace('write_file', 'Write_file') },
    { what: 'another folder', text: founding.replace('/tmp/', '/tmp2/') },
    { what: 'the folders in another role', text: founding.replace('allowedPaths', 'deniedPaths') },
    { what: 'another reason', text: founding.replace('File writes', 'Writes') },
    {
      what: 'another order of rules',
      text: founding.replace('write_file', 'x').replace('execute_command', 'write_file').replace('"x"', 'execute_command'),
    },
    { what: 'one rule less', text: founding.slice(0, founding.indexOf('  - tool: "execute')) },
    {
      what: 'another encoding',
      text: founding.replace('["/tmp/", "/home/user/projects/"]', '{ within: ["/tmp/", "/home/user/projects/"], encoding: literal }'),
    },
    { what: 'metadata', text: `${founding}metadata: { owner: security }\n` },
    { what: 'a test', text: `${founding}tests: [{ call: { tool: x }, expect: deny }]\n` },
  ])('$what is another digest', ({ text }) => {
    expect(digestOf(text)).not.toBe(digestOf(founding))
  })
})

const word = fc.stringMatching(/^[a-z_]{1,8}$/).filter((text) => !['yes', 'no', 'on', 'off', 'null', 'true', 'false'].includes(text))
const names = fc.uniqueArray(word, { minLength: 1, maxLength: 3 })

const anyRule = fc.record(
  {
    tool: names,
    action: fc.constantFrom('deny', 'escalate'),
    server: word,
    reason: fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text.trim() === text && /^[ -~]+$/.test(text)),
    when: fc.dictionary(
      word.map((name) => `args.${name}`),
      fc.record({ equals: word, startsWith: word, exists: fc.boolean() }),
      { minKeys: 1, maxKeys: 3 },
    ),
    metadata: fc.dictionary(word, fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null), fc.array(word)), { maxKeys: 3 }),
  },
  { requiredKeys: ['tool', 'action'] },
)

const anyPolicy = fc.record({
  version: fc.constant('1'),
  default: fc.constantFrom('deny', 'escalate'),
  rules: fc.array(anyRule, { maxLength: 4 }),
})

describe('for any policy', () => {
  test('neither layout nor the order of keys reaches the digest', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        const plain = digestOf(JSON.stringify(policy))
        expect(digestOf(stringify(shuffled(policy), { indent: 4, defaultStringType: 'QUOTE_DOUBLE', aliasDuplicateObjects: false }))).toBe(
          plain,
        )
        expect(digestOf(`# a comment\n${JSON.stringify(shuffled(policy), null, 3)}`)).toBe(plain)
      }),
      { seed: 7, numRuns: 150 },
    )
  })

  test('two policies that mean different things have different digests', () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, (one, other) => {
        const [left, right] = [one, other].map((policy) => parsePolicy(JSON.stringify(policy)).document)
        if (JSON.stringify(shuffled(left)) === JSON.stringify(shuffled(right))) return
        expect(digestOf(JSON.stringify(one))).not.toBe(digestOf(JSON.stringify(other)))
      }),
      { seed: 7, numRuns: 150 },
    )
  })
})

function formOf(text: string): unknown {
  const { document } = parsePolicy(text)
  const rules = document?.rules.map(({ constraints, ...rule }) => ({ ...rule, ...(constraints ? { constraints } : {}) }))
  return { version: '1', default: document?.default, rules }
}

/** Every map with its keys in reverse order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .map(([key, inner]) => [key, shuffled(inner)]),
  )
}

test('a document comes back whole from the text that its digest is of', () => {
  const { document } = parsePolicy(founding)
  if (!document) throw new Error('the founding policy is a policy')
  const text = documentText(document)
  expect(JSON.parse(text)).toEqual(document)
  expect(documentDigest(text, sha256)).toBe(policyDigest(document, sha256))
  expect(documentDigest(text.replace('deny', 'allow'), sha256)).not.toBe(policyDigest(document, sha256))
})
