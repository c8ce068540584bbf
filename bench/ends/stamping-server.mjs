// A stdio MCP server without an SDK: answers every call with the moment at which it was received, in ms since the epoch.
let rest = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text) => {
  const at = performance.timeOrigin + performance.now()
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines.filter(Boolean)) {
    const { id, method } = JSON.parse(line)
    if (id === undefined) continue
    const result =
      method === 'initialize'
        ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'stamping', version: '1' } }
        : { content: [{ type: 'text', text: String(at) }] }
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)
  }
})
process.stdin.on('end', () => process.exit(0))
