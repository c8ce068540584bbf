import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits that open something once they are shown; only their hash is stored. */
export const freshSecret = (): string => randomBytes(32).toString('base64url')

/** What is stored of a secret. One pass is enough: nobody guesses 256 bits. */
export const secretHash = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** What a webhook's signatures are made with, as https://www.standardwebhooks.com writes it. */
export const freshWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`
