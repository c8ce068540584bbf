/** Which decided calls the page at an address shows. Names may be hostile. */
export const ENDS = ['all', 'denied', 'done', 'failed', 'unknown', 'expired', 'unanswered', 'cancelled', 'revoked'] as const
export type End = (typeof ENDS)[number]

export type Wanted = {
  readonly end: End
  readonly tool: string | null
  readonly server: string | null
  readonly principal: string | null
  /** Only what the reader themselves voted on. */
  readonly mine: boolean
  readonly after: string | null
}

const MOST = 1_024

export function readWanted(parameters: { readonly [name: string]: string | readonly string[] | undefined }): Wanted {
  const text = (name: string): string | null => {
    const value = parameters[name]
    return typeof value === 'string' && value !== '' ? value.slice(0, MOST) : null
  }
  return {
    end: ENDS.find((end) => end === parameters.end) ?? 'all',
    tool: text('tool'),
    server: text('server'),
    principal: text('agent'),
    mine: parameters.by === 'me',
    after: text('after'),
  }
}

export function addressOf({ end, tool, server, principal, mine, after }: Wanted): string {
  const parameters = new URLSearchParams()
  if (end !== 'all') parameters.set('end', end)
  for (const [name, value] of Object.entries({ tool, server, agent: principal })) if (value !== null) parameters.set(name, value)
  if (mine) parameters.set('by', 'me')
  if (after !== null) parameters.set('after', after)
  const query = parameters.toString()
  return query === '' ? '/inbox/history' : `/inbox/history?${query}`
}
