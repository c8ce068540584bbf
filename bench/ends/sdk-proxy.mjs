// What most proxies are: an SDK client behind an SDK server. It judges nothing and records nothing.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import {
  CallToolRequestSchema,
  CallToolResultSchema,
  ListToolsRequestSchema,
  ListToolsResultSchema,
} from '@modelcontextprotocol/sdk/types.js'

const client = new Client({ name: 'proxy', version: '1' })
await client.connect(new StdioClientTransport({ command: process.argv[2], args: process.argv.slice(3) }))
const server = new Server({ name: 'proxy', version: '1' }, { capabilities: { tools: {} } })
server.setRequestHandler(CallToolRequestSchema, (request) => client.request(request, CallToolResultSchema))
server.setRequestHandler(ListToolsRequestSchema, (request) => client.request(request, ListToolsResultSchema))
await server.connect(new StdioServerTransport())
process.stdin.on('end', () => process.exit(0))
