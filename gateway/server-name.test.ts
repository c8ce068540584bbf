import { expect, test } from 'vitest'
import { serverNameOf } from './server-name'

test.each([
  [['npx', '@modelcontextprotocol/server-filesystem', '/tmp'], 'server-filesystem'],
  [['npx', '-y', '@modelcontextprotocol/server-filesystem@2026.8.31', '/tmp'], 'server-filesystem'],
  [['npx', '-y', 'mcp-remote@latest', 'https://example.com/mcp'], 'mcp-remote'],
  [['npx', '--package', 'x', 'mcp-thing'], 'mcp-thing'],
  [['/usr/bin/npx', 'server-memory'], 'server-memory'],
  [['node', '/a/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js', '/tmp'], 'server-filesystem'],
  [['node', '--enable-source-maps', '/a/node_modules/mcp-x/build/index.js'], 'mcp-x'],
  [['node', '/srv/weather/dist/index.js'], 'weather'],
  [['python3', 'tools/weather.py'], 'weather'],
  [['/a/node_modules/.bin/mcp-server-memory'], 'mcp-server-memory'],
  [['./my-server', '--flag'], 'my-server'],
])('%j is %s', (words, name) => {
  expect(serverNameOf(words)).toBe(name)
})
