import { z } from 'zod'
import type { Sign, Verify } from '../hash'
import { canonicalJson } from '../json'

const hexDigest = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * The one statement a publisher signs: everything that is in force, at once. `epoch` rises with every publication and never falls;
 * `policies` maps a name to the digest of its version, `guardrail` is the digest that lies over all of them.
 */
const statementSchema = z.strictObject({
  v: z.literal(1),
  log: z.string(),
  organisation: z.string(),
  policies: z.record(z.string(), hexDigest),
  guardrail: hexDigest.nullable(),
  epoch: z.int().positive(),
  expires: z.iso.datetime().nullable(),
  publishedAt: z.iso.datetime(),
})

export type Statement = z.infer<typeof statementSchema>

/** What is signed: a domain tag, then the canonical statement (RFC 8785). */
const signedBytes = (statement: string): Uint8Array => new TextEncoder().encode(`countersign/publication/v1\n${statement}`)

export function signStatement(statement: Statement, sign: Sign): { readonly statement: string; readonly signature: Uint8Array } {
  const text = canonicalJson(statementSchema.parse(statement))
  return { statement: text, signature: sign(signedBytes(text)) }
}

/** What a gateway knows for itself: which log it belongs to, the highest epoch it ever saw, its own clock (ms). */
export type Remembered = { readonly log: string; readonly epoch: number; readonly nowMs: number }

export type CheckedStatement = { readonly statement: Statement } | { readonly refused: string }

/** Believes a publication only with the signature of a publisher key that the caller has traced to the pinned root. */
export function checkStatement(
  publication: { readonly statement: string; readonly signature: Uint8Array },
  publisherKey: Uint8Array,
  verify: Verify,
  remembered: Remembered,
): CheckedStatement {
  if (!verify(publisherKey, signedBytes(publication.statement), publication.signature))
    return { refused: 'its signature is not that of the pinned publisher' }
  const statement = readStatement(publication.statement)
  if (!statement) return { refused: 'its statement is not of a form this version understands' }
  if (statement.log !== remembered.log) return { refused: 'it was signed for another log' }
  if (statement.epoch < remembered.epoch)
    return { refused: `its epoch ${statement.epoch} is older than epoch ${remembered.epoch}, which was already seen here` }
  if (statement.expires !== null && Date.parse(statement.expires) <= remembered.nowMs)
    return { refused: `it expired at ${statement.expires}` }
  return { statement }
}

function readStatement(text: string): Statement | null {
  try {
    const parsed = statementSchema.safeParse(JSON.parse(text))
    return parsed.success && canonicalJson(parsed.data) === text ? parsed.data : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
