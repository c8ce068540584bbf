import 'server-only'
import { headers } from 'next/headers'

/** Set by proxy.ts for every request, and told in the answer's `x-request-id`: a proxy in front may log it. */
export const requestId = async (): Promise<string> => (await headers()).get('x-countersign-request') ?? ''
