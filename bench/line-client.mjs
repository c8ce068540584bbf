// A stdio client without an SDK: what is measured is what stands between it and the server.
import { spawn } from 'node:child_process'

/** Starts a command and speaks lines with it. `call` resolves with the reply's size in bytes, newline included. */
export function startLineClient(command, args, options = {}) {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', options.stderr ?? 'inherit'],
    env: options.env ?? process.env,
    cwd: options.cwd,
  })
  const waiting = new Map()
  let head = null
  let tail = Buffer.alloc(0)
  let size = 0
  let next = 1
  const finish = () => {
    const id = idOf(head, tail)
    waiting.get(id)?.({ size, head })
    waiting.delete(id)
    head = null
    tail = Buffer.alloc(0)
    size = 0
  }
  child.stdout.on('data', (chunk) => {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end + 1)
      head ??= piece
      tail = Buffer.concat([tail, piece.subarray(-TAIL)])
      size += piece.length
      finish()
      start = end + 1
    }
    if (start < chunk.length) {
      const rest = chunk.subarray(start)
      head = head === null ? rest : head.length < 200 ? Buffer.concat([head, rest.subarray(0, 400)]) : head
      tail = Buffer.concat([tail, rest.subarray(-TAIL)]).subarray(-TAIL)
      size += rest.length
    }
  })
  const request = (method, params) => {
    const id = next++
    child.stdin.write(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${JSON.stringify(params)}}\n`)
    return new Promise((resolve) => waiting.set(id, resolve))
  }
  const call = (args = {}) => request('tools/call', { name: 'echo', arguments: args })
  return {
    pid: child.pid,
    request,
    call,
    initialize: async () => {
      const { head: reply } = await request('initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'bench', version: '1' },
      })
      child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
      return reply
    },
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve)
        child.stdin.end()
      }),
  }
}

/** Some servers write the id last, behind megabytes of result. */
const TAIL = 64
const idOf = (head, tail) => Number(/^.{0,60}?"id":(\d+)/.exec(head.subarray(0, 100).toString('latin1'))?.[1] ?? lastId(tail))
const lastId = (tail) => /"id":(\d+)\s*\}?\s*$/.exec(tail.subarray(-TAIL).toString('latin1'))?.[1]
