import { clientOptions, openClient, type Sql } from './connect'

const RETRY_MS = 1_000

export type Listener = { close(): Promise<void> }

/** `heard` is called with channel and payload at every notification, and with null at every (re)connect, when some may have been missed. */
export type ListenOptions = {
  readonly application: string
  readonly channel: string | readonly string[]
  readonly heard: (channel: string | null, payload: string | null) => void
}

/**
 * Listens on a connection of its own, and dials again for as long as it takes. (postgres.js's `listen` gives up for good when its first
 * attempt after a loss fails.) Hints may be lost, so whoever listens polls underneath.
 */
export function listenTo(url: string, { application, channel, heard }: ListenOptions): Listener {
  const channels = typeof channel === 'string' ? [channel] : channel
  let retry: NodeJS.Timeout | null = null
  let closed = false
  let current = dial()
  function dial(): Sql {
    // One that was replaced already has nothing to say.
    const lost = () => {
      if (sql === current) again()
    }
    const options = {
      ...clientOptions({ purpose: 'listener', application }),
      onnotify: (name: string, payload: string) => {
        if (channels.includes(name)) heard(name, payload)
      },
      onclose: lost,
    }
    const sql = openClient(url, options)
    Promise.all(channels.map((name) => sql`listen ${sql(name)}`)).then(() => heard(null, null), lost)
    return sql
  }
  function again(): void {
    if (closed || retry) return
    retry = setTimeout(async () => {
      retry = null
      const old = current
      current = dial()
      await old.end({ timeout: 0 })
    }, RETRY_MS)
  }
  return {
    close: async () => {
      closed = true
      if (retry) clearTimeout(retry)
      await current.end({ timeout: 0 })
    },
  }
}
