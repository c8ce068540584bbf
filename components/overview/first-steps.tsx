import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { GATEWAY_COMMAND } from '../gateways/first-gateway'
import { CommandLine } from '../ui/command-line'
import { LinkButton } from '../ui/link-button'

type FirstStepsProps = { readonly hasPolicy: boolean; readonly hasGateway: boolean; readonly mayDraft: boolean }

/** From nothing to the first judged call: what is done, and the next step with the exact command. */
export function FirstSteps({ hasPolicy, hasGateway, mayDraft }: FirstStepsProps) {
  return (
    <section aria-labelledby="first-steps" className="rounded-md border border-line">
      <h2 id="first-steps" className="border-line border-b px-4 py-2 font-medium">
        Three steps to the first judged call
      </h2>
      <ol className="divide-y divide-line">
        <Step number={1} title="Publish a policy" isDone={hasPolicy} isNext={!hasPolicy}>
          <p>Until one is in force, every gateway refuses every call.</p>
          {mayDraft && (
            <p className="flex flex-wrap items-center gap-x-3 gap-y-2">
              <LinkButton href="/policies" look="primary">
                Write a policy
              </LinkButton>
              or publish a file:
            </p>
          )}
          <CommandLine>npx countersign policy publish policy.yaml</CommandLine>
        </Step>
        <Step number={2} title="Put a gateway in front of an MCP server" isDone={hasGateway} isNext={hasPolicy && !hasGateway}>
          <p>In the agent’s configuration, this stands in place of the server:</p>
          <CommandLine>{GATEWAY_COMMAND}</CommandLine>
        </Step>
        <Step number={3} title="Let the agent call a tool" isDone={false} isNext={hasPolicy && hasGateway}>
          <p>The decision, its reason and what became of the call are listed here as it happens. To try a call without an agent:</p>
          <CommandLine>{`npx countersign simulate policy.yaml --tool read_file --args '{"path":"/tmp/a"}'`}</CommandLine>
        </Step>
      </ol>
    </section>
  )
}

type StepProps = {
  readonly number: number
  readonly title: string
  readonly isDone: boolean
  readonly isNext: boolean
  readonly children: ReactNode
}

function Step({ number, title, isDone, isNext, children }: StepProps) {
  return (
    <li className="flex gap-3 px-4 py-3" aria-current={isNext ? 'step' : undefined}>
      <span
        aria-hidden="true"
        className={`mt-px flex size-5 shrink-0 items-center justify-center rounded-full border text-xs ${isDone ? 'border-allow-line bg-allow-back text-allow' : 'border-edge text-quiet'}`}
      >
        {isDone ? <Check className="size-3" /> : number}
      </span>
      <div className="min-w-0 flex-1">
        <h3 className={isNext ? 'font-medium' : 'text-quiet'}>
          {title}
          {isDone && <span className="sr-only">, done</span>}
        </h3>
        {isNext && <div className="mt-1.5 space-y-2.5 text-quiet">{children}</div>}
      </div>
    </li>
  )
}
