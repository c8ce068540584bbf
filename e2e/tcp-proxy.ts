import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net'

/** A TCP proxy that misbehaves on command, in front of a real server. */
export type TcpProxy = {
  readonly port: number
  /** open: forwards. silent: keeps connections and takes new ones, but passes nothing on (a half-open peer). closed: refuses. */
  set(mode: 'open' | 'silent' | 'closed'): Promise<void>
  close(): Promise<void>
}

export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer((client) => {
    const upstream = dial(target)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => silent || to.write(chunk))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        if (!silent) to.destroy()
      })
    }
  })
  const port = await listen(server, 0)
  const drop = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    set: async (mode) => {
      const isSilent = mode === 'silent'
      // What was swallowed while silent can't be made up for: those connections end.
      if (silent && !isSilent) drop()
      silent = isSilent
      if (mode === 'closed' && server.listening) {
        server.close()
        drop()
      }
      if (mode !== 'closed' && !server.listening) await listen(server, port)
    },
    close: async () => {
      drop()
      if (server.listening) {
        server.close()
        await once(server, 'close')
      }
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
