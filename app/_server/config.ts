import 'server-only'
import { AppError } from '../../core/errors'
import type { Reach } from '../../core/notices/addresses'

export type OidcConfig = {
  readonly issuer: string
  readonly clientId: string
  /** A file, so that the secret is in nobody's list of processes. */
  readonly clientSecretFile: string
  /** What the button says. */
  readonly name: string
  /** Whoever has a verified address of one of these joins as a viewer, without an invitation. */
  readonly domains: readonly string[]
}

export type Config = {
  readonly databaseUrl: string
  /** Where this console's keys are. */
  readonly dataDir: string
  /** The origin people see: scheme, host and port, without a slash at the end. */
  readonly publicUrl: string
  readonly isSecure: boolean
  /** A proxy of ours stands in front, and the last address of its X-Forwarded-For is the caller's. */
  readonly trustsProxy: boolean
  readonly oidc: OidcConfig | null
  readonly version: string
  /** The folder with verify.html and verify-bundle.mjs; null where nobody said. */
  readonly evidenceFiles: string | null
  /** Whether what is told of holds may go into the own network. */
  readonly noticesReach: Reach
}

/** The console's only look at its environment. Throws AppError('unavailable') when it was not set up, ('invalid') when it is wrong. */
export const readConfig = (): Config => {
  const databaseUrl = needed('COUNTERSIGN_DATABASE_URL')
  const publicUrl = originOf(process.env.COUNTERSIGN_PUBLIC_URL || `http://127.0.0.1:${process.env.PORT ?? '3000'}`)
  // next-auth reads this variable and nothing else for its own address.
  process.env.NEXTAUTH_URL = publicUrl
  return {
    databaseUrl,
    dataDir: needed('COUNTERSIGN_HOME'),
    publicUrl,
    isSecure: publicUrl.startsWith('https:'),
    trustsProxy: process.env.COUNTERSIGN_TRUST_PROXY === '1',
    oidc: readOidc(),
    version: process.env.COUNTERSIGN_VERSION || 'source',
    evidenceFiles: process.env.COUNTERSIGN_EVIDENCE_FILES || null,
    noticesReach: process.env.COUNTERSIGN_NOTICES_PRIVATE === 'allow' ? 'private' : 'public',
  }
}

const needed = (name: 'COUNTERSIGN_DATABASE_URL' | 'COUNTERSIGN_HOME'): string => {
  const value = process.env[name]
  if (value) return value
  throw new AppError('unavailable', `${name} is not set; \`countersign up\` sets it.`)
}

const originOf = (url: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed && ['http:', 'https:'].includes(parsed.protocol) && parsed.pathname === '/' && !parsed.search) return parsed.origin
  throw new AppError('invalid', 'COUNTERSIGN_PUBLIC_URL must be an origin such as https://countersign.example.org.')
}

const readOidc = (): OidcConfig | null => {
  const { COUNTERSIGN_OIDC_ISSUER: issuer, COUNTERSIGN_OIDC_CLIENT_ID: clientId } = process.env
  const { COUNTERSIGN_OIDC_CLIENT_SECRET_FILE: clientSecretFile, COUNTERSIGN_OIDC_DOMAINS: domains = '' } = process.env
  if (!issuer) return null
  if (!clientId || !clientSecretFile)
    throw new AppError(
      'invalid',
      'COUNTERSIGN_OIDC_ISSUER needs COUNTERSIGN_OIDC_CLIENT_ID and COUNTERSIGN_OIDC_CLIENT_SECRET_FILE beside it.',
    )
  return {
    issuer: checkedIssuer(issuer),
    clientId,
    clientSecretFile,
    name: process.env.COUNTERSIGN_OIDC_NAME || new URL(issuer).hostname,
    domains: domains
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean),
  }
}

/** Plain HTTP only to this machine: whoever is on the way could otherwise be anybody. */
const checkedIssuer = (issuer: string): string => {
  const { protocol, hostname } = URL.canParse(issuer) ? new URL(issuer) : { protocol: '', hostname: '' }
  if (protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))) return issuer
  throw new AppError('invalid', 'COUNTERSIGN_OIDC_ISSUER must be an https URL.')
}
