import { type CallView, readCall } from './call'
import { scanLine } from './scan'

/** A call as somebody wrote it down: the arguments (of another method: the params) are JSON text, so that no number changes on the way. */
export type WrittenCall = { readonly method: string; readonly tool: string | null; readonly args: string }

export type WrittenReading = { readonly call: CallView } | { readonly because: string }

/** Reads a written call as the gateway would read it from a client: what its scanner refuses is refused here. */
export function readWrittenCall({ method, tool, args }: WrittenCall): WrittenReading {
  if (!isJson(args)) return { because: 'its arguments are not JSON' }
  const params = method === 'tools/call' ? `{"name":${JSON.stringify(tool ?? '')},"arguments":${oneLine(args)}}` : oneLine(args)
  const line = new TextEncoder().encode(`{"jsonrpc":"2.0","id":0,"method":${JSON.stringify(method)},"params":${params}}`)
  const { message, fault } = scanLine(line, 'client')
  if (fault) return { because: fault.because }
  if (message.kind !== 'request') return { because: 'it is no request' }
  const reading = readCall(line, message)
  return reading.fault ? { because: reading.fault.because } : { call: reading.call }
}

export const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** In JSON a line break can only be white space. */
const oneLine = (json: string): string => json.replace(/[\r\n]/g, ' ')
