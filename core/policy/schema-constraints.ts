import { z } from 'zod'
import { argument, decimal, domain, duration, jsonValue, listOf, namedBy, path, regex, strict, text } from './schema-words'

const args = listOf(argument).optional().describe('The arguments this bound looks at; without it they are found by name and shape.')

const pathSet = strict({
  within: listOf(path).describe('Folders. A folder is inside itself; comparison is component by component.'),
  args,
  encoding: z
    .enum(['strict', 'literal'])
    .optional()
    .describe('strict (default): every reading of the path must be inside. literal: the string as the file system takes it.'),
  relativeTo: path.optional().describe('The folder that relative paths start from; without it they are unknown.'),
})

const domainSet = strict({
  domains: listOf(domain).describe('example.com is that host, *.example.com any subdomain of it, * any host.'),
  args,
  schemes: listOf(text.regex(/^[a-z][a-z0-9+.-]*$/, 'a URL scheme in lower case, such as https')).optional(),
  ports: listOf(z.int('a port number').min(1, 'a port from 1 to 65535').max(65535, 'a port from 1 to 65535')).optional(),
  privateAddresses: z.enum(['deny', 'allow']).optional().describe('deny (default): private and special IP literals never pass.'),
})

const commandSet = strict({
  exact: listOf(text).optional().describe('Whole command lines.'),
  patterns: listOf(text).optional().describe('Words, where * is one word that is no option and ** is the rest.'),
  args,
}).refine(
  (form) => form.exact !== undefined || form.patterns !== undefined,
  'This bound needs exact or patterns: name the commands that may run.',
)

const decimals = strict({ min: decimal.optional(), max: decimal.optional() }).refine(
  (form) => form.min !== undefined || form.max !== undefined,
  'A range needs min or max.',
)

const count = z.int('a whole number').min(0, 'a whole number, 0 or more')
const lengths = strict({ min: count.optional(), max: count.optional() })
  .refine((form) => form.min !== undefined || form.max !== undefined, 'A range needs min or max.')
  .refine(
    (form) => form.min === undefined || form.max === undefined || form.min <= form.max,
    'Here min is greater than max, so nothing could pass; swap them.',
  )

const rate = strict({
  calls: z.int('a whole number of calls').min(1, 'at least 1 call; to permit none, deny'),
  per: duration,
  by: z.enum(['principal', 'session', 'server', 'tool', 'rule']).optional().describe('What shares the budget; principal by default.'),
})

/** `constraints:` as written: a bare list, or an object that says more. */
export const constraintsSchema = strict({
  allowedPaths: z
    .union([listOf(path), pathSet])
    .optional()
    .describe('Every path in the call must lie inside one of these folders.'),
  deniedPaths: z
    .union([listOf(path), pathSet])
    .optional()
    .describe('No path in the call may touch these folders.'),
  allowedDomains: z
    .union([listOf(domain), domainSet])
    .optional()
    .describe('Every URL in the call must go to one of these hosts.'),
  deniedDomains: z
    .union([listOf(domain), domainSet])
    .optional()
    .describe('No URL in the call may go to these hosts.'),
  allowedCommands: z
    .union([listOf(text), commandSet])
    .optional()
    .describe('The command must be one of these. A bare list is exact commands.'),
  allowedValues: namedBy(argument, listOf(jsonValue)).optional().describe('Argument -> the values it may have.'),
  matches: namedBy(argument, regex).optional().describe('Argument -> RE2 pattern that must match the whole string.'),
  numberRange: namedBy(argument, decimals).optional().describe('Argument -> {min, max}, both included.'),
  lengthRange: namedBy(argument, lengths).optional().describe('Argument -> {min, max} length in characters, both included.'),
  maxItems: namedBy(argument, count).optional().describe('Argument -> how many items its list may have.'),
  noUnknownArguments: z
    .literal(true, 'true; leave it out otherwise')
    .optional()
    .describe('Refuse arguments that the pinned input schema does not name.'),
  rateLimit: rate.optional().describe('How many calls in how much time.'),
}).refine((form) => Object.keys(form).length > 0, 'Here constraints is empty; name a bound, or leave the key out.')
