import { Specimen } from '../specimen'
import { Callout } from '../ui/callout'
import type { RetraceShown } from './call-shown'

/** Whether judging the recorded call again, now, gives the recorded decision. Says nothing of the call's arguments. */
export function Reproduced({ retrace }: { readonly retrace: RetraceShown }) {
  if ('because' in retrace) return <Callout title="It can’t be computed again">{retrace.because}</Callout>
  const { differs, supposed } = retrace
  const given = supposed.length > 0 && ` Supposed: ${supposed.join('; ')}.`
  if (differs.length === 0)
    return (
      <Callout tone="good" title="Computed now: the same decision">
        The recorded call, its recorded facts and the policy version of its day give what the log says.{given}
      </Callout>
    )
  return (
    <Callout tone="warning" title="Computed now: not what was recorded">
      Not the same: {differs.join(', ')}. Either something the decision was made from was not recorded, or the record was changed.{given}
    </Callout>
  )
}

/** The story of a decision, computed now; its sentences may quote the call. */
export function Trace({ retrace }: { readonly retrace: RetraceShown }) {
  if ('because' in retrace) return null
  const { decision } = retrace
  return (
    <div className="space-y-2 text-sm">
      <p>
        <span className="text-quiet">Computed now:</span> {decision.outcome}
        {decision.rule && (
          <>
            {' '}
            by <Specimen text={nameOf(decision.rule)} plain />
            {decision.rule.place && <span className="text-quiet"> in line {decision.rule.place.line}</span>}
          </>
        )}
        . <Specimen text={decision.reason} plain />
      </p>
      {decision.near.length > 0 && (
        <>
          <h4 className="text-quiet">Rules that came close</h4>
          <ul className="space-y-1">
            {decision.near.map(({ rule, because }) => (
              <li key={`${nameOf(rule)} ${because}`}>
                <Specimen text={nameOf(rule)} plain />: <Specimen text={because} plain />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

const nameOf = ({ document, id }: { readonly document: string; readonly id: string }): string =>
  document === 'guardrail' ? `guardrail/${id}` : id
