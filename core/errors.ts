export type Fault = 'invalid' | 'unauthenticated' | 'forbidden' | 'not_found' | 'conflict' | 'unavailable'

/** A failure we foresaw. `message` is safe to show to the caller; whatever is not belongs in `cause`. */
export class AppError extends Error {
  /** For whoever asked too often: when to ask again. */
  declare readonly retryAfterSeconds?: number

  constructor(
    readonly fault: Fault,
    message: string,
    { retryAfterSeconds, ...options }: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options)
    this.name = 'AppError'
    if (retryAfterSeconds !== undefined) this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The same for what another part of a build may have thrown, which has its own copy of the class: what a process keeps, all parts share. */
export const isAppError = (error: unknown): error is AppError => error instanceof Error && error.name === 'AppError' && 'fault' in error
