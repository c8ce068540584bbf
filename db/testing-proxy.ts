import { createServer, connect as dial, type Server, type Socket } from 'node:net'

export type Proxy = {
  readonly url: string
  /** Drops what the server says from now on: a commit whose answer is lost. */
  swallow(is: boolean): void
  freeze(is: boolean): void
  /** On the next connection that says this the server is not heard any more; others go on. */
  loseAnswerTo(text: string): void
  close(): void
}

/** For tests: lets bytes through to a database until told otherwise. */
export async function proxyTo(url: string): Promise<Proxy> {
  const target = new URL(url)
  const { hostname, port } = target
  const mode = { swallow: false, freeze: false, lost: '' }
  const sockets = new Set<Socket>()
  const server: Server = createServer((inward) => {
    const outward = dial(Number(port), hostname)
    for (const socket of [inward, outward]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    let isDeaf = false
    inward.on('data', (bytes: Buffer) => {
      if (mode.lost !== '' && bytes.includes(mode.lost)) {
        isDeaf = true
        mode.lost = ''
      }
      if (!mode.freeze) outward.write(bytes)
    })
    outward.on('data', (bytes) => mode.freeze || mode.swallow || isDeaf || inward.write(bytes))
    inward.on('close', () => outward.destroy())
    outward.on('close', () => inward.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  target.port = String(typeof address === 'object' && address ? address.port : 0)
  return {
    url: target.toString(),
    swallow: (is) => {
      mode.swallow = is
    },
    freeze: (is) => {
      mode.freeze = is
    },
    loseAnswerTo: (text) => {
      mode.lost = text
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
