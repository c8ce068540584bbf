/** What the sign-in routes answer: where to go, with the reason in its query where it did not work. */
type Answer = { readonly url?: string; readonly because?: string }

const NO_ANSWER = 'The console did not answer; check the connection and try again.'

/** Signs in with a password. Null when it worked, else one sentence. */
export async function enterWithPassword(email: string, password: string): Promise<string | null> {
  const answer = await post('callback/password', { email, password })
  if (answer.because !== undefined) return answer.because
  return errorIn(answer.url)
}

/** Leads to the provider's own page and back to `to`. `prove`: they are asked again who they are. Resolves with a sentence where it can't. */
export async function enterWithProvider(to: string, { prove = false } = {}): Promise<string> {
  const answer = await post(`signin/oidc${prove ? '?prompt=login&max_age=0' : ''}`, { callbackUrl: to })
  if (answer.because !== undefined) return answer.because
  const failure = errorIn(answer.url)
  if (failure !== null || answer.url === undefined) return failure ?? NO_ANSWER
  window.location.assign(answer.url)
  // The page is about to be left: whoever waits goes on showing that it works.
  return new Promise(() => undefined)
}

async function post(path: string, fields: { readonly [name: string]: string }): Promise<Answer> {
  try {
    const { csrfToken, because } = await (await fetch('/api/auth/csrf', { cache: 'no-store' })).json()
    if (typeof csrfToken !== 'string') return { because: because ?? NO_ANSWER }
    const body = new URLSearchParams({ ...fields, csrfToken, json: 'true' })
    const answer: Answer = await (await fetch(`/api/auth/${path}`, { method: 'POST', body })).json()
    return answer
  } catch {
    // Nobody answered, or what answered was not the console.
    return { because: NO_ANSWER }
  }
}

const errorIn = (url: string | undefined): string | null => {
  if (url === undefined || !URL.canParse(url, window.location.origin)) return NO_ANSWER
  return new URL(url, window.location.origin).searchParams.get('error')
}
