// A stdio MCP server without an SDK: answers every request at once with a text of the size that the call asks for.
const texts = new Map()
const textOf = (size) => {
  if (!texts.has(size)) texts.set(size, JSON.stringify('x'.repeat(size)))
  return texts.get(size)
}

const answer = (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return ''
  if (method === 'initialize')
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"bare","version":"1"}}}\n`
  if (method === 'tools/list')
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}}\n`
  const size = params?.arguments?.size ?? 100
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":${textOf(size)}}]}}\n`
}

let parts = []
process.stdin.on('data', (chunk) => {
  let start = 0
  let out = ''
  for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
    const line = parts.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...parts, chunk.subarray(start, end)])
    parts = []
    out += answer(line)
    start = end + 1
  }
  if (start < chunk.length) parts.push(chunk.subarray(start))
  if (out) process.stdout.write(out)
})
process.stdin.on('end', () => process.exit(0))
