import type { Metadata } from 'next'
import { FirstGateway } from '../../../components/gateways/first-gateway'
import { GatewaySummary } from '../../../components/gateways/gateway-summary'
import { GatewayTable } from '../../../components/gateways/gateway-table'
import { LiveRefresh } from '../../../components/live/live-refresh'
import { EmptyState } from '../../../components/ui/empty-state'
import { PageHeader } from '../../../components/ui/page-header'
import { GATEWAYS_SHOWN, gatewaysHere } from '../../_server/fleet'
import { actorOrSignIn } from '../../_server/session'

export const metadata: Metadata = { title: 'Gateways' }

export default async function GatewaysPage() {
  await actorOrSignIn('gateway.read')
  const gateways = await gatewaysHere()
  if (gateways.length === 0)
    return (
      <>
        <PageHeader title="Gateways">Every process that enforces a policy, and which version.</PageHeader>
        <EmptyState title="No gateway was heard of in the last day">
          <FirstGateway />
        </EmptyState>
        <LiveRefresh topic="gateways" drawn={[]} />
      </>
    )
  return (
    <>
      <PageHeader title="Gateways">
        Every process that enforces a policy, and which version. <GatewaySummary drawn={gateways} />
      </PageHeader>
      <GatewayTable drawn={gateways} />
      {gateways.length >= GATEWAYS_SHOWN && (
        <p className="py-3 text-quiet text-sm">The {GATEWAYS_SHOWN} that were heard of last are shown, and no others.</p>
      )}
    </>
  )
}
