import { headers } from 'next/headers'
import { Decisions } from '../components/decisions'
import { Live } from '../components/live'
import { CommandLine, Notice } from '../components/notice'
import { type Recent, recentDecisions } from './_server/recent'

export const dynamic = 'force-dynamic'

export default async function DecisionsPage() {
  await headers()
  return (
    <>
      <h1 className="font-semibold text-2xl tracking-tight">Decisions</h1>
      <p className="mt-1 mb-6 text-quiet">What agents asked for, what the policy said, and what became of it.</p>
      <Listing recent={await recentDecisions()} />
      <Live />
    </>
  )
}

function Listing({ recent }: { readonly recent: Recent }) {
  if ('because' in recent)
    return (
      <Notice title="The decisions can’t be shown">
        <p>{recent.because} This page tries again by itself.</p>
        <CommandLine>countersign doctor</CommandLine>
      </Notice>
    )
  if (recent.decisions.length > 0) return <Decisions rows={recent.decisions} />
  return (
    <Notice title="Nothing was decided yet">
      <p>Publish a policy, then put the gateway in front of an MCP server:</p>
      <CommandLine>countersign policy publish policy.yaml</CommandLine>
      <CommandLine>{'countersign --gateway --upstream "npx -y @modelcontextprotocol/server-filesystem /tmp"'}</CommandLine>
    </Notice>
  )
}
