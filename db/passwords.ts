import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { AppError } from '../core/errors'
import { normalPassword, passwordProblem } from '../core/password-rules'

/** scrypt's parameters: N is 2^ln. */
export type Cost = { readonly ln: number; readonly r: number; readonly p: number }

/** What OWASP asks of scrypt: 128 MiB and about half a second each. */
export const COST: Cost = { ln: 17, r: 8, p: 1 }

const MAX_MEMORY_BYTES = 256 * 1024 * 1024
const HASH_BYTES = 32
const SALT_BYTES = 16
/** Each takes 128 MiB and a core: more of them at once would be a way to stop everything else. */
const AT_ONCE = 2
const MAY_WAIT = 32

/** `$scrypt$ln=17,r=8,p=1$salt$hash`, salt and hash in base64url. Throws AppError('invalid') for a password that is too easy. */
export async function hashPassword(
  password: string,
  about: { readonly email?: string; readonly name?: string },
  cost: Cost = COST,
): Promise<string> {
  const problem = passwordProblem(password, about)
  if (problem) throw new AppError('invalid', problem)
  return encodeHash(password, cost)
}

/** The same password under other parameters: it was taken once and is not judged again. */
export const encodeHash = async (password: string, cost: Cost = COST): Promise<string> => {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, cost)
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/**
 * Whether `password` is what `stored` was made of. With null the same work is done for nothing, so that nobody learns from the clock
 * whether there is a hash. Throws AppError('unavailable') when too many wait already.
 */
export async function passwordMatches(password: string, stored: string | null, cost: Cost = COST): Promise<boolean> {
  const parsed = stored === null ? null : parseHash(stored)
  const { hash, salt } = parsed ?? NOBODYS
  const derived = await derive(password, salt, parsed?.cost ?? cost)
  return timingSafeEqual(derived, hash) && parsed !== null
}

/** Whether a stored hash took less work than is asked for today. */
export function isWeakHash(stored: string, { ln, r, p }: Cost = COST): boolean {
  const { cost } = parseHash(stored)
  return cost.ln < ln || cost.r < r || cost.p < p
}

const NOBODYS = { salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(HASH_BYTES) }

function parseHash(stored: string): { readonly cost: Cost; readonly salt: Buffer; readonly hash: Buffer } {
  const [, ln, r, p, salt = '', hash = ''] = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored) ?? []
  const bytes = Buffer.from(hash, 'base64url')
  if (bytes.length !== HASH_BYTES) throw new Error('a stored password hash is malformed')
  return { cost: { ln: Number(ln), r: Number(r), p: Number(p) }, salt: Buffer.from(salt, 'base64url'), hash: bytes }
}

const derive = (password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> =>
  inTurn(
    () =>
      new Promise((resolve, reject) => {
        // Longer than any that is taken: no way to make this work for megabytes.
        const typed = normalPassword(password.slice(0, 4_096))
        scrypt(typed, salt, HASH_BYTES, { N: 2 ** ln, r, p, maxmem: MAX_MEMORY_BYTES }, (error, key) => {
          if (error) reject(error)
          else resolve(key)
        })
      }),
  )

let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MAY_WAIT) throw new AppError('unavailable', 'Too many people sign in at this moment; try again in a few seconds.')
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running += 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}
