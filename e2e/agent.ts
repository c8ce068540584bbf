import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { Console } from './console'

const ROOT = join(import.meta.dirname, '..')
const CLI = join(ROOT, 'dist', 'countersign.js')
const UPSTREAM = join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js')

/** A real client behind a gateway process of its own, with the file server over `folder` as its upstream. */
export type Agent = {
  /** What became of reading a file: its text, or the refusal. */
  read(path: string): Promise<{ readonly isAllowed: boolean; readonly text: string }>
  /** The same of writing one. */
  write(path: string, content: string, signal?: AbortSignal): Promise<{ readonly isAllowed: boolean; readonly text: string }>
  close(): Promise<void>
}

export async function startAgent({ dataDir }: Console, folder: string, more: readonly string[] = []): Promise<Agent> {
  const client = new Client({ name: 'countersign-test', version: '1.0.0' })
  const upstream = `'${process.execPath}' '${UPSTREAM}' '${folder}'`
  const args = [CLI, '--gateway', '--name', 'files', '--upstream', upstream, '--data-dir', dataDir, ...more]
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }))
  const call = async (name: string, given: { [name: string]: string }, signal?: AbortSignal) => {
    const answer = await client.callTool({ name, arguments: given }, undefined, signal ? { signal } : {})
    const [first] = answer.content as { readonly text?: string }[]
    return { isAllowed: answer.isError !== true, text: first?.text ?? '' }
  }
  return {
    read: (path) => call('read_text_file', { path }),
    write: (path, content, signal) => call('write_file', { path, content }, signal),
    close: () => client.close(),
  }
}
