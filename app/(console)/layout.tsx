import type { ReactNode } from 'react'
import { Frame } from '../../components/frame/frame'
import { ProofProvider } from '../../components/people/prove-dialog'
import { hasRight } from '../../core/roles'
import { readConfig } from '../_server/config'
import { gatewaysHere, inForceHere } from '../_server/fleet'
import { markHere } from '../_server/inbox'
import { integrityHere } from '../_server/integrity'
import { actorOrSignIn } from '../_server/session'
import { proveMyself } from './account/actions'
import { leave } from './actions'

export const dynamic = 'force-dynamic'

/** Around every page of the console; each page asks for its own right all the same. */
export default async function ConsoleLayout({ children }: { readonly children: ReactNode }) {
  const actor = await actorOrSignIn('overview.read')
  const [inForce, gateways, holds, integrity] = await Promise.all([
    hasRight(actor, 'policy.read') ? inForceHere() : null,
    hasRight(actor, 'gateway.read') ? gatewaysHere() : [],
    markHere(),
    integrityHere(),
  ])
  const { name, email, roles } = actor
  return (
    <ProofProvider prove={proveMyself} provider={readConfig().oidc?.name ?? null}>
      <Frame person={{ name, email, roles }} inForce={inForce} gateways={gateways} holds={holds} integrity={integrity} signOut={leave}>
        {children}
      </Frame>
    </ProofProvider>
  )
}
