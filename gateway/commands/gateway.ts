import { AppError } from '../../core/errors'
import { runGateway } from '../gateway'
import type { Command, Context } from './context'

const HOLD_MS = 50_000
const MAX_HOLDS = 50

/** Loaded before the first byte is relayed, so it imports nothing but the relay itself. */
export const gateway: Command = async (context) => {
  const { values, dataDir, databaseUrl, localPrincipal, version, child, terminal } = context
  if (typeof values.upstream !== 'string' || values.upstream.trim() === '')
    throw new AppError(
      'invalid',
      '--upstream takes the command of the MCP server, such as "npx -y @modelcontextprotocol/server-filesystem /tmp".',
    )
  return runGateway({
    upstream: values.upstream,
    policy: text(values.policy) ?? 'default',
    policyFile: text(values['policy-file']),
    name: text(values.name),
    principal: text(values.principal) ?? localPrincipal,
    holdMs: holdMs(context),
    maxHolds: maxHolds(context),
    list: listing(context),
    keepClearText: clearText(context),
    dataDir,
    databaseUrl,
    version,
    environment: child,
    warn: terminal.note,
  })
}

const text = (value: string | boolean | undefined): string | null => (typeof value === 'string' ? value : null)

const holdMs = ({ values }: Context): number => {
  if (values['hold-ms'] === undefined) return HOLD_MS
  const ms = Number(values['hold-ms'])
  if (Number.isInteger(ms) && ms >= 0 && ms <= 86_400_000) return ms
  throw new AppError('invalid', '--hold-ms takes milliseconds, from 0 to 86400000 (a day).')
}

const maxHolds = ({ values }: Context): number => {
  if (values['max-holds'] === undefined) return MAX_HOLDS
  const count = Number(values['max-holds'])
  if (Number.isInteger(count) && count >= 0 && count <= 100_000) return count
  throw new AppError('invalid', '--max-holds takes a number of calls, from 0 to 100000.')
}

const listing = ({ values }: Context): 'cut' | 'full' => {
  if (values.list === undefined) return 'cut'
  if (values.list === 'full') return 'full'
  throw new AppError('invalid', '--list takes one word: full.')
}

const clearText = ({ values }: Context): boolean => {
  if (values['clear-text'] === undefined) return true
  if (values['clear-text'] === 'off') return false
  throw new AppError('invalid', '--clear-text takes one word: off.')
}
