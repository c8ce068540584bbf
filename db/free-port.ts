import { createServer } from 'node:net'

/** A TCP port of 127.0.0.1 that nobody listened on a moment ago. Whoever binds it must be ready to lose the race. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port)
        else reject(new Error('a listening server has an address'))
      })
    })
  })
}
