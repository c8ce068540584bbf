'use client'

import { Check, Hourglass } from 'lucide-react'
import { convergenceOf, type GatewayRow } from '../gateways/standing'
import { useLive } from '../live/use-live'
import { Specimen } from '../specimen'
import { CommandLine } from '../ui/command-line'

type ConvergenceProps = { readonly drawn: readonly GatewayRow[]; readonly policy: string | null; readonly version: number }

/** Gateways taking what was published, while one looks: how many have it, and which have not. */
export function Convergence({ drawn, policy, version }: ConvergenceProps) {
  const { data } = useLive('gateways', drawn)
  const { current, of, lagging, silent } = convergenceOf(data, policy)
  if (of === 0 && silent === 0) return <NoGateway policy={policy} />
  return (
    <section aria-label="Where it is enforced" className="mb-6">
      <p role="status" className="flex flex-wrap items-center gap-2 text-sm">
        <Sign isWhole={current === of} />
        <span className="tabular-nums">
          Version {version} is enforced by {current} of {of} {of === 1 ? 'gateway' : 'gateways'}
          {silent > 0 && `; ${silent} more ${silent === 1 ? 'is' : 'are'} silent and will take it when they are heard of again`}.
        </span>
        <meter className="sr-only" min={0} max={of} value={current} aria-label="Gateways that enforce it" />
      </p>
      {lagging.length > 0 && (
        <ul className="mt-2 space-y-1 text-quiet text-sm">
          {lagging.map(({ id, server, host, enforcedVersion, because }) => (
            <li key={id}>
              <Specimen text={server} plain /> on <Specimen text={host} plain />:{' '}
              {enforcedVersion === null ? 'another text' : `version ${enforcedVersion}`}
              {because !== null && (
                <>
                  , <Specimen text={because} plain />
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Sign({ isWhole }: { readonly isWhole: boolean }) {
  return isWhole ? (
    <Check aria-hidden="true" className="size-4 text-allow" />
  ) : (
    <Hourglass aria-hidden="true" className="size-4 text-held motion-safe:animate-pulse" />
  )
}

function NoGateway({ policy }: { readonly policy: string | null }) {
  const named = policy === null || policy === 'default' ? '' : ` --policy ${policy}`
  return (
    <section aria-label="Where it is enforced" className="mb-6 space-y-2 text-quiet text-sm">
      <p>No gateway enforces it yet. This starts one:</p>
      <CommandLine>{`npx countersign --gateway${named} --upstream "npx -y @modelcontextprotocol/server-filesystem /tmp"`}</CommandLine>
    </section>
  )
}
